import Foundation
import Formats
import Vectors

/// The directory of a model: `config.json` and `model.safetensors`.
///
/// The fingerprint is the SHA-256 of the configuration without its fingerprint (keys sorted, no spaces), followed by
/// each tensor's name, shape (two little-endian 64-bit integers) and values; `config.json` records it, so that files
/// that do not belong together are found out.
struct ModelFiles<Options: Codable> {
  struct Configuration: Codable {
    var format = "swift-semantic-id"
    var version = 1
    var type: TokenizerKind
    var dimension: Int
    var options: Options
    var fingerprint: String?
  }

  typealias Tensors = [(name: String, values: Matrix)]

  let kind: TokenizerKind

  func fingerprint(dimension: Int, options: Options, tensors: Tensors) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var digest = SHA256()
    digest.update(
      [UInt8](try encoder.encode(Configuration(type: kind, dimension: dimension, options: options))))
    for (name, values) in tensors {
      digest.update(Array(name.utf8))
      for size in [values.rows, values.columns] {
        withUnsafeBytes(of: UInt64(size).littleEndian) { digest.update($0) }
      }
      values.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    }
    return digest.hexDigest()
  }

  /// - Parameter more: other text files of the directory, by name.
  func write(
    to path: String, dimension: Int, options: Options, fingerprint: String, tensors: Tensors,
    more: [String: String] = [:]
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let configuration = Configuration(
      type: kind, dimension: dimension, options: options, fingerprint: fingerprint)
    let json = String(decoding: try encoder.encode(configuration), as: UTF8.self)
    var weights = SafetensorsWriter(metadata: ["format": "swift-semantic-id", "type": kind.rawValue])
    for (name, values) in tensors { weights.add(name, values) }
    try AtomicDirectory.write(to: path, owning: ModelFileName.isOurs) { directory in
      try directory.write(ModelFileName.weights) { try weights.write(into: $0) }
      for (name, text) in more.sorted(by: { $0.key < $1.key }) { try directory.write(text, to: name) }
      try directory.write(json + "\n", to: ModelFileName.configuration)
    }
  }

  /// Reads the configuration and opens the tensors; the caller takes those it expects, and then calls `check`.
  func read(_ path: String) throws -> (configuration: Configuration, tensors: SafetensorsFile) {
    let file = path + "/" + ModelFileName.configuration
    let configuration = try JSONFile.decode(Configuration.self, path: file)
    guard configuration.format == "swift-semantic-id", configuration.version == 1, configuration.type == kind else {
      throw InputError(
        .unsupported, file, expected: "a swift-semantic-id model, version 1, type \(kind.rawValue)",
        found: "\(configuration.format), version \(configuration.version), type \(configuration.type.rawValue)")
    }
    return (configuration, try SafetensorsFile(path: path + "/" + ModelFileName.weights))
  }

  /// A tensor of two axes, or of one as a matrix of one row, of the shape that the configuration asks for.
  func matrix(_ name: String, rows: Int, columns: Int, in tensors: SafetensorsFile) throws -> Matrix {
    let matrix = try tensors.tensor(name).matrix()
    guard matrix.rows == rows, matrix.columns == columns else {
      throw InputError(
        .mismatch, tensors.source, at: "tensor \(name)",
        expected: "\(rows) × \(columns), as \(ModelFileName.configuration) says",
        found: "\(matrix.rows) × \(matrix.columns)")
    }
    return matrix
  }

  /// - Throws: `InputError` unless the fingerprint of what was read is the recorded one.
  func check(_ path: String, _ configuration: Configuration, isOf fingerprint: String) throws {
    guard configuration.fingerprint == fingerprint else {
      throw InputError(
        .mismatch, path,
        expected: "files with the fingerprint \(configuration.fingerprint ?? "none"), which "
          + "\(path)/\(ModelFileName.configuration) records",
        found: fingerprint, remedy: "a file was changed or belongs to another model; copy the model anew")
    }
  }
}

/// The names of the files in a model's directory.
enum ModelFileName {
  static let configuration = "config.json"
  static let weights = "model.safetensors"
  /// What training measured epoch by epoch, an object a line; neural models only.
  static let history = "history.jsonl"

  @Sendable static func isOurs(_ name: String) -> Bool { [configuration, weights, history].contains(name) }
}
