import Foundation
import Formats
import Vectors

/// Opens models of every kind.
public enum TokenizerModel {
  private struct Header: Decodable {
    var type: String
  }

  /// Opens a model: a directory of ours (`config.json`, `model.safetensors`), one of the Python package semantic-id's
  /// (`metadata.json` beside its weights), or a `codebooks.npz` alone or alone in a directory, with `codebook_0` … or one
  /// array [L,K,d] or [K,d].
  ///
  /// - Throws: `InputError` naming the file and what is wrong with it.
  public static func open(_ path: String) throws -> any Tokenizer {
    try AtomicDirectory.recover(path)
    let files = FileManager.default
    let configuration = path + "/" + ModelFileName.configuration
    let metadata = path + "/" + SemanticIDFiles.metadataName
    if files.fileExists(atPath: configuration) {
      // What is no model of ours is called that before its weights are asked for.
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
