/// Counts the characters before places of a text, in ascending order of the places. So the text is walked once for all
/// of them: O(bytes) in all, where counting from the start each time is quadratic.
package struct CharacterColumns {
  private let text: String
  private var index: String.Index
  private var column = 1
  /// Characters that were passed so far, for tests.
  private(set) var steps = 0

  package init(_ text: String) {
    self.text = text
    index = text.startIndex
  }

  /// The column of the byte at `offset`, from 1, in characters (grapheme clusters): one more than the characters that
  /// begin before it.
  ///
  /// - Precondition: `offset` is not before the offset of an earlier call, nor behind the end of the text.
  package mutating func column(ofByte offset: Int) -> Int {
    let place = text.utf8.index(text.startIndex, offsetBy: offset)
    while index < place {
      index = text.index(after: index)
      column += 1
      steps += 1
    }
    return column
  }
}
