import Foundation
package import Formats
package import Vectors

/// The mapped files of a model's directory, in this project's form. A holder keeps them as they are, also when the
/// directory is replaced or removed.
package struct ModelFolder: Sendable {
  package static let configuration = ModelFileName.configuration

  /// For errors.
  package let path: String
  /// By name: the configuration, the weights and, where there is one, the history of training.
  package let files: [String: MappedFile]

  /// Opens the directory at `path`, whose files may be links.
  init(path: String) throws {
    self.path = path
    files = [
      ModelFileName.configuration: try MappedFile(path: path + "/" + ModelFileName.configuration),
      ModelFileName.weights: try MappedFile(path: path + "/" + ModelFileName.weights),
    ]
  }

  /// Opens a directory that holds no links.
  ///
  /// - Throws: `InputError` when a file is missing, or is a link.
  package init(_ folder: FolderHandle) throws {
    path = folder.path
    var files: [String: MappedFile] = [:]
    for name in [ModelFileName.configuration, ModelFileName.weights] { files[name] = try folder.map(name) }
    if folder.kind(of: ModelFileName.history) != nil {
      files[ModelFileName.history] = try folder.map(ModelFileName.history)
    }
    self.files = files
  }

  /// The files that every model has.
  package static let requiredFiles: Set<String> = [ModelFileName.configuration, ModelFileName.weights]

  /// Whether a model's directory may hold a file of this name.
  package static func isFile(_ name: String) -> Bool { requiredFiles.contains(name) || name == ModelFileName.history }

  /// The fingerprint that a model's configuration states; nil where the configuration is not in this project's form.
  package static func fingerprint(recordedIn configuration: MappedFile) -> String? {
    struct Record: Decodable {
      var format: String
      var fingerprint: String?
    }
    guard let record = try? JSONFile.decode(Record.self, file: configuration), record.format == "swift-semantic-id"
    else { return nil }
    return record.fingerprint
  }

  /// - Throws: `InputError` when the configuration is not one of this project's models.
  static func kind(in configuration: MappedFile) throws -> TokenizerKind {
    struct Header: Decodable {
      var type: String
    }
    let type = try JSONFile.decode(Header.self, file: configuration).type
    guard let kind = TokenizerKind(rawValue: type) else {
      throw InputError(
        .unsupported, configuration.path,
        expected: "a type among " + TokenizerKind.allCases.map(\.rawValue).joined(separator: ", "), found: type)
    }
    return kind
  }

  func file(_ name: String) throws -> MappedFile {
    guard let file = files[name] else {
      throw InputError(.missing, path + "/" + name, expected: "a readable file", found: "none")
    }
    return file
  }
}
