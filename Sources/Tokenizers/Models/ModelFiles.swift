import Foundation
import Formats
import Vectors

/// The directory of a model: `config.json` and `model.safetensors`.
///
/// The fingerprint is the SHA-256 of the configuration without its fingerprint (keys sorted, no spaces), followed by
/// each tensor's name, shape (two little-endian 64-bit integers) and values. `config.json` records it, so that files
/// that do not belong together are found.
///
/// Options that a configuration does not name have the values of `ModelOptions.ofOldModels`. So models open as long as
/// options are only added. An option that this version does not know is an error, since it may say how the model
/// encodes.
struct ModelFiles<Options: ModelOptions> {
  struct Configuration: Codable {
    var format = ModelFileName.format
    var version = 1
    var type: TokenizerKind
    var dimension: Int
    var options: Options
    var fingerprint: String?
  }

  typealias Tensors = [(name: String, values: Matrix)]

  let kind: TokenizerKind

  /// The configuration of a new model.
  func record(dimension: Int, options: Options) throws -> ModelRecord {
    try ModelRecord(Configuration(type: kind, dimension: dimension, options: options))
  }

  func fingerprint(_ record: ModelRecord, tensors: Tensors) throws -> String {
    var digest = SHA256()
    digest.update(try record.bytes())
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
    to path: String, _ record: ModelRecord, fingerprint: String, tensors: Tensors, more: [String: String] = [:]
  ) throws {
    let configuration = try record.text(fingerprint: fingerprint)
    var weights = SafetensorsWriter(metadata: metadata)
    if let history = more[ModelFileName.history] {
      var digest = SHA256()
      digest.update(Array(history.utf8))
      weights.metadata[ModelFileName.historyDigest] = digest.hexDigest()
    }
    for (name, values) in tensors { weights.add(name, values) }
    try AtomicDirectory.write(to: path, replacing: .tokenizer) { directory in
      try directory.write(ModelFileName.weights) { try weights.write(into: $0) }
      for (name, text) in more.sorted(by: { $0.key < $1.key }) { try directory.write(text, to: name) }
      try directory.write(configuration, to: ModelFileName.configuration)
    }
  }

  /// Reads the configuration and opens the tensors; the caller takes those it expects, and then calls `check`.
  func read(
    _ folder: ModelFolder
  ) throws -> (configuration: Configuration, record: ModelRecord, tensors: SafetensorsFile) {
    let file = try folder.file(ModelFileName.configuration)
    let fields = try JSONFile.decode(JSONValue.self, file: file)
    let configuration = try configuration(fields, file.path)
    let weights = try SafetensorsFile(folder.file(ModelFileName.weights))
    // The history's digest is no part of the fingerprint. Weights that another program wrote again may have none.
    var found = weights.metadata
    found[ModelFileName.historyDigest] = nil
    guard found.isEmpty || found == metadata else {
      throw InputError(
        .mismatch, weights.source, at: "metadata", expected: "\(metadata)", found: "\(found)",
        remedy: "a file was changed or belongs to another model; copy the model anew")
    }
    return (configuration, ModelRecord(fields), weights)
  }

  /// The metadata of the weights.
  private var metadata: [String: String] { ["format": ModelFileName.format, "type": kind.rawValue] }

  private func configuration(_ fields: JSONValue, _ file: String) throws -> Configuration {
    func value(_ encodable: some Encodable) throws -> JSONValue {
      try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(encodable))
    }
    let header = try decode(Header.self, fields, file)
    guard header.format == ModelFileName.format, header.version == 1, header.type == kind.rawValue else {
      throw InputError(
        .unsupported, file, expected: "a swift-semantic-id model, version 1, type \(kind.rawValue)",
        found: "\(header.format), version \(header.version), type \(header.type)")
    }
    let defaults = JSONValue.object(["options": try value(Options.ofOldModels)])
    let configuration = try decode(Configuration.self, defaults.overlaid(by: fields), file)
    if let unknown = fields.memberMissing(in: try value(configuration)) {
      throw InputError(
        .unsupported, file, at: "key \(unknown.joined(separator: "."))", expected: "options that this version knows",
        found: "another", remedy: "a later version may have written the model")
    }
    return configuration
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ fields: JSONValue, _ file: String) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: JSONEncoder().encode(fields))
    } catch let error as DecodingError {
      throw InputError(error, source: file)
    }
  }

  private struct Header: Decodable {
    var format: String
    var version: Int
    var type: String
  }

  /// A tensor of the given shape, with two axes, or with one as a matrix of one row.
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
