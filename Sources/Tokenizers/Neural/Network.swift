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
/// A row's result depends on that row alone, to the bit: not on the other rows of the batch, nor on its place among
/// them.
struct Network: Sendable {
  /// Rows that are best worked on together: they stay in the second-level cache over all layers.
  static let block = 120

  let layers: [DenseLayer]
  let activation: Activation
  /// Adds the input to the output, which are equally wide.
  let hasSkip: Bool
  private let packed: [PackedLayer]

  init(_ layers: [DenseLayer], activation: Activation, hasSkip: Bool = false) {
    self.layers = layers
    self.activation = activation
    self.hasSkip = hasSkip
    packed = layers.map { PackedLayer($0.folded) }
  }

  var inputs: Int { layers[0].inputs }
  var outputs: Int { layers[layers.count - 1].outputs }
  /// Floats that `run` needs, twice.
  var scratchCount: Int { Self.block * (layers.map { max($0.inputs, $0.outputs) }.max() ?? 0) }

  /// Runs up to a block of rows.
  ///
  /// - Parameters:
  ///   - input: rows × inputs.
  ///   - output: rows × outputs.
  ///   - scratch: 2 · `scratchCount` floats.
  func run(
    _ input: UnsafePointer<Float>, rows: Int, to output: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var source = input
    for (index, layer) in packed.enumerated() {
      let isLast = index == packed.count - 1
      let target = isLast ? output : scratch + index % 2 * scratchCount
      layer.multiply(source, rows: rows, to: target)
      if isLast {
        Activation.addBias(layer.bias, to: target, rows: rows, width: layer.outputs)
      } else {
        activation.apply(target, bias: layer.bias, rows: rows, width: layer.outputs)
      }
      source = UnsafePointer(target)
    }
    if hasSkip {
      mapLanes(output, count: rows * outputs) { index, count, y in y + lanes(input + index, count) }
    }
  }
}

/// A layer's weights in the order that the kernel reads them.
private final class PackedLayer: Sendable {
  let bias: [Float]
  private let product: PackedFactor

  var outputs: Int { bias.count }

  init(_ layer: DenseLayer) {
    bias = layer.bias
    product = PackedFactor(terms: layer.inputs, outputs: layer.outputs)
    layer.weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      product.pack(weights, termStride: 1, outputStride: layer.inputs)
    }
  }

  func multiply(_ x: UnsafePointer<Float>, rows: Int, to y: UnsafeMutablePointer<Float>) {
    product.multiply(x, rows: rows, to: y)
  }
}
