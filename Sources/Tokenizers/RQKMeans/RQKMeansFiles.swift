import Foundation
import Formats
import Vectors

/// The directory of an RQ-KMeans model: `config.json` and `model.safetensors`.
///
/// The tensors are `codebooks.0` … `codebooks.L-1`, each K×d float32. The fingerprint is the SHA-256 of the
/// configuration without its fingerprint (keys sorted, no spaces) followed by every codebook's shape (two little-endian
/// 64-bit integers) and values; `config.json` records it, so that files that do not belong together are found out.
enum RQKMeansFiles {
  static let configurationName = "config.json"
  static let weightsName = "model.safetensors"

  struct Configuration: Codable {
    var format = "swift-semantic-id"
    var version = 1
    var type = "rq-kmeans"
    var dimension: Int
    var options: RQKMeansOptions
    var fingerprint: String?
  }

  static func fingerprint(codebooks: Codebooks, options: RQKMeansOptions) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var digest = SHA256()
    digest.update([UInt8](try encoder.encode(Configuration(dimension: codebooks.dimension, options: options))))
    for level in codebooks.levels {
      for size in [level.rows, level.columns] {
        withUnsafeBytes(of: UInt64(size).littleEndian) { digest.update($0) }
      }
      level.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    }
    return digest.hexDigest()
  }

  static func write(_ model: RQKMeans, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let configuration = Configuration(
      dimension: model.dimension, options: model.options, fingerprint: model.fingerprint)
    let json = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    var weights = SafetensorsWriter(metadata: ["format": "swift-semantic-id", "type": "rq-kmeans"])
    for (level, matrix) in model.codebooks.levels.enumerated() { weights.add("codebooks.\(level)", matrix) }
    try AtomicDirectory.write(to: path, owning: { [configurationName, weightsName].contains($0) }) { directory in
      try directory.write(weightsName) { try weights.write(into: $0) }
      try directory.write(json + "\n", to: configurationName)
    }
  }

  static func read(_ path: String) throws -> RQKMeans {
    let file = path + "/" + configurationName
    let configuration = try JSONFile.decode(Configuration.self, path: file)
    guard configuration.format == "swift-semantic-id", configuration.version == 1, configuration.type == "rq-kmeans"
    else {
      throw InputError(
        .unsupported, file, expected: "a swift-semantic-id model, version 1, type rq-kmeans",
        found: "\(configuration.format), version \(configuration.version), type \(configuration.type)")
    }
    let weights = try SafetensorsFile(path: path + "/" + weightsName)
    let levels = try configuration.options.levelSizes.enumerated().map { level, size in
      let matrix = try weights.tensor("codebooks.\(level)").matrix()
      guard matrix.rows == size, matrix.columns == configuration.dimension else {
        throw InputError(
          .mismatch, weights.source, at: "tensor codebooks.\(level)",
          expected: "\(size) × \(configuration.dimension), as \(configurationName) says",
          found: "\(matrix.rows) × \(matrix.columns)")
      }
      return matrix
    }
    let model = try RQKMeans(
      codebooks: Codebooks(levels: levels, source: weights.source), options: configuration.options)
    guard configuration.fingerprint == model.fingerprint else {
      throw InputError(
        .mismatch, path,
        expected: "files with the fingerprint \(configuration.fingerprint ?? "none"), which \(file) records",
        found: model.fingerprint, remedy: "a file was changed or belongs to another model; copy the model anew")
    }
    return model
  }
}

extension RQKMeans {
  /// Opens a model: a directory of ours (`config.json`, `model.safetensors`), one of semantic-id's (`metadata.json`,
  /// `codebooks.npz`), or a `codebooks.npz` alone, with `codebook_0` … or one array [L,K,d] or [K,d].
  ///
  /// - Throws: `InputError` naming the file and what is wrong with it.
  public init(opening path: String) throws {
    try AtomicDirectory.recover(path)
    let files = FileManager.default
    if files.fileExists(atPath: path + "/" + RQKMeansFiles.configurationName) {
      self = try RQKMeansFiles.read(path)
    } else if files.fileExists(atPath: path + "/" + SemanticIDFiles.metadataName) {
      self = try SemanticIDFiles.read(path)
    } else if path.hasSuffix(".npz") {
      self = try RQKMeans(codebooks: SemanticIDFiles.codebooks(in: path))
    } else {
      throw InputError(
        .missing, path, expected: "a model: a directory with config.json or metadata.json, or a codebooks.npz",
        found: files.fileExists(atPath: path) ? "neither" : "nothing there")
    }
  }

  /// Writes the model's directory, whole or not at all.
  public func write(to path: String) throws { try RQKMeansFiles.write(self, to: path) }

  /// Writes semantic-id's form: `metadata.json` and `codebooks.npz`.
  ///
  /// - Throws: `InputError` for a model that semantic-id has no like of: cosine, or residuals scaled to unit length.
  public func writeSemanticID(to path: String) throws { try SemanticIDFiles.write(self, to: path) }
}
