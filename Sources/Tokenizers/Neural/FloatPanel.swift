/// Sixteen neighboring floats of a row: as many as a panel of `Panels` holds.
struct FloatPanel {
  let low: Lanes
  let high: Lanes

  static let count = 16

  @inline(__always) init(_ low: Lanes, _ high: Lanes) {
    self.low = low
    self.high = high
  }

  @inline(__always) init(repeating value: Float) { self.init(Lanes(repeating: value), Lanes(repeating: value)) }

  @inline(__always) init(loading address: UnsafePointer<Float>) {
    self.init(Lanes(loading: address), Lanes(loading: address + Lanes.width))
  }

  /// The first `count` floats from memory, zero in the others.
  @inline(__always) init(loading address: UnsafePointer<Float>, count: Int) {
    self.init(
      Lanes(loading: address, count: min(Lanes.width, count)),
      count > Lanes.width ? Lanes(loading: address + Lanes.width, count: count - Lanes.width) : .zero)
  }

  /// The floats of a row vector that fall into panel `index`, zero beyond the vector's end.
  @inline(__always) init(_ index: Int, of vector: UnsafePointer<Float>, count: Int) {
    let first = index * Self.count
    self =
      first + Self.count <= count
      ? FloatPanel(loading: vector + first) : FloatPanel(loading: vector + first, count: count - first)
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    low.store(to: address)
    high.store(to: address + Lanes.width)
  }

  @inline(__always) func store(to address: UnsafeMutablePointer<Float>, count: Int) {
    guard count < Self.count else { return store(to: address) }
    low.store(to: address, count: min(Lanes.width, count))
    if count > Lanes.width { high.store(to: address + Lanes.width, count: count - Lanes.width) }
  }

  @inline(__always) static func + (a: Self, b: Self) -> Self { Self(a.low + b.low, a.high + b.high) }
  @inline(__always) static func - (a: Self, b: Self) -> Self { Self(a.low - b.low, a.high - b.high) }
  @inline(__always) static func * (a: Self, b: Self) -> Self { Self(a.low * b.low, a.high * b.high) }

  /// Sums of panels, in double precision.
  struct Sum {
    private var parts = (SIMD4<Double>.zero, SIMD4<Double>.zero, SIMD4<Double>.zero, SIMD4<Double>.zero)

    @inline(__always) mutating func add(_ panel: FloatPanel) {
      parts.0 += SIMD4<Double>(panel.low.lowHalf)
      parts.1 += SIMD4<Double>(panel.low.highHalf)
      parts.2 += SIMD4<Double>(panel.high.lowHalf)
      parts.3 += SIMD4<Double>(panel.high.highHalf)
    }

    /// Adds a · b.
    @inline(__always) mutating func add(_ a: FloatPanel, times b: FloatPanel) {
      parts.0 += SIMD4<Double>(a.low.lowHalf) * SIMD4<Double>(b.low.lowHalf)
      parts.1 += SIMD4<Double>(a.low.highHalf) * SIMD4<Double>(b.low.highHalf)
      parts.2 += SIMD4<Double>(a.high.lowHalf) * SIMD4<Double>(b.high.lowHalf)
      parts.3 += SIMD4<Double>(a.high.highHalf) * SIMD4<Double>(b.high.highHalf)
    }

    /// Writes the sums of the first `count` floats.
    func store(to address: UnsafeMutablePointer<Double>, count: Int) {
      for index in 0..<min(count, FloatPanel.count) {
        let part =
          switch index >> 2 {
          case 0: parts.0
          case 1: parts.1
          case 2: parts.2
          default: parts.3
          }
        address[index] = part[index & 3]
      }
    }
  }
}
