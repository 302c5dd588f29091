import Synchronization
public import Tokenizers
import Vectors

/// The model that an index keeps, opened when it is first asked for.
final class IndexTokenizer: Sendable {
  private let path: String
  private let fingerprint: String
  private let opened = Mutex<(any Tokenizer)?>(nil)

  init(path: String, fingerprint: String) {
    self.path = path
    self.fingerprint = fingerprint
  }

  func open() throws -> any Tokenizer {
    try opened.withLock { opened in
      if let opened { return opened }
      let tokenizer = try TokenizerModel.open(path)
      guard tokenizer.fingerprint == fingerprint else {
        throw InputError(
          .mismatch, path, expected: "the model \(fingerprint.prefix(12))",
          found: "\(tokenizer.fingerprint.prefix(12))",
          remedy: "build the index again")
      }
      opened = tokenizer
      return tokenizer
    }
  }
}

extension SemanticIndex {
  /// The model that made the codes: what turns a new vector into an ID of this index.
  ///
  /// - Throws: `InputError` when the index was built without it, or its files are damaged.
  public func tokenizer() throws -> any Tokenizer {
    guard let model else {
      throw InputError(
        .unsupported, path, expected: "an index that keeps its model", found: "one without",
        remedy: "build it with the model")
    }
    return try model.open()
  }
}
