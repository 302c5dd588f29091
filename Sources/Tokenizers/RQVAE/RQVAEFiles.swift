import Foundation
import Formats
import Vectors

/// The directory of a neural model: `config.json`, `model.safetensors` and `history.jsonl`.
///
/// Tensors: `input.mean` and `input.scale`; `encoder.0.weight` (outputs × inputs), `encoder.0.bias` and, with batch
/// normalization, `encoder.0.norm.scale`, `.shift`, `.mean` and `.variance`, and so on for every layer and for the
/// decoder; `codebooks.0` …
struct RQVAEFiles {
  let files: ModelFiles<RQVAEOptions>

  init(kind: TokenizerKind) { files = ModelFiles(kind: kind) }

  static func record(_ kind: TokenizerKind, dimension: Int, options: RQVAEOptions) throws -> ModelRecord {
    try ModelFiles(kind: kind).record(dimension: dimension, options: options)
  }

  func fingerprint(
    _ record: ModelRecord, scaling: InputScaling, encoder: [DenseLayer], decoder: [DenseLayer], codebooks: Codebooks
  ) throws -> String {
    try files.fingerprint(
      record, tensors: Self.tensors(scaling: scaling, encoder: encoder, decoder: decoder, codebooks: codebooks))
  }

  func write(_ model: RQVAE, to path: String) throws {
    try files.write(
      to: path, model.record, fingerprint: model.fingerprint,
      tensors: Self.tensors(
        scaling: model.scaling, encoder: model.encoder, decoder: model.decoder, codebooks: model.codebooks),
      more: model.history.isEmpty ? [:] : [ModelFileName.history: model.history])
  }

  private static func tensors(
    scaling: InputScaling, encoder: [DenseLayer], decoder: [DenseLayer], codebooks: Codebooks
  ) -> [(name: String, values: Matrix)] {
    func row(_ values: [Float]) -> Matrix { Matrix(rows: 1, columns: values.count, values: values) }
    var tensors = [("input.mean", row(scaling.mean)), ("input.scale", row([scaling.scale]))]
    for (network, layers) in [("encoder", encoder), ("decoder", decoder)] {
      for (index, layer) in layers.enumerated() {
        tensors += [("\(network).\(index).weight", layer.weights), ("\(network).\(index).bias", row(layer.bias))]
        guard let norm = layer.normalization else { continue }
        let name = "\(network).\(index).norm"
        tensors += [
          (name + ".scale", row(norm.scale)), (name + ".shift", row(norm.shift)), (name + ".mean", row(norm.mean)),
          (name + ".variance", row(norm.variance)),
        ]
      }
    }
    return tensors + codebooks.levels.enumerated().map { ("codebooks.\($0.offset)", $0.element) }
  }

  func read(_ folder: ModelFolder) throws -> RQVAE {
    let (configuration, record, tensors) = try files.read(folder)
    let options = configuration.options
    let file = folder.path + "/" + ModelFileName.configuration
    let network = options.network
    guard let code = network.codeDimension else {
      throw InputError(.malformed, file, at: "codeDimension", expected: "a number", found: "null")
    }
    let widths = [configuration.dimension] + network.hidden + [code]
    guard widths.allSatisfy({ (1...1 << 24).contains($0) }), !options.levelSizes.isEmpty,
      options.levelSizes.allSatisfy({ (1...65_536).contains($0) })
    else {
      throw InputError(
        .malformed, file, expected: "layers at least 1 wide and levels of 1 to 65,536 codes",
        found: "\(widths) and \(options.levelSizes)")
    }
    func row(_ name: String, _ count: Int) throws -> [Float] {
      try files.matrix(name, rows: 1, columns: count, in: tensors).values.array
    }
    func layers(_ name: String, _ widths: [Int]) throws -> [DenseLayer] {
      try zip(widths, widths.dropFirst()).enumerated().map { index, sizes in
        let prefix = "\(name).\(index)"
        var norm: DenseLayer.Normalization?
        if network.hasBatchNorm, index < widths.count - 2 {
          norm = .init(
            scale: try row(prefix + ".norm.scale", sizes.1), shift: try row(prefix + ".norm.shift", sizes.1),
            mean: try row(prefix + ".norm.mean", sizes.1), variance: try row(prefix + ".norm.variance", sizes.1))
        }
        return try DenseLayer(
          weights: files.matrix(prefix + ".weight", rows: sizes.1, columns: sizes.0, in: tensors),
          bias: row(prefix + ".bias", sizes.1), normalization: norm, source: "\(tensors.source): \(prefix)")
      }
    }
    let model = try RQVAE(
      kind: files.kind, options: options,
      scaling: InputScaling(
        mean: row("input.mean", configuration.dimension), scale: row("input.scale", 1)[0]),
      encoder: layers("encoder", widths), decoder: layers("decoder", widths.reversed()),
      codebooks: Codebooks(
        levels: options.levelSizes.enumerated().map { level, size in
          try files.matrix("codebooks.\(level)", rows: size, columns: code, in: tensors)
        }, source: tensors.source), source: tensors.source, record: record)
    try files.check(folder.path, configuration, isOf: model.fingerprint)
    return model
  }
}
