public import CSemid
import Foundation
import SemanticID

/// What a call returns that is not known in size beforehand: a text and named arrays.
final class CallResult: Sendable {
  enum Values: Sendable {
    case bytes(Buffer<UInt8>)
    case uint16(Buffer<UInt16>)
    case int32(Buffer<Int32>)
    case int64(Buffer<Int64>)
    case float(Buffer<Float>)

    /// The address, the type and the number of elements.
    var view: (address: UnsafeRawPointer?, type: semid_type, count: Int) {
      func address<Value>(_ buffer: Buffer<Value>) -> UnsafeRawPointer? {
        // The result keeps the buffer.
        buffer.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
      }
      return switch self {
      case .bytes(let buffer): (address(buffer), SEMID_UINT8, buffer.count)
      case .uint16(let buffer): (address(buffer), SEMID_UINT16, buffer.count)
      case .int32(let buffer): (address(buffer), SEMID_INT32, buffer.count)
      case .int64(let buffer): (address(buffer), SEMID_INT64, buffer.count)
      case .float(let buffer): (address(buffer), SEMID_FLOAT32, buffer.count)
      }
    }
  }

  /// UTF-8, and a zero behind it.
  let text: Buffer<UInt8>
  let arrays: [String: Values]

  init(json: some Encodable, _ arrays: [String: Values] = [:]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    text = Buffer([UInt8](try encoder.encode(json)) + [0])
    self.arrays = arrays
  }

  init(_ arrays: [String: Values]) {
    text = Buffer(Array("{}\0".utf8))
    self.arrays = arrays
  }
}

extension [String: CallResult.Values] {
  /// Texts under two names: their bytes, and where each begins.
  mutating func set(_ texts: StringColumn, as name: String, bytes: String? = nil) {
    self[bytes ?? name] = .bytes(texts.bytes)
    self[name + ".offsets"] = .int64(texts.offsets.withUnsafeBufferPointer { Buffer($0.map { Int64(clamping: $0) }) })
  }
}

@c @implementation
public func semid_result_text(
  _ result: UInt64, _ bytes: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  Call.run {
    let text = try result.result.text
    guard let bytes else { throw InputError(.usage, "result", expected: "a place for the text", found: "null") }
    bytes.pointee = text.withUnsafeBufferPointer {
      UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self)
    }
    count?.pointee = Int64(text.count - 1)
  }
}

@c @implementation
public func semid_result_array(
  _ result: UInt64, _ name: semid_text, _ values: UnsafeMutablePointer<UnsafeRawPointer?>?,
  _ type: UnsafeMutablePointer<Int32>?, _ count: UnsafeMutablePointer<Int64>?
) -> Int32 {
  Call.run {
    let result = try result.result
    let name = try name.required("name of the array")
    guard let array = result.arrays[name] else {
      throw InputError(
        .missing, "result", expected: "one of \(result.arrays.keys.sorted())", found: "\"\(name)\"")
    }
    guard let values, let type, let count else {
      throw InputError(.usage, "result", expected: "places for the array", found: "null")
    }
    let view = array.view
    values.pointee = view.address
    type.pointee = Int32(view.type.rawValue)
    count.pointee = Int64(view.count)
  }
}
