import Foundation
import Vectors

/// What happens to a text's vector behind the pooling: Dense, LayerNorm and Normalize of sentence-transformers.
enum VectorModule: Sendable {
  case dense(DenseModule)
  case layerNorm(LayerNormalization)
  case normalize

  /// The length of the vectors that it gives.
  func dimension(of input: Int) -> Int {
    switch self {
    case .dense(let dense): dense.layer.outputs
    case .layerNorm, .normalize: input
    }
  }

  func apply(_ x: FloatRows) -> FloatRows {
    switch self {
    case .dense(let dense): return dense.apply(x)
    case .layerNorm(let norm): norm.apply(x, 0..<x.rows)
    case .normalize: x.normalizeRows()
    }
    return x
  }
}

/// A linear layer and an activation.
struct DenseModule: Sendable {
  enum Activation: String, Sendable, CaseIterable {
    case identity = "Identity"
    case tanh = "Tanh"
    case relu = "ReLU"
    case gelu = "GELU"
    case sigmoid = "Sigmoid"
    case silu = "SiLU"
  }

  let layer: LinearLayer
  let activation: Activation

  /// - Parameter size: length of the vectors that come in.
  init(in directory: String, size: Int, pool: ThreadPool) throws {
    let fields = try JSONFields(file: directory + "/config.json")
    let inputs = try fields.needed("in_features", in: 1...1 << 20)
    let outputs = try fields.needed("out_features", in: 1...1 << 20)
    guard inputs == size else {
      throw fields.fault(
        "in_features", .mismatch, expected: "\(size), the length of the vectors before it", found: "\(inputs)")
    }
    for key in ["module_input_name", "module_output_name"] {
      if let name = try fields.text(key), name != "sentence_embedding" {
        throw fields.fault(key, .unsupported, expected: "sentence_embedding", found: "\"\(name)\"")
      }
    }
    if try fields.flag("use_residual", default: false) {
      throw fields.fault("use_residual", .unsupported, expected: "false", found: "true")
    }
    // A class of torch by its dotted name.
    let name = try fields.text("activation_function") ?? "torch.nn.modules.activation.Tanh"
    guard let activation = Activation(rawValue: String(name.split(separator: ".").last ?? "")) else {
      throw fields.fault(
        "activation_function", .unsupported,
        expected: Activation.allCases.map(\.rawValue).joined(separator: ", "), found: "\"\(name.prefix(80))\"")
    }
    self.activation = activation
    let weights = try ModelWeights(in: directory, pool: pool)
    let matrix = try weights.matrix("linear.weight", outputs, inputs)
    let hasBias = try fields.flag("bias", default: true)
    layer = LinearLayer(
      [matrix], biases: hasBias ? [try weights.floats("linear.bias", outputs)] : nil, pool: pool)
  }

  func apply(_ x: FloatRows) -> FloatRows {
    let y = FloatRows(rows: x.rows, columns: layer.outputs)
    layer.apply(x, 0..<x.rows, to: y)
    for row in 0..<y.rows {
      let values = y.row(row)
      switch activation {
      case .identity: break
      case .tanh: for index in 0..<y.columns { values[index] = Float(Foundation.tanh(Double(values[index]))) }
      case .sigmoid: for index in 0..<y.columns { values[index] = Float(1 / (1 + Math.exp(-Double(values[index])))) }
      case .relu: EncoderActivation.relu.apply(y, row..<row + 1, columns: y.columns)
      case .gelu: EncoderActivation.gelu.apply(y, row..<row + 1, columns: y.columns)
      case .silu: EncoderActivation.silu.apply(y, row..<row + 1, columns: y.columns)
      }
    }
    return y
  }
}

extension FloatRows {
  /// Every row divided by its length; rows of zeros stay.
  func normalizeRows() {
    for row in 0..<rows {
      let values = self.row(row)
      var square = 0.0
      for index in 0..<columns { square += Double(values[index]) * Double(values[index]) }
      // As torch: lengths below 1e-12 count as that.
      let scale = 1 / max(square.squareRoot(), 1e-12)
      for index in 0..<columns { values[index] = Float(Double(values[index]) * scale) }
    }
  }
}
