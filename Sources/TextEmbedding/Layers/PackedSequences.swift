/// The token ids of some texts, one after another.
package struct PackedSequences: Sendable {
  package let ids: [Int32]
  /// Where each sequence begins, and the end of the last.
  package let starts: [Int]

  package init(_ sequences: some Sequence<[Int32]>) {
    var ids: [Int32] = [], starts = [0]
    for sequence in sequences {
      ids += sequence
      starts.append(ids.count)
    }
    self.ids = ids
    self.starts = starts
  }

  package var count: Int { starts.count - 1 }

  package func tokens(_ sequence: Int) -> Range<Int> { starts[sequence]..<starts[sequence + 1] }

  /// Tokens of the longest sequence.
  package var longest: Int { zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0 }
}
