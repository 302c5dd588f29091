import Foundation
import Formats
import Vectors

/// What `TokenizerModel.verify` found.
public struct ModelVerification: Sendable {
  /// The model, opened.
  public let model: any Tokenizer
  /// Whether the model records digests. Files of other programs' forms do not: they were read, and hold what their form
  /// demands, which is all that can be said of them.
  public let hasDigests: Bool
  /// Whether the record of the training is there and is the one that was written; nil: the model has none.
  package let hasHistory: Bool?
}

extension TokenizerModel {
  /// Checks every byte of a model.
  ///
  /// Opening already holds what a model encodes with against its fingerprint: all that `config.json` says, and the names,
  /// shapes and values of all tensors. Beyond that, `config.json` must be spelt as it was written, and `history.jsonl`,
  /// which nothing depends on, must have the digest that the weights record.
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
      // Models of before there was a digest: what stands there cannot be told from what was written.
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
