import Catalogues
import Evaluation
import Retrieval
import Synchronization
import Tokenizers
import Vectors

/// One state of an index, with what was made of it for requests. Requests hold the state that they began with.
final class ServedState: Sendable {
  let index: SemanticIndex
  let generation: String
  let filters: FilterCache
  private let model = Mutex<Result<any Tokenizer, InputError>?>(nil)
  private let map = Mutex<[UInt8]?>(nil)
  private let words = Mutex<[[[String]]]?>(nil)

  /// Bytes of filters to keep for one state; a filter takes a bit per item.
  private static let filterBytes = 128 << 20

  init(_ index: SemanticIndex) {
    self.index = index
    generation = index.generation
    filters = FilterCache(limit: max(4, min(256, Self.filterBytes / max(index.rowLimit / 8, 1))))
  }

  /// The model that the index keeps, opened once.
  func tokenizer() throws -> any Tokenizer {
    try model.withLock { model in
      if let model { return try model.get() }
      let opened = Result { try index.tokenizer() }.mapError {
        $0 as? InputError ?? InputError(.io, "model", found: "cannot be read")
      }
      model = opened
      return try opened.get()
    }
  }

  /// The words of each prefix, by level and node of `index.trie`; empty without titles. Made once, which takes time that is
  /// linear in the titles' bytes.
  func prefixWords(_ attachments: Attachments) -> [[[String]]] {
    guard attachments.hasTitles(index) else { return [] }
    return words.withLock { words in
      if let words { return words }
      let trie = index.trie
      // By row, as the trie counts items: rows of deleted items have no words.
      let texts = StringColumn(
        (0..<index.rowLimit).map { index.contains(row: $0) ? attachments.title(ofRow: $0, in: index) ?? "" : "" })
      let made = PrefixWords(ItemWords([texts]), trie)
      let found = trie.levels.indices.map { made.words(level: $0, count: 4, pool: ThreadPool(threads: 1)) }
      words = found
      return found
    }
  }

  /// An answer that is made once.
  func map(_ make: () throws -> [UInt8]) rethrows -> [UInt8] {
    try map.withLock { map in
      if let map { return map }
      let made = try make()
      map = made
      return made
    }
  }
}
