import Foundation
import Formats
import Vectors

/// What `TokenizerModel.verify` found.
public struct ModelVerification: Sendable {
  /// The model, opened.
  public let model: any Tokenizer
  /// Whether the model records digests. Files in the forms of other programs do not. They were read, and hold what
  /// their form demands.
  public let hasDigests: Bool
  /// Whether the history of the training is there and has the recorded digest; nil: the model has none.
  package let hasHistory: Bool?
}

extension TokenizerModel {
  /// Checks every byte of a model.
  ///
  /// Opening a model already checks its fingerprint, which covers all that `config.json` says, and the names, shapes
  /// and values of all tensors. This also checks that `config.json` is spelt as it was written, and that
  /// `history.jsonl`, which nothing depends on, has the digest that the weights record.
  ///
  /// - Throws: `InputError` naming the file that is not as it was written. O(size of the model).
  public static func verify(_ path: String) throws -> ModelVerification {
    let model = try open(path)
    let file = path + "/" + ModelFileName.configuration
    guard FileManager.default.fileExists(atPath: file) else {
      return ModelVerification(model: model, hasDigests: false, hasHistory: nil)
    }
    let text = try ModelRecord(JSONFile.decode(JSONValue.self, path: file)).text(fingerprint: model.fingerprint)
    let found = try MappedFile(path: file)
    guard found.bytes.elementsEqual(text.utf8) else {
      throw InputError(
        .mismatch, file, expected: "the text that was written", found: "another that says the same",
        remedy: "copy the model anew, or write it anew with semid model convert")
    }
    let weights = try SafetensorsFile(path: path + "/" + ModelFileName.weights)
    let history = path + "/" + ModelFileName.history
    let isThere = FileManager.default.fileExists(atPath: history)
    guard let digest = weights.metadata[ModelFileName.historyDigest] else {
      // Models of before there was a digest: a change of the history cannot be found.
      return ModelVerification(model: model, hasDigests: true, hasHistory: isThere ? false : nil)
    }
    guard isThere else {
      throw InputError(.missing, history, expected: "the record of the training", found: "nothing there")
    }
    let now = try SHA256.hexDigest(ofFile: history)
    guard now == digest else {
      throw InputError(.mismatch, history, expected: "SHA-256 \(digest)", found: now, remedy: "copy the model anew")
    }
    return ModelVerification(model: model, hasDigests: true, hasHistory: true)
  }
}
