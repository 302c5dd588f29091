import CKernels
import Vectors

extension Matrix {
  /// No NaN and no infinity.
  var isFinite: Bool {
    withUnsafeBufferPointer { values in
      values.baseAddress.map { semid_first_non_finite($0, values.count) == values.count } ?? true
    }
  }
}

/// Dense layers one after another, with an activation after each but the last, for inference.
///
/// Rows are worked on in blocks of one size, filled up with zeros: a row's result then depends on that row alone, and
/// not on how many rows came with it.
struct Network: Sendable {
  /// Rows of a block.
  static let block = 128

  let layers: [DenseLayer]
  let activation: Activation
  /// Adds the input to the output, which are equally wide.
  let hasSkip: Bool
  private let folded: [DenseLayer]

  init(_ layers: [DenseLayer], activation: Activation, hasSkip: Bool = false) {
    self.layers = layers
    self.activation = activation
    self.hasSkip = hasSkip
    folded = layers.map(\.folded)
  }

  var inputs: Int { layers[0].inputs }
  var outputs: Int { layers[layers.count - 1].outputs }
  /// Floats that `run` needs, twice.
  var scratchCount: Int { Self.block * (layers.map { max($0.inputs, $0.outputs) }.max() ?? 0) }

  /// Runs one block of rows.
  ///
  /// - Parameters:
  ///   - input: block × inputs.
  ///   - output: block × outputs.
  ///   - scratch: 2 · `scratchCount` floats.
  func run(
    _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    var source = input
    for (index, layer) in folded.enumerated() {
      let isLast = index == folded.count - 1
      let target = isLast ? output : scratch + index % 2 * scratchCount
      layer.weights.withUnsafeBufferPointer { weights in
        guard let weights = weights.baseAddress else { return }
        BLAS.gemm(
          .no, .yes, m: Self.block, n: layer.outputs, k: layer.inputs, source, lda: layer.inputs, weights,
          ldb: layer.inputs, target, ldc: layer.outputs)
      }
      if isLast {
        Activation.addBias(layer.bias, to: target, rows: Self.block, width: layer.outputs)
      } else {
        activation.apply(target, bias: layer.bias, rows: Self.block, width: layer.outputs)
      }
      source = UnsafePointer(target)
    }
    if hasSkip {
      mapLanes(output, count: Self.block * outputs) { index, count, y in y + lanes(input + index, count) }
    }
  }
}
