import CKernels
import Foundation
import Testing
import Vectors

@Suite("The kernels of text encoders") struct EncoderKernelTests {
  /// Values of all sizes, also where exponentials end.
  private static func values(_ count: Int) -> [Float] {
    var random = CounterRandom(seed: 11, stream: UInt64(count))
    let special: [Float] = [0, -0.0, 1, -1, 20, -20, 100, -100, 1e-8, -1e-8, 5, -5]
    return (0..<count).map { index in
      index < special.count ? special[index] : Float(Int32(truncatingIfNeeded: random.next())) * 0x1p-28
    }
  }

  private static func exact(_ kind: semid_activation, _ x: Double) -> Double {
    switch kind {
    case SEMID_RELU: max(x, 0)
    case SEMID_GELU: x * erfc(-x / 2.0.squareRoot()) / 2
    case SEMID_GELU_TANH: x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    default: x / (1 + exp(-x))
    }
  }

  @Test(arguments: [1, 7, 16, 33, 200]) func activations(count: Int) throws {
    let values = Self.values(count)
    for (name, kernels) in MatrixProductTests.bodies {
      let activate = try #require(kernels.pointee.activate)
      for kind in [SEMID_RELU, SEMID_GELU, SEMID_GELU_TANH, SEMID_SILU] {
        var ours = values
        activate(kind, &ours, count)
        for (x, y) in zip(values, ours) {
          let expected = Self.exact(kind, Double(x))
          #expect(abs(Double(y) - expected) <= 1e-6 * max(1, abs(expected)), "\(name), \(kind): \(x)")
        }
      }
    }
  }

  @Test(arguments: [1, 5, 16, 40, 257]) func rows(count: Int) throws {
    let values = Self.values(count), gain = Self.values(count + 1), bias = Self.values(count + 2)
    let wide = values.map(Double.init)
    let mean = wide.reduce(0, +) / Double(count)
    let variance = wide.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    let square = wide.reduce(0) { $0 + $1 * $1 } / Double(count)
    let most = wide.max() ?? 0
    let sum = wide.reduce(0) { $0 + exp(($1 - most) * 0.3) }
    for (name, kernels) in MatrixProductTests.bodies {
      func check(_ ours: [Float], _ part: String, _ expected: (Int) -> Double) {
        for index in 0..<count {
          let value = expected(index)
          #expect(abs(Double(ours[index]) - value) <= 2e-5 * max(1, abs(value)), "\(name), \(part), \(index)")
        }
      }
      let softmax = try #require(kernels.pointee.softmax), scaleBy = try #require(kernels.pointee.scale_by)
      let layerNorm = try #require(kernels.pointee.layer_norm), rmsNorm = try #require(kernels.pointee.rms_norm)
      var row = values
      softmax(&row, count, 0.3)
      check(row, "softmax") { exp((wide[$0] - most) * 0.3) / sum }
      #expect(abs(row.reduce(0, +) - 1) < 1e-5)
      row = values
      layerNorm(&row, gain, bias, 1e-5, count)
      check(row, "layer norm") {
        (wide[$0] - mean) / (variance + 1e-5).squareRoot() * Double(gain[$0]) + Double(bias[$0])
      }
      rmsNorm(values, gain, 1e-6, count, &row)
      check(row, "RMS norm") { wide[$0] / (square + 1e-6).squareRoot() * Double(gain[$0]) }
      row = values
      scaleBy(&row, gain, count)
      check(row, "product") { wide[$0] * Double(gain[$0]) }
    }
  }
}
