import Formats
package import Vectors

/// The directory of an RQ-KMeans model. The tensors are `codebooks.0` … `codebooks.L-1`, each K×d float32, and of a
/// model with prices `prices.0` …, each 1×K.
enum RQKMeansFiles {
  private static let files = ModelFiles<RQKMeansOptions>(kind: .rqKMeans)

  fileprivate static func tensors(_ codebooks: Codebooks, _ prices: [[Float]]) -> ModelFiles<RQKMeansOptions>.Tensors {
    codebooks.levels.enumerated().map { ("codebooks.\($0.offset)", $0.element) }
      + prices.enumerated().map { level, prices in
        ("prices.\(level)", Matrix(rows: 1, columns: prices.count, values: prices))
      }
  }

  static func record(codebooks: Codebooks, options: RQKMeansOptions) throws -> ModelRecord {
    try files.record(dimension: codebooks.dimension, options: options)
  }

  static func fingerprint(_ record: ModelRecord, codebooks: Codebooks, prices: [[Float]]) throws -> String {
    try files.fingerprint(record, tensors: tensors(codebooks, prices))
  }

  static func write(_ model: RQKMeans, to path: String) throws {
    try files.write(
      to: path, model.record, fingerprint: model.fingerprint, tensors: tensors(model.codebooks, model.prices))
  }

  static func read(_ folder: ModelFolder) throws -> RQKMeans {
    let (configuration, record, tensors) = try files.read(folder)
    let sizes = configuration.options.levelSizes
    let levels = try sizes.enumerated().map { level, size in
      try files.matrix("codebooks.\(level)", rows: size, columns: configuration.dimension, in: tensors)
    }
    let hasPrices = tensors.names.contains("prices.0")
    let prices =
      try !hasPrices
      ? []
      : sizes.enumerated().map { level, size in
        try files.matrix("prices.\(level)", rows: 1, columns: size, in: tensors).row(0)
      }
    let model = try RQKMeans(
      codebooks: Codebooks(levels: levels, source: tensors.source), options: configuration.options, prices: prices,
      record: record)
    try files.check(folder.path, configuration, isOf: model.fingerprint)
    return model
  }
}

extension RQKMeans {
  /// The named weights, as `model.safetensors` has them.
  package var weights: [(name: String, values: Matrix)] { RQKMeansFiles.tensors(codebooks, prices) }

  /// Writes the model's directory, whole or not at all.
  public func write(to path: String) throws { try RQKMeansFiles.write(self, to: path) }
}
