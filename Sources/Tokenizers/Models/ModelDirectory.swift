import Foundation
package import Formats
import Vectors

extension DirectoryKind {
  private struct Configuration: Decodable {
    var format: String
    var type: String
  }

  /// What every line of a history has.
  private struct Epoch: Decodable {
    var epoch: Int
    var steps: Int
    var reconstruction: Double
  }

  /// The directory of a tokenizer of any kind, as `Tokenizer.write(to:)` leaves it.
  package static let tokenizer = DirectoryKind(
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
        _ = try JSONDecoder().decode(Epoch.self, from: line)
        return true
      },
    ])
}
