import Tokenizers
import Vectors

/// IDs that are taken already, such as a registry's. No ID gets more items than the capacity.
struct OccupiedIDs: Sendable {
  let levels: Int
  /// The codes of one ID after the other, in ID order. An ID that several items hold comes as many times.
  let values: [UInt16]
  /// Number of IDs in all; more than `values` has where only some prefixes were read.
  let total: Int

  var count: Int { levels == 0 ? 0 : values.count / levels }
  var isComplete: Bool { total == count }

  static let none = OccupiedIDs(levels: 0, values: [], total: 0)

  /// The IDs that begin with `prefix`; O(log n).
  func range(of prefix: some RandomAccessCollection<UInt16>) -> Range<Int> {
    let lower = partitioningIndex { compare($0, prefix) >= 0 }
    return lower..<partitioningIndex { compare($0, prefix) > 0 }
  }

  /// The code of ID `index` at `level`.
  func code(_ index: Int, _ level: Int) -> Int { Int(values[index * levels + level]) }

  private func compare(_ index: Int, _ prefix: some RandomAccessCollection<UInt16>) -> Int {
    for (level, code) in prefix.enumerated() {
      let own = values[index * levels + level]
      if own != code { return own < code ? -1 : 1 }
    }
    return 0
  }

  private func partitioningIndex(_ belongsAfter: (Int) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if belongsAfter(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
