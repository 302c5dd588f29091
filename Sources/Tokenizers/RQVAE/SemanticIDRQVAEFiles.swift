import Foundation
import Formats
import Vectors

/// The files of the Python package semantic-id's `RQVAE`: `metadata.json` and the state dict `model.pt`.
///
/// Its layers are `nn.Sequential` of Dropout, Linear, BatchNorm1d where there is any, and ReLU; the last Linear has
/// neither of the last two behind it. Vectors go in unscaled.
enum SemanticIDRQVAEFiles {
  static let weightsName = "model.pt"

  /// The keys that `RQVAE.save` writes.
  private struct Metadata: Codable {
    var in_dim: Int
    var num_emb_list: [Int]
    var e_dim: Int
    var layers: [Int]
    var dropout_prob: Double
    var bn: Bool
    var loss_type: String
    var quant_loss_weight: Double
    var beta: Double
    var kmeans_init: Bool
    var kmeans_iters: Int
    var sk_epsilons: [Double]?
    var sk_iters: Int
    var type = "RQVAE"

    var widths: [Int] { [in_dim] + layers + [e_dim] }
  }

  /// Whether `text` is metadata of an RQVAE as `write` spells them, and not as Python does.
  static func isOurs(_ text: [UInt8]) throws -> Bool {
    let metadata = try JSONDecoder().decode(Metadata.self, from: Data(text))
    return try metadata.type == "RQVAE" && Array(SemanticIDFiles.text(metadata).utf8) == text
  }

  /// The place of a layer's Linear in the Sequential; its BatchNorm1d follows.
  private static func place(_ layer: Int, hasBatchNorm: Bool) -> Int { layer * (hasBatchNorm ? 4 : 3) + 1 }

  static func read(_ path: String) throws -> RQVAE {
    let file = path + "/" + SemanticIDFiles.metadataName
    let metadata = try JSONFile.decode(Metadata.self, path: file)
    let widths = metadata.widths
    guard widths.allSatisfy({ (1...1 << 24).contains($0) }), !metadata.num_emb_list.isEmpty,
      metadata.num_emb_list.allSatisfy({ (1...65_536).contains($0) })
    else {
      throw InputError(
        .malformed, file, expected: "layers at least 1 wide and levels of 1 to 65,536 codes",
        found: "\(widths) and \(metadata.num_emb_list)")
    }
    let weights = try TorchFile(path: path + "/" + weightsName)
    func array(_ name: String, _ shape: [Int]) throws -> Buffer<Float> {
      let array = try weights.array(name)
      guard array.shape == shape else {
        throw InputError(
          .mismatch, weights.source, at: "tensor \(name)",
          expected: "shape \(shape), as \(SemanticIDFiles.metadataName) says", found: "\(array.shape)")
      }
      return try array.floats()
    }
    func layers(_ network: String, _ widths: [Int]) throws -> [DenseLayer] {
      try zip(widths, widths.dropFirst()).enumerated().map { layer, sizes in
        let place = place(layer, hasBatchNorm: metadata.bn)
        let linear = "\(network).mlp_layers.\(place)"
        var normalization: DenseLayer.Normalization?
        if metadata.bn, layer < widths.count - 2 {
          let norm = "\(network).mlp_layers.\(place + 1)"
          func row(_ name: String) throws -> [Float] { try array("\(norm).\(name)", [sizes.1]).array }
          normalization = try .init(
            scale: row("weight"), shift: row("bias"), mean: row("running_mean"), variance: row("running_var"))
        }
        return try DenseLayer(
          weights: Matrix(
            rows: sizes.1, columns: sizes.0, values: array(linear + ".weight", [sizes.1, sizes.0])),
          bias: array(linear + ".bias", [sizes.1]).array, normalization: normalization,
          source: "\(weights.source): \(linear)")
      }
    }
    var options = RQVAEOptions()
    options.network.dropout = metadata.dropout_prob
    options.network.activation = .relu
    options.quantizer.learning = .gradient
    options.quantizer.commitment = metadata.beta
    options.quantizer.weight = metadata.quant_loss_weight
    options.quantizer.start = metadata.kmeans_init ? .kMeans : .uniform
    options.quantizer.sinkhornEpsilons = metadata.sk_epsilons ?? []
    options.quantizer.sinkhornIterations = metadata.sk_iters
    options.schedule.loss = metadata.loss_type == "l1" ? .l1 : .mse
    return try RQVAE(
      options: options, encoder: layers("encoder", widths), decoder: layers("decoder", widths.reversed()),
      codebooks: Codebooks(
        levels: metadata.num_emb_list.enumerated().map { level, size in
          Matrix(
            rows: size, columns: metadata.e_dim,
            values: try array("rq.vq_layers.\(level).embedding.weight", [size, metadata.e_dim]))
        }, source: weights.source), source: weights.source)
  }

  static func write(_ model: RQVAE, to path: String, replacing kind: DirectoryKind) throws {
    guard model.kind == .rqVAE, model.options.network.activation == .relu, model.options.network.skip == .none else {
      throw InputError(
        .unsupported, path, expected: "an rq-vae with relu and no skips, the only kind semantic-id has",
        found: "\(model.kind.rawValue) with \(model.options.network.activation.rawValue)")
    }
    let options = model.options
    let metadata = Metadata(
      in_dim: model.dimension, num_emb_list: model.levelSizes, e_dim: model.codeDimension,
      layers: model.encoder.dropLast().map(\.outputs), dropout_prob: options.network.dropout,
      bn: options.network.hasBatchNorm, loss_type: options.schedule.loss.rawValue,
      quant_loss_weight: options.quantizer.weight, beta: options.quantizer.commitment,
      kmeans_init: options.quantizer.start == .kMeans, kmeans_iters: 100,
      sk_epsilons: options.quantizer.sinkhornEpsilons.isEmpty ? nil : options.quantizer.sinkhornEpsilons,
      sk_iters: options.quantizer.sinkhornIterations)
    let json = try SemanticIDFiles.text(metadata)
    var weights = TorchFileWriter()
    let networks = [
      ("encoder", try scaled(first: model.encoder, model.scaling)),
      ("decoder", try scaled(last: model.decoder, model.scaling)),
    ]
    for (network, layers) in networks {
      for (index, layer) in layers.enumerated() {
        let place = place(index, hasBatchNorm: options.network.hasBatchNorm)
        weights.add("\(network).mlp_layers.\(place).weight", layer.weights)
        weights.add("\(network).mlp_layers.\(place).bias", Buffer(layer.bias), shape: [layer.outputs])
        guard let norm = layer.normalization else { continue }
        let name = "\(network).mlp_layers.\(place + 1)"
        for (part, values) in [
          ("weight", norm.scale), ("bias", norm.shift), ("running_mean", norm.mean), ("running_var", norm.variance),
        ] { weights.add("\(name).\(part)", Buffer(values), shape: [values.count]) }
        weights.add("\(name).num_batches_tracked", Buffer<Int64>([0]), shape: [])
      }
    }
    for (level, book) in model.codebooks.levels.enumerated() {
      weights.add("rq.vq_layers.\(level).embedding.weight", book)
    }
    try AtomicDirectory.write(to: path, replacing: kind) { directory in
      try directory.write(json, to: SemanticIDFiles.metadataName)
      try weights.write(to: directory.file(weightsName))
    }
  }

  /// The encoder's layers, with the scaling of the input worked into the first: semantic-id has no scaling.
  private static func scaled(first layers: [DenseLayer], _ scaling: InputScaling) throws -> [DenseLayer] {
    guard let first = layers.first else { return layers }
    let inverse = 1 / Double(scaling.scale)
    let weights = Matrix(rows: first.outputs, columns: first.inputs) { target in
      for index in target.indices { target[index] = Float(Double(first.weights.values[index]) * inverse) }
    }
    let bias = (0..<first.outputs).map { output in
      let moved = (0..<first.inputs).reduce(0.0) {
        $0 + Double(first.weights[output, $1]) * Double(scaling.mean[$1]) * inverse
      }
      return Float(Double(first.bias[output]) - moved)
    }
    let layer = try DenseLayer(weights: weights, bias: bias, normalization: first.normalization)
    return [layer] + layers.dropFirst()
  }

  /// The decoder's layers with the scaling of its output worked into the last.
  private static func scaled(last layers: [DenseLayer], _ scaling: InputScaling) throws -> [DenseLayer] {
    guard let last = layers.last else { return layers }
    let weights = Matrix(rows: last.outputs, columns: last.inputs) { target in
      for index in target.indices { target[index] = last.weights.values[index] * scaling.scale }
    }
    let bias = zip(last.bias, scaling.mean).map { $0 * scaling.scale + $1 }
    return layers.dropLast() + [try DenseLayer(weights: weights, bias: bias)]
  }
}
