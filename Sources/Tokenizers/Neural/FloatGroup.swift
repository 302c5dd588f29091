/// Neighbouring floats that are copied and added as one.
protocol FloatGroup {
  static var count: Int { get }
  static var zero: Self { get }
  init(loading address: UnsafePointer<Float>)
  /// The first `count` floats from memory, zero in the others.
  init(loading address: UnsafePointer<Float>, count: Int)
  func store(to address: UnsafeMutablePointer<Float>)
  func adding(_ other: Self) -> Self
}

/// A panel of a product's outputs.
struct FloatPanel: FloatGroup {
  private var low = Lanes.zero
  private var high = Lanes.zero

  static let count = 16
  static let zero = FloatPanel()

  private init() {}

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    low = Lanes(loading: address)
    high = Lanes(loading: address + 8)
  }

  @inline(__always) init(loading address: UnsafePointer<Float>, count: Int) {
    low = Lanes(loading: address, count: min(8, count))
    if count > 8 { high = Lanes(loading: address + 8, count: count - 8) }
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    low.store(to: address)
    high.store(to: address + 8)
  }

  @inline(__always) func adding(_ other: Self) -> Self {
    var sum = self
    sum.low += other.low
    sum.high += other.high
    return sum
  }
}

/// A block of a product's rows.
struct FloatBlock: FloatGroup {
  private var low = Lanes.zero
  private var high = SIMD4<Float>.zero

  static let count = 12
  static let zero = FloatBlock()

  private init() {}

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    low = Lanes(loading: address)
    high = UnsafeRawPointer(address + 8).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inline(__always) init(loading address: UnsafePointer<Float>, count: Int) {
    low = Lanes(loading: address, count: min(8, count))
    for lane in 8..<max(8, count) { high[lane - 8] = address[lane] }
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    low.store(to: address)
    UnsafeMutableRawPointer(address + 8).storeBytes(of: high, as: SIMD4<Float>.self)
  }

  @inline(__always) func adding(_ other: Self) -> Self {
    var sum = self
    sum.low += other.low
    sum.high += other.high
    return sum
  }

  @inline(__always) subscript(index: Int) -> Float { index < 8 ? low[index] : high[index - 8] }
}
