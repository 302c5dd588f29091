import Tokenizers
import Vectors

/// Items that no cost tells apart: those with one vector and one ID.
///
/// A result for an item holds for all of its kind, and is computed once.
struct ItemKinds {
  /// For each row the first row of its kind.
  private let first: [Int]

  /// O(N·L).
  init(_ duplicates: DuplicateVectors, _ codes: Codes) {
    let levels = codes.levels
    first = codes.values.withUnsafeBufferPointer { values in
      duplicates.first.enumerated().map { row, other in
        // Codes may come from another encoder: equal vectors need not have equal codes.
        (0..<levels).allSatisfy { values[row * levels + $0] == values[other * levels + $0] } ? other : row
      }
    }
  }

  /// The kinds among some rows, numbered in the order in which they come.
  struct Numbering {
    /// The kind of each of the rows.
    var kinds: [Int] = []
    /// A row of each kind.
    var rows: [Int] = []
  }

  func numbered(_ rows: [Int]) -> Numbering {
    var numbers: [Int: Int] = [:]
    var numbering = Numbering()
    numbering.kinds.reserveCapacity(rows.count)
    for row in rows {
      let kind = numbers[first[row]] ?? numbering.rows.count
      if kind == numbering.rows.count {
        numbers[first[row]] = kind
        numbering.rows.append(row)
      }
      numbering.kinds.append(kind)
    }
    return numbering
  }
}
