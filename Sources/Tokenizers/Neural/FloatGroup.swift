/// Neighbouring floats that are copied as one.
protocol FloatGroup {
  static var count: Int { get }
  init(loading address: UnsafePointer<Float>)
  /// The first `count` floats from memory, zero in the others.
  init(loading address: UnsafePointer<Float>, count: Int)
  func store(to address: UnsafeMutablePointer<Float>)
}

/// A panel of a product's outputs.
struct FloatPanel: FloatGroup {
  private let low: Lanes
  private let high: Lanes

  static let count = 16

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    low = Lanes(loading: address)
    high = Lanes(loading: address + 8)
  }

  @inline(__always) init(loading address: UnsafePointer<Float>, count: Int) {
    low = Lanes(loading: address, count: min(8, count))
    high = count > 8 ? Lanes(loading: address + 8, count: count - 8) : .zero
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    low.store(to: address)
    high.store(to: address + 8)
  }
}

/// A block of a product's rows.
struct FloatBlock: FloatGroup {
  private let low: Lanes
  private let high: SIMD4<Float>

  static let count = 12

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    low = Lanes(loading: address)
    high = UnsafeRawPointer(address + 8).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inline(__always) init(loading address: UnsafePointer<Float>, count: Int) {
    low = Lanes(loading: address, count: min(8, count))
    var high = SIMD4<Float>.zero
    for lane in 8..<max(8, count) { high[lane - 8] = address[lane] }
    self.high = high
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    low.store(to: address)
    UnsafeMutableRawPointer(address + 8).storeBytes(of: high, as: SIMD4<Float>.self)
  }

  /// Sums of blocks.
  struct Sum {
    private var parts = (SIMD4<Double>.zero, SIMD4<Double>.zero, SIMD4<Double>.zero)

    @inline(__always) mutating func add(_ block: FloatBlock) {
      parts.0 += SIMD4<Double>(block.low.lowHalf)
      parts.1 += SIMD4<Double>(block.low.highHalf)
      parts.2 += SIMD4<Double>(block.high)
    }

    subscript(index: Int) -> Double {
      switch index >> 2 {
      case 0: parts.0[index & 3]
      case 1: parts.1[index & 3]
      default: parts.2[index & 3]
      }
    }
  }
}
