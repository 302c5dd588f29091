package import Retrieval
package import Tokenizers
import Vectors

/// The items of a catalogue in ID order, as files for engines are written from them.
package struct EngineCatalogue: Sendable {
  /// IDs as they are stored.
  package let trie: CodeTrie
  package let shape: IDShape
  /// Where it comes from, for errors.
  package let source: String
  /// The id of the item at a position of the trie.
  private let name: @Sendable (_ position: Int) -> String

  /// - Parameter name: the id of the item at a position of the trie.
  package init(
    trie: CodeTrie, shape: IDShape, source: String, name: @escaping @Sendable (_ position: Int) -> String
  ) {
    self.trie = trie
    self.shape = shape
    self.source = source
    self.name = name
  }

  package func id(at position: Int) -> String { name(position) }

  /// Number of items.
  package var count: Int { trie.count }
  /// Number of different IDs.
  package var idCount: Int { trie.levels.last?.count ?? 0 }
  /// Items whose ID another item has, too.
  package var sharedItems: Int {
    guard let last = trie.levels.last else { return 0 }
    return last.starts.withUnsafeBufferPointer { starts in
      (0..<last.count).reduce(0) { $0 + (starts[$1 + 1] - starts[$1] > 1 ? Int(starts[$1 + 1] - starts[$1]) : 0) }
    }
  }

  /// - Throws: `InputError` where IDs have several lengths, or one that a format has no place for.
  package func check(fewestLevels: Int, for format: String) throws {
    guard count > 0 else {
      throw InputError(
        .malformed, source, expected: "items, for \(format)", found: "none",
        remedy: "its readers take a catalogue without items for no constraint")
    }
    guard !shape.mayEndEarly else {
      throw InputError(.unsupported, source, expected: "IDs of one length, for \(format)", found: "two lengths")
    }
    guard shape.levels >= fewestLevels else {
      throw InputError(
        .unsupported, source, expected: "IDs of at least \(fewestLevels) codes, for \(format)",
        found: "\(shape.levels)")
    }
  }
}
