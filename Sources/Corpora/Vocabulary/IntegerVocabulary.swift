import Vectors

/// Integer tokens for models without text, TIGER's form: code plus the sizes of the levels before, then two more.
package struct IntegerVocabulary: Hashable, Sendable, Codable {
  /// The id of the first level's code 0.
  package let firstID: Int
  /// The id of each level's code 0.
  package let levelOffsets: [Int]
  /// Behind the last code: fills short rows.
  package let padID: Int
  /// Ends a document.
  package let endID: Int
  /// Rows of an embedding table for all ids.
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

  /// Megatron's own rule: two bytes where the vocabulary is under 65,500, else four.
  var isNarrow: Bool { size < 65_500 }

  func id(level: Int, code: UInt16) -> Int32 { Int32(levelOffsets[level] + Int(code)) }
}
