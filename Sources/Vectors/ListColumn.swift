/// A column of lists of text: the elements of all rows end to end, and the places where each row's begin.
package struct ListColumn: Sendable {
  package let elements: StringColumn
  /// count + 1 ascending numbers: the elements of row `r` are `starts[r] ..< starts[r + 1]`.
  package let starts: Buffer<Int>

  package var count: Int { starts.count - 1 }

  /// - Precondition: `starts` ascends from 0 to the number of elements.
  package init(elements: StringColumn, starts: [Int]) {
    precondition(starts.first == 0 && starts.last == elements.count, "a place for each element")
    self.elements = elements
    self.starts = Buffer(starts)
  }

  /// The elements of row `row`, by number.
  package func range(of row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  package subscript(row: Int) -> [String] { range(of: row).map { elements[$0] } }
}
