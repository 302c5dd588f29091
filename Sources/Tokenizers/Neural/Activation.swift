/// The function between two layers of a network.
public enum Activation: String, Hashable, Sendable, Codable, CaseIterable {
  /// max(0, x)
  case relu
  /// x · σ(x), also called swish.
  case silu
  /// x · Φ(x) in its tanh form (Hendrycks and Gimpel 2016).
  case gelu

  /// Whether its derivative can be told from its value; otherwise backward needs the input.
  var isReversible: Bool { self == .relu }

  @inline(__always) func value(_ x: Lanes) -> Lanes {
    switch self {
    case .relu: x.replacing(with: 0, where: x .< 0)
    case .silu: x * Lanes.sigmoid(x)
    case .gelu: x * Lanes.sigmoid(Self.gate(x))
    }
  }

  /// The derivative at `x`; for `relu`, its value does as well as its input.
  @inline(__always) func derivative(_ x: Lanes) -> Lanes {
    switch self {
    case .relu: return Lanes(repeating: 1).replacing(with: 0, where: x .<= 0)
    case .silu:
      let s = Lanes.sigmoid(x)
      return s * (1 + x * (1 - s))
    case .gelu:
      let s = Lanes.sigmoid(Self.gate(x))
      return s + x * s * (1 - s) * (1.595_769_1 + 0.214_064_5 * x * x)
    }
  }

  /// 2√(2/π) · (x + 0.044715 x³), whose sigmoid is ½(1 + tanh …).
  @inline(__always) private static func gate(_ x: Lanes) -> Lanes { x * (1.595_769_1 + 0.071_354_815 * x * x) }

  /// values[r][j] ← f(values[r][j] + bias[j]), rows × width.
  func apply(_ values: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, rows: Int, width: Int) {
    switch self {
    case .relu: Self.add(bias, to: values, rows, width) { Activation.relu.value($0) }
    case .silu: Self.add(bias, to: values, rows, width) { Activation.silu.value($0) }
    case .gelu: Self.add(bias, to: values, rows, width) { Activation.gelu.value($0) }
    }
  }

  /// values[r][j] ← values[r][j] + bias[j]
  static func addBias(_ bias: UnsafePointer<Float>, to values: UnsafeMutablePointer<Float>, rows: Int, width: Int) {
    add(bias, to: values, rows, width) { $0 }
  }

  @inline(__always) private static func add(
    _ bias: UnsafePointer<Float>, to values: UnsafeMutablePointer<Float>, _ rows: Int, _ width: Int,
    _ function: (Lanes) -> Lanes
  ) {
    for row in 0..<rows {
      mapLanes(values + row * width, count: width) { index, count, x in function(x + lanes(bias + index, count)) }
    }
  }
}
