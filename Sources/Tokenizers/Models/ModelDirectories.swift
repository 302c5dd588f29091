import Foundation
public import Formats
import Vectors

extension DirectoryKind {
  private struct Configuration: Decodable {
    var format: String
    var type: String
  }

  /// The directory of a tokenizer of any kind, as `Tokenizer.write(to:)` leaves it.
  public static let tokenizer = DirectoryKind(
    "a model that semid wrote",
    files: [
      ModelFileName.configuration: { path in
        let header = try JSONFile.decode(Configuration.self, path: path)
        return header.format == ModelFileName.format && TokenizerKind(rawValue: header.type) != nil
      },
      ModelFileName.weights: { path in
        let metadata = try SafetensorsFile(path: path).metadata
        return metadata["format"] == ModelFileName.format && TokenizerKind(rawValue: metadata["type"] ?? "") != nil
      },
      ModelFileName.history: { path in
        let file = try MappedFile(path: path)
        let line = withExtendedLifetime(file) { Data(file.bytes.prefix { $0 != UInt8(ascii: "\n") }) }
        _ = try JSONDecoder().decode(RQVAEEpoch.self, from: line)
        return true
      },
    ])

  /// A model in the form of the Python package semantic-id, as semid writes it. The package's own, which look alike but
  /// for the spaces in `metadata.json`, are somebody's training and are left alone.
  public static let semanticIDPackage = DirectoryKind(
    "a model that semid wrote in semantic-id's form",
    files: [
      SemanticIDFiles.metadataName: { path in
        let file = try MappedFile(path: path)
        let text = withExtendedLifetime(file) { Array(file.bytes) }
        return [SemanticIDFiles.isOurs, SemanticIDRQVAEFiles.isOurs].contains { (try? $0(text)) == true }
      },
      SemanticIDFiles.codebooksName: { path in
        try NPZFile(path: path).keys.allSatisfy { $0.hasPrefix("codebook_") }
      },
      SemanticIDRQVAEFiles.weightsName: { path in
        _ = try TorchFile(path: path)
        return true
      },
    ], marked: SemanticIDFiles.metadataName)
}
