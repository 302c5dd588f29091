import Tokenizers
import Vectors

/// How the IDs of items differ between two snapshots: two generations of a registry, or two registries.
public struct RegistryDiff: Sendable {
  /// Number of items in both, with the same ID.
  public let kept: Int
  /// Items in both, with another ID: their rows in the two snapshots.
  public let moved: [(from: Int, to: Int)]
  /// Rows of the second snapshot whose items are not in the first.
  public let new: [Int]
  /// Rows of the first snapshot whose items are not in the second.
  public let gone: [Int]
  /// For each level, the number of items in both whose codes agree up to that level.
  public let keptAtLevel: [Int]
  /// For each level, the number of items in both whose codes first differ there. IDs of different lengths differ at the
  /// first level that only one has.
  public let movedAtLevel: [Int]

  /// O(items).
  public init(from a: RegistrySnapshot, to b: RegistrySnapshot) {
    let levels = max(a.codes.levels, b.codes.levels)
    var kept = 0
    var moved: [(from: Int, to: Int)] = []
    var new: [Int] = []
    var gone: [Int] = []
    var keptAtLevel = [Int](repeating: 0, count: levels)
    var movedAtLevel = keptAtLevel
    var x = 0
    var y = 0
    while x < a.ids.count || y < b.ids.count {
      let order = x == a.ids.count ? 1 : y == b.ids.count ? -1 : Self.compare(a.ids, x, b.ids, y)
      if order < 0 {
        gone.append(x)
        x += 1
        continue
      }
      if order > 0 {
        new.append(y)
        y += 1
        continue
      }
      let first = a.codes[x]
      let second = b.codes[y]
      let common = zip(first, second).prefix { $0 == $1 }.count
      for level in 0..<common { keptAtLevel[level] += 1 }
      if common < max(first.count, second.count) {
        movedAtLevel[common] += 1
        moved.append((x, y))
      } else {
        kept += 1
      }
      x += 1
      y += 1
    }
    self.kept = kept
    self.moved = moved
    self.new = new
    self.gone = gone
    self.keptAtLevel = keptAtLevel
    self.movedAtLevel = movedAtLevel
  }

  private static func compare(_ a: StringColumn, _ x: Int, _ b: StringColumn, _ y: Int) -> Int {
    a.withUTF8(at: x) { a in
      b.withUTF8(at: y) { b in
        for (p, q) in zip(a, b) where p != q { return p < q ? -1 : 1 }
        return a.count == b.count ? 0 : a.count < b.count ? -1 : 1
      }
    }
  }
}
