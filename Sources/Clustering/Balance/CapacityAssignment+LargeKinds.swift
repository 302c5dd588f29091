import Vectors

/// Kinds of more rows than a cluster holds.
extension CapacityAssignment {
  var hasLargeKinds: Bool { kinds.counts.contains { $0 > needed } }

  /// Sends every row where prices send it, after prices were raised so far that each large kind is as well off in any of
  /// the clusters that it fills. It is shared out among these, and few rows are left to exchange.
  mutating func settleLargeKinds() {
    let large = kinds.counts.indices.filter { kinds.counts[$0] > needed }
    level(large)
    choose(spreading: false)
    for kind in large { spread(kind) }
  }

  /// Raises prices until each large kind has clusters enough that cost it alike.
  private mutating func level(_ large: [Int]) {
    var taken = [Int](repeating: 0, count: costs.clusters)
    for cluster in members.indices {
      for share in members[cluster] where kinds.counts[Int(share.kind)] <= needed { taken[cluster] += share.count }
    }
    for kind in large {
      let values = costs.row(kind)
      let sums = (0..<costs.clusters).map { values[$0] + prices[$0] }
      var rest = kinds.counts[kind]
      for cluster in sums.indices.sorted(by: { (sums[$0], $0) < (sums[$1], $1) }) where rest > 0 {
        let given = min(rest, max(0, floor - taken[cluster]))
        taken[cluster] += given
        rest -= given
        if rest == 0 { raise(below: sums[cluster], of: values) }
      }
      // All clusters together have room for the last rows only where they take one more each.
      if rest > 0 { raise(below: sums.max() ?? 0, of: values) }
    }
  }

  private mutating func raise(below sum: Float, of values: UnsafePointer<Float>) {
    for cluster in 0..<costs.clusters { prices[cluster] = max(prices[cluster], sum - values[cluster]) }
  }

  /// Takes a kind's rows from its cheapest cluster to all that cost it as much, first up to ⌊N/K⌋, then up to ⌈N/K⌉.
  private mutating func spread(_ kind: Int) {
    let values = costs.row(kind)
    let least = LeastSum.of(values, prices, count: costs.stride)
    guard let place = members[least.index].lastIndex(where: { $0.kind == kind }) else { return }
    // Sums that differ by what rounding a price can make.
    let alike = (0..<costs.clusters).filter {
      values[$0] + prices[$0] - least.sum <= 4 * max(abs(values[$0]), abs(prices[$0])).ulp
    }
    var rest = members[least.index].remove(at: place).count
    sizes[least.index] -= rest
    var given = [Int](repeating: 0, count: costs.clusters)
    for most in [floor, needed] {
      for cluster in alike {
        let count = min(rest, max(0, most - sizes[cluster] - given[cluster]))
        given[cluster] += count
        rest -= count
      }
    }
    given[least.index] += rest
    for cluster in alike where given[cluster] > 0 {
      add(Share(kind: UInt32(truncatingIfNeeded: kind), count: given[cluster]), to: cluster)
    }
  }
}
