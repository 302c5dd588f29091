/// Eight floats at a time, for the element-wise passes of training and inference.
///
/// Products and sums are written out rather than fused, so that every processor rounds alike.
typealias Lanes = SIMD8<Float>

extension SIMD8<Float> {
  static let width = 8

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    self = UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// The first `count` lanes from memory, zero in the others.
  @inline(__always) init(loading address: UnsafePointer<Float>, count: Int) {
    self = .zero
    for lane in 0..<count { self[lane] = address[lane] }
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(address).storeBytes(of: self, as: SIMD8<Float>.self)
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>, count: Int) {
    for lane in 0..<count { address[lane] = self[lane] }
  }

  /// e to each lane, to about 2 units in the last place: range reduction by ln 2 and a polynomial (Cephes `expf`).
  @inline(__always) static func exp(_ x: Self) -> Self {
    let bounded = x.replacing(with: -87, where: x .< -87).replacing(with: 88, where: x .> 88)
    // Adding 1.5 · 2²³ rounds to an integer, which is then found in the low bits.
    let magic = Self(repeating: 12_582_912)
    let shifted = bounded * 1.442_695_04 + magic
    let n = shifted - magic
    let r = bounded - n * 0.693_359_375 + n * 2.121_944_4e-4
    var p = r * 1.987_569_15e-4 + 1.398_199_95e-3
    p = p * r + 8.333_451_9e-3
    p = p * r + 4.166_579_6e-2
    p = p * r + 1.666_666_55e-1
    p = p * r + 5.000_000_1e-1
    p = p * r * r + r + 1
    let exponent = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- unsafeBitCast(magic, to: SIMD8<Int32>.self)
    return unsafeBitCast(unsafeBitCast(p, to: SIMD8<Int32>.self) &+ (exponent &<< 23), to: Self.self)
  }

  /// 1 / (1 + e⁻ˣ)
  @inline(__always) static func sigmoid(_ x: Self) -> Self { 1 / (1 + exp(-x)) }
}

/// Calls `body` for 0..<count in steps of eight: with the first index and how many lanes count.
@inline(__always) func forLanes(_ count: Int, _ body: (_ index: Int, _ lanes: Int) -> Void) {
  var index = 0
  while index + Lanes.width <= count {
    body(index, Lanes.width)
    index += Lanes.width
  }
  if index < count { body(index, count - index) }
}

/// `target[i] = body(target[i])` for whole lanes and the rest.
@inline(__always) func mapLanes(_ target: UnsafeMutablePointer<Float>, count: Int, _ body: (Int, Int, Lanes) -> Lanes) {
  forLanes(count) { index, lanes in
    if lanes == Lanes.width {
      body(index, lanes, Lanes(loading: target + index)).store(to: target + index)
    } else {
      body(index, lanes, Lanes(loading: target + index, count: lanes)).store(to: target + index, count: lanes)
    }
  }
}

/// Eight lanes at `address`, or fewer at the end of an array.
@inline(__always) func lanes(_ address: UnsafePointer<Float>, _ count: Int) -> Lanes {
  count == Lanes.width ? Lanes(loading: address) : Lanes(loading: address, count: count)
}

/// Σ x² of a matrix whose rows begin `stride` floats apart.
func sumOfSquares(_ values: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) -> Double {
  var sum = 0.0
  for row in 0..<rows { sum += sumOfSquares(values + row * stride, count: columns) }
  return sum
}

/// Σ x², eight partial sums in double precision.
func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
  var low = SIMD4<Double>.zero
  var high = SIMD4<Double>.zero
  forLanes(count) { index, count in
    let x = lanes(values + index, count)
    let squares = x * x
    low += SIMD4<Double>(squares.lowHalf)
    high += SIMD4<Double>(squares.highHalf)
  }
  return (low + high).sum()
}
