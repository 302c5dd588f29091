import Vectors

/// Integer tokens for models without text, as in TIGER: code plus the sizes of the levels before, then two more tokens.
package struct IntegerVocabulary: Hashable, Sendable, Codable {
  /// The id of the first level's code 0.
  package let firstID: Int
  /// The id of each level's code 0.
  package let levelOffsets: [Int]
  /// The id that fills short rows: the one after the last code.
  package let padID: Int
  /// The id that ends a document.
  package let endID: Int
  /// Number of rows of an embedding table for all ids.
  package let size: Int

  /// - Throws: `InputError` when ids would pass 2³¹ − 1.
  package init(levelSizes: [Int], firstID: Int = 0) throws {
    let codes = levelSizes.reduce(0, +)
    guard firstID >= 0, firstID <= Int(Int32.max) - codes - 2 else {
      throw InputError(.usage, "first id", expected: "0 to \(Int(Int32.max) - codes - 2)", found: "\(firstID)")
    }
    self.firstID = firstID
    levelOffsets = levelSizes.indices.map { firstID + levelSizes[..<$0].reduce(0, +) }
    padID = firstID + codes
    endID = padID + 1
    size = endID + 1
  }

  /// Whether ids take two bytes: Megatron's own rule, below 65,500; otherwise four.
  var isNarrow: Bool { size < 65_500 }

  func id(level: Int, code: UInt16) -> Int32 { Int32(levelOffsets[level] + Int(code)) }
}
