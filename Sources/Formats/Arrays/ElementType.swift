/// The types of number that array files hold.
package enum ElementType: String, Hashable, Sendable, CaseIterable {
  case bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64

  /// Bytes per element.
  package var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  package var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}

/// Which byte of a number comes first in a file. Every platform of the engine is little-endian.
package enum ByteOrder: Hashable, Sendable {
  case little, big
}

/// A Swift type of number that array files hold as it lies in memory.
package protocol ArrayElement: BitwiseCopyable, Sendable {
  static var elementType: ElementType { get }
}

extension UInt8: ArrayElement { package static var elementType: ElementType { .uint8 } }
extension UInt16: ArrayElement { package static var elementType: ElementType { .uint16 } }
extension UInt32: ArrayElement { package static var elementType: ElementType { .uint32 } }
extension UInt64: ArrayElement { package static var elementType: ElementType { .uint64 } }
extension Int8: ArrayElement { package static var elementType: ElementType { .int8 } }
extension Int16: ArrayElement { package static var elementType: ElementType { .int16 } }
extension Int32: ArrayElement { package static var elementType: ElementType { .int32 } }
extension Int64: ArrayElement { package static var elementType: ElementType { .int64 } }
extension Float: ArrayElement { package static var elementType: ElementType { .float32 } }
extension Double: ArrayElement { package static var elementType: ElementType { .float64 } }
