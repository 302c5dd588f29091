import Foundation
import Formats
import Vectors

/// The directory of a neural model: `config.json`, `model.safetensors` and `history.jsonl`.
///
/// `RQVAEWeights` says which tensors there are.
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
      record, tensors: RQVAEWeights.tensors(scaling: scaling, encoder: encoder, decoder: decoder, codebooks: codebooks))
  }

  func write(_ model: RQVAE, to path: String) throws {
    try files.write(
      to: path, model.record, fingerprint: model.fingerprint,
      tensors: model.weights,
      more: model.history.isEmpty ? [:] : [ModelFileName.history: model.history])
  }

  func read(_ folder: ModelFolder) throws -> RQVAE {
    let (configuration, record, tensors) = try files.read(folder)
    let options = configuration.options
    let file = folder.path + "/" + ModelFileName.configuration
    guard let code = options.network.codeDimension else {
      throw InputError(.malformed, file, at: "codeDimension", expected: "a number", found: "null")
    }
    let widths = [configuration.dimension] + options.network.hidden + [code]
    guard widths.allSatisfy({ (1...1 << 24).contains($0) }), !options.levelSizes.isEmpty,
      options.levelSizes.allSatisfy({ (1...65_536).contains($0) })
    else {
      throw InputError(
        .malformed, file, expected: "layers at least 1 wide and levels of 1 to 65,536 codes",
        found: "\(widths) and \(options.levelSizes)")
    }
    let model = try RQVAEWeights(kind: files.kind, dimension: configuration.dimension, options: options).model(
      source: tensors.source, record: record
    ) { try files.matrix($0, rows: $1, columns: $2, in: tensors) }
    try files.check(folder.path, configuration, isOf: model.fingerprint)
    return model
  }
}
