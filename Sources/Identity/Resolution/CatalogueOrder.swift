import Tokenizers
import Vectors

/// The rows of a catalogue sorted by ID, and rows with one ID by item id: an order that does not depend on the order of
/// the input.
///
/// Collisions are resolved in this order, so a catalogue gets the same IDs however it is sorted.
struct CatalogueOrder: Sendable {
  let codes: Codes
  let rows: [Int]

  /// O(N log N).
  ///
  /// - Parameters:
  ///   - ids: nil names items by their rows.
  ///   - ties: how rows with one ID are ordered.
  init(_ codes: Codes, ids: StringColumn?, ties: CollisionOptions.Order = .itemID) {
    self.codes = codes
    let packing = IDPacking(codes.levelSizes)
    let levels = codes.levels
    let ids = ties == .itemID ? ids : nil
    rows = codes.values.withUnsafeBufferPointer { values in
      var entries = (0..<codes.count).map { row in
        (key: packing.key(UnsafeBufferPointer(rebasing: values[row * levels..<(row + 1) * levels])), row: row)
      }
      entries.sort { a, b in
        if a.key != b.key { return a.key < b.key }
        for level in packing.levels..<levels {
          let x = values[a.row * levels + level]
          let y = values[b.row * levels + level]
          if x != y { return x < y }
        }
        if let ids, let order = ids.order(a.row, b.row) { return order }
        return a.row < b.row
      }
      return entries.map(\.row)
    }
  }

  /// The runs of positions in `range` whose rows agree in their first `levels` codes.
  func runs(levels: Int, in range: Range<Int>? = nil) -> [Range<Int>] {
    let range = range ?? 0..<rows.count
    guard let first = range.first else { return [] }
    var runs: [Range<Int>] = []
    var start = first
    codes.values.withUnsafeBufferPointer { values in
      for position in range.dropFirst() {
        let a = rows[position - 1] * codes.levels
        let b = rows[position] * codes.levels
        for level in 0..<levels where values[a + level] != values[b + level] {
          runs.append(start..<position)
          start = position
          break
        }
      }
    }
    runs.append(start..<range.upperBound)
    return runs
  }

  /// The runs of rows with one ID.
  func buckets() -> [Range<Int>] { runs(levels: codes.levels) }
}

/// The first levels of an ID as one integer, which sorts as the codes do.
struct IDPacking {
  /// How many levels fit into the integer; the others are compared one by one.
  let levels: Int
  private let bits: [Int]

  init(_ levelSizes: [Int]) {
    var bits: [Int] = []
    var total = 0
    for size in levelSizes {
      let width = Int.bitWidth - (size - 1).leadingZeroBitCount
      guard total + width <= 64 else { break }
      total += width
      bits.append(width)
    }
    self.bits = bits
    levels = bits.count
  }

  func key(_ codes: UnsafeBufferPointer<UInt16>) -> UInt64 {
    var key: UInt64 = 0
    for level in 0..<levels { key = key << UInt64(bits[level]) | UInt64(codes[level]) }
    return key
  }
}

extension StringColumn {
  /// Whether string `a` comes before string `b`, byte by byte; nil when they are equal.
  func order(_ a: Int, _ b: Int) -> Bool? {
    withUTF8(at: a) { a in
      withUTF8(at: b) { b in
        for (x, y) in zip(a, b) where x != y { return x < y }
        return a.count == b.count ? nil : a.count < b.count
      }
    }
  }
}
