import Foundation
import Formats
import Vectors

/// Opens models of every kind.
public enum TokenizerModel {
  private struct Header: Decodable {
    var type: String
  }

  /// Opens a model in one of these forms: a directory of this project (`config.json`, `model.safetensors`); a directory
  /// of the Python package semantic-id (`metadata.json` beside its weights); a `codebooks.npz`, by itself or in a
  /// directory, with `codebook_0` … or one array [L,K,d] or [K,d].
  ///
  /// - Throws: `InputError` naming the file and what is wrong with it.
  public static func open(_ path: String) throws -> any Tokenizer {
    try AtomicDirectory.recover(path)
    let files = FileManager.default
    let configuration = path + "/" + ModelFileName.configuration
    let metadata = path + "/" + SemanticIDFiles.metadataName
    if files.fileExists(atPath: configuration) {
      // A directory that is no model is refused as such before its weights are read.
      _ = try ModelFolder.kind(in: MappedFile(path: configuration))
      return try ModelFolder(path: path).tokenizer()
    }
    if files.fileExists(atPath: metadata) {
      let type = try JSONFile.decode(Header.self, path: metadata).type
      switch type {
      case "RQKMeans": return try SemanticIDFiles.read(path)
      case "RQVAE": return try SemanticIDRQVAEFiles.read(path)
      default:
        throw InputError(.unsupported, metadata, expected: "type RQKMeans or RQVAE", found: type)
      }
    }
    if path.hasSuffix(".npz") { return try RQKMeans(codebooks: SemanticIDFiles.codebooks(in: path)) }
    let codebooks = path + "/" + SemanticIDFiles.codebooksName
    if files.fileExists(atPath: codebooks) {
      return try RQKMeans(codebooks: SemanticIDFiles.codebooks(in: codebooks))
    }
    throw InputError(
      .missing, path,
      expected: "a model: a directory with config.json, metadata.json or codebooks.npz, or a codebooks.npz itself",
      found: files.fileExists(atPath: path) ? "none of them" : "nothing there")
  }
}
