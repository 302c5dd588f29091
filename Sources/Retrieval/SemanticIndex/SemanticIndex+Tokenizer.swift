public import Tokenizers
import Vectors

extension SemanticIndex {
  /// The model that made the codes: what turns a new vector into an ID of this index.
  ///
  /// - Throws: `InputError` when the index was built without it, or its files are damaged.
  public func tokenizer() throws -> any Tokenizer {
    try searcher.tokenizer()
  }
}
