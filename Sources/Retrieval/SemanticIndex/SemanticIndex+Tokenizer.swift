public import Tokenizers
import Vectors

extension SemanticIndex {
  /// The model that made the codes. It gives a new vector an ID of this index.
  ///
  /// - Throws: `InputError` when the index was built without it, or its files are damaged.
  public func tokenizer() throws -> any Tokenizer {
    try searcher.tokenizer()
  }
}
