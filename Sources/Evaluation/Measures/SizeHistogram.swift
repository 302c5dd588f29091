import Vectors

/// The number of groups of each size. All figures about the spread of items over groups follow from it.
package struct SizeHistogram: Hashable, Sendable {
  /// Element s is the number of groups of s items. Its length is the size of the largest group plus one.
  package private(set) var groups: [Int] = []

  package init(_ sizes: some Sequence<Int>) {
    for size in sizes {
      if size >= groups.count { groups += [Int](repeating: 0, count: size + 1 - groups.count) }
      groups[size] += 1
    }
  }

  /// Number of groups, empty ones included.
  package var count: Int { groups.reduce(0, +) }
  package var items: Int { groups.indices.reduce(0) { $0 + $1 * groups[$1] } }
  package var largest: Int { max(0, groups.count - 1) }
  /// Number of items that are not alone in their group.
  package var itemsSharing: Int { groups.indices.dropFirst(2).reduce(0) { $0 + $1 * groups[$1] } }

  /// −Σ p ln p over the groups' shares of the items, in nats.
  package var entropy: Double {
    let total = Double(items)
    return groups.indices.dropFirst().reduce(0) { sum, size in
      guard groups[size] > 0 else { return sum }
      let share = Double(size) / total
      return sum - Double(groups[size]) * share * Math.log(share)
    }
  }

  /// The Gini coefficient of the groups' sizes, empty groups included: 0 when all are equal, (n − 1)/n when one of n
  /// holds everything.
  ///
  /// G = 2 Σ i·xᵢ / (n Σ xᵢ) − (n + 1)/n, sizes ascending, i from 1.
  package var gini: Double {
    let count = Double(self.count)
    let items = Double(self.items)
    guard items > 0 else { return 0 }
    var before = 0.0
    var weighted = 0.0
    for size in groups.indices {
      let number = Double(groups[size])
      weighted += Double(size) * (number * before + number * (number + 1) / 2)
      before += number
    }
    return 2 * weighted / (count * items) - (count + 1) / count
  }

  /// The least size that at least this share (0 … 1) of the groups does not exceed.
  package func percentile(_ share: Double) -> Int {
    let needed = share * Double(count)
    var seen = 0
    for size in groups.indices {
      seen += groups[size]
      if groups[size] > 0, Double(seen) >= needed { return size }
    }
    return largest
  }
}
