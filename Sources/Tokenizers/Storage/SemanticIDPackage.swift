import Foundation
package import Formats
import Vectors

extension DirectoryKind {
  /// A model in the form of the Python package semantic-id, as semid writes it. The package's own files differ in the
  /// spaces of `metadata.json` only. They are somebody's training, and are left alone.
  package static let semanticIDPackage = DirectoryKind(
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

extension RQKMeans {
  /// Writes the form of semantic-id: `metadata.json` and `codebooks.npz`.
  ///
  /// - Throws: `InputError` for a model that semantic-id cannot hold: with cosine, residuals scaled to unit length,
  ///   prices, or a beam.
  public func writeSemanticID(to path: String) throws {
    try SemanticIDFiles.write(self, to: path, replacing: .semanticIDPackage)
  }
}

extension RQVAE {
  /// Writes the form of semantic-id: `metadata.json` and `model.pt`. The scaling of vectors is worked into the layers,
  /// so codes there may differ where rounding decides.
  ///
  /// - Throws: `InputError` for a model that semantic-id cannot hold.
  public func writeSemanticID(to path: String) throws {
    try SemanticIDRQVAEFiles.write(self, to: path, replacing: .semanticIDPackage)
  }
}
