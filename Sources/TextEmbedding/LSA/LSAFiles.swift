import Foundation
public import Formats
import Vectors

/// The directory of an LSA embedder: `config.json` and `model.safetensors`.
///
/// Tensors: `buckets` (I32, ascending), `inverse_frequencies` (F32) and `projection` (F32, buckets × dimension). The
/// fingerprint is the SHA-256 of the configuration without its fingerprint (keys sorted, no spaces) followed by the
/// tensors' bytes in that order; `config.json` records it, so that files that do not belong together are found out.
enum LSAFiles {
  static let configurationName = "config.json"
  static let weightsName = "model.safetensors"
  static let format = "swift-semantic-id"
  static let type = "lsa"

  struct Configuration: Codable {
    var format = LSAFiles.format
    var version = 1
    var type = LSAFiles.type
    var options: LSAOptions
    var corpusSize: Int
    var explainedEnergy: Double
    var singularValues: [Double]
    var fingerprint: String?
  }

  static func fingerprint(of embedder: LSAEmbedder) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var digest = SHA256()
    digest.update([UInt8](try encoder.encode(configuration(of: embedder))))
    embedder.buckets.withUnsafeBytes { digest.update($0) }
    embedder.inverseFrequencies.withUnsafeBytes { digest.update($0) }
    embedder.projection.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    return digest.hexDigest()
  }

  private static func configuration(of embedder: LSAEmbedder) -> Configuration {
    Configuration(
      options: embedder.options, corpusSize: embedder.corpusSize, explainedEnergy: embedder.explainedEnergy,
      singularValues: embedder.singularValues)
  }

  static func write(_ embedder: LSAEmbedder, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    var configuration = configuration(of: embedder)
    configuration.fingerprint = try fingerprint(of: embedder)
    let json = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    var weights = SafetensorsWriter(metadata: ["format": configuration.format, "type": configuration.type])
    weights.add("buckets", Buffer(embedder.buckets), shape: [embedder.buckets.count])
    weights.add(
      "inverse_frequencies", Buffer(embedder.inverseFrequencies), shape: [embedder.inverseFrequencies.count])
    weights.add("projection", embedder.projection)
    try AtomicDirectory.write(to: path, replacing: .lsa) { directory in
      try directory.write(weightsName) { try weights.write(into: $0) }
      try directory.write(json + "\n", to: configurationName)
    }
  }

  static func read(_ path: String) throws -> LSAEmbedder {
    try AtomicDirectory.recover(path)
    let file = path + "/" + configurationName
    let configuration = try JSONFile.decode(Configuration.self, path: file)
    guard configuration.format == format, configuration.version == 1, configuration.type == type else {
      throw InputError(
        .unsupported, file, expected: "a swift-semantic-id model, version 1, type lsa",
        found: "\(configuration.format), version \(configuration.version), type \(configuration.type)")
    }
    do {
      try configuration.options.validate()
    } catch var error as InputError {
      error.kind = .malformed
      error.source = file
      throw error
    }
    let weights = try SafetensorsFile(path: path + "/" + weightsName)
    let metadata = ["format": format, "type": type]
    guard weights.metadata == metadata else {
      throw InputError(
        .mismatch, weights.source, at: "metadata", expected: "\(metadata)", found: "\(weights.metadata)",
        remedy: "a file was changed or belongs to another model; copy the model anew")
    }
    let embedder = LSAEmbedder(
      options: configuration.options, corpusSize: configuration.corpusSize,
      explainedEnergy: configuration.explainedEnergy, singularValues: configuration.singularValues,
      buckets: try weights.tensor("buckets").integers(as: Int32.self).array,
      inverseFrequencies: try weights.tensor("inverse_frequencies").floats().array,
      projection: try weights.tensor("projection").matrix())
    try check(embedder, source: weights.source)
    let fingerprint = try fingerprint(of: embedder)
    guard configuration.fingerprint == fingerprint else {
      throw InputError(
        .mismatch, path,
        expected: "files with the fingerprint \(configuration.fingerprint ?? "none"), which \(file) records",
        found: fingerprint, remedy: "a file was changed or belongs to another model; copy the model anew")
    }
    return embedder
  }

  /// What every look-up relies on.
  private static func check(_ embedder: LSAEmbedder, source: String) throws {
    func require(_ condition: Bool, _ tensor: String, _ expected: String, _ found: String) throws {
      guard condition else {
        throw InputError(.malformed, source, at: "tensor \(tensor)", expected: expected, found: found)
      }
    }
    let buckets = embedder.buckets
    let count = buckets.count
    try require(count > 0, "buckets", "at least one bucket", "none")
    try require(
      zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 } && buckets[0] >= 0
        && Int(buckets[count - 1]) < 1 << embedder.options.hashBits, "buckets",
      "ascending numbers below 2^\(embedder.options.hashBits)", "others")
    try require(
      embedder.inverseFrequencies.count == count, "inverse_frequencies", "\(count) values, one a bucket",
      "\(embedder.inverseFrequencies.count)")
    try require(
      embedder.projection.rows == count && embedder.projection.columns == embedder.options.dimension, "projection",
      "\(count) × \(embedder.options.dimension)", "\(embedder.projection.rows) × \(embedder.projection.columns)")
  }
}

extension DirectoryKind {
  fileprivate struct Header: Decodable {
    var format: String
    var type: String
  }

  /// The directory of an LSA embedder.
  public static let lsa = DirectoryKind(
    "an LSA embedder that semid wrote",
    files: [
      LSAFiles.configurationName: { path in
        let header = try JSONFile.decode(Header.self, path: path)
        return header.format == LSAFiles.format && header.type == LSAFiles.type
      },
      LSAFiles.weightsName: { path in
        let metadata = try SafetensorsFile(path: path).metadata
        return metadata["format"] == LSAFiles.format && metadata["type"] == LSAFiles.type
      },
    ])
}

extension LSAEmbedder {
  /// Opens an embedder that `write(to:)` wrote; the projection stays mapped.
  ///
  /// - Throws: `InputError` naming the file and what is wrong with it.
  public init(opening path: String) throws { self = try LSAFiles.read(path) }

  /// Whether a directory says that it is an embedder's; it may be damaged.
  package static func isModel(_ path: String) throws -> Bool {
    try AtomicDirectory.recover(path)
    guard let header = try? JSONFile.decode(DirectoryKind.Header.self, path: path + "/" + LSAFiles.configurationName)
    else {
      return false
    }
    return header.format == LSAFiles.format && header.type == LSAFiles.type
  }

  /// Writes the embedder's directory, whole or not at all.
  public func write(to path: String) throws { try LSAFiles.write(self, to: path) }
}
