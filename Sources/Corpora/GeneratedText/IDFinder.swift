package import Retrieval

/// An ID in a text, looked up in an index.
package struct FoundID: Sendable {
  /// Its bytes in the text, with the tokens around it.
  package var bytes: Range<Int>
  /// The character at which it begins, from 1.
  package var column: Int
  /// Its text.
  package var text: String
  /// What it is, before any repair.
  package var outcome: IDOutcome
  /// The positions of its items in the index's trie; after a repair those of the nearest ID; empty where no item was
  /// found.
  package var positions: Range<Int>
  /// Whether the nearest ID was taken in its place.
  package var isRepaired: Bool
}

/// Finds the IDs in generated text and looks them up in an index.
package struct IDFinder: Sendable {
  package var reader: IDTextReader
  package var index: SemanticIndex
  /// How to find the nearest ID for one that no item has; nil: not at all.
  package var repair: IDRepair?

  package init(_ reader: IDTextReader, _ index: SemanticIndex, repair: IDRepair? = nil) {
    self.reader = reader
    self.index = index
    self.repair = repair
  }

  /// All IDs of a text, in order. O(bytes), and one look-up per ID.
  package func find(in text: String) throws -> [FoundID] {
    var columns = CharacterColumns(text)
    var text = text
    return try text.withUTF8 { text in
      try reader.mentions(in: text).map { mention in
        let outcome = index.outcome(of: mention)
        var found = FoundID(
          bytes: mention.bytes, column: columns.column(ofByte: mention.bytes.lowerBound),
          text: String(decoding: text[mention.bytes], as: UTF8.self), outcome: outcome, positions: 0..<0,
          isRepaired: false)
        if case .valid(let positions) = outcome { found.positions = positions }
        if found.positions.isEmpty, let repair, let nearest = try index.nearest(to: mention, by: repair) {
          found.positions = nearest.items
          found.isRepaired = true
        }
        return found
      }
    }
  }

  /// The text with each ID replaced.
  ///
  /// - Parameter places: the bytes of the IDs, ascending and disjoint, and what is written there.
  package static func replacing(_ places: [(bytes: Range<Int>, name: String)], in text: String) -> String {
    var text = text
    return text.withUTF8 { text in
      var result = ""
      var end = 0
      for place in places {
        result += String(decoding: text[end..<place.bytes.lowerBound], as: UTF8.self) + place.name
        end = place.bytes.upperBound
      }
      return result + String(decoding: text[end...], as: UTF8.self)
    }
  }
}
