import Tokenizers
package import Vectors

/// One of the parts that an index is split into, each for a server of its own. The part of an item follows from its id
/// alone, so that everybody who knows the number of parts can tell it.
package struct ItemPart: Hashable, Sendable {
  /// From 0.
  package let number: Int
  package let parts: Int

  /// - Parameter text: `NUMBER/PARTS`, the number from 1.
  /// - Throws: `InputError` for any other text.
  package init(_ text: String) throws {
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 2, words.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let number = Int(words[0]), let parts = Int(words[1]), number >= 1, number <= parts
    else {
      throw InputError(.usage, "part", expected: "a number of a number of parts, such as 2/4", found: text)
    }
    self.number = number - 1
    self.parts = parts
  }

  /// The number of an item's part, from 0: the first eight bytes of SHA-256 of its id, as a big-endian number, modulo
  /// the number of parts.
  package static func number(ofID id: UnsafeBufferPointer<UInt8>, parts: Int) -> Int {
    var digest = SHA256()
    digest.update(UnsafeRawBufferPointer(id))
    let word = digest.digest().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(word % UInt64(parts))
  }

  /// The indices, ascending, of the ids of this part.
  package func indices(of ids: StringColumn) -> [Int] {
    ids.indices.filter { ids.withUTF8(at: $0) { Self.number(ofID: $0, parts: parts) } == number }
  }
}

extension IndexContents {
  /// The items of one part alone. Level sizes stay those of all items. Items without ids keep their row numbers as ids.
  ///
  /// - Throws: `InputError` where the part has no item.
  package func items(of part: ItemPart) throws -> IndexContents {
    let ids = ids ?? StringColumn((0..<codes.count).map { String($0) })
    let kept = part.indices(of: ids)
    guard !kept.isEmpty else {
      throw InputError(
        .usage, "part \(part.number + 1)/\(part.parts)", expected: "items whose ids are of it",
        found: "none among \(codes.count)", remedy: "use fewer parts")
    }
    var contents = self
    contents.codes = codes.gathered(kept)
    contents.vectors = vectors?.gathered(kept)
    contents.ids = ids.gathered(kept)
    return contents
  }
}
