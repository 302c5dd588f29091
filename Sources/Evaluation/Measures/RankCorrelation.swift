/// Spearman's rank correlation: Pearson's correlation of the ranks, where equal values share the mean of their ranks.
enum RankCorrelation {
  /// - Returns: −1 … 1; NaN when a side is constant or there are fewer than two values.
  static func spearman(_ x: [Double], _ y: [Double]) -> Double { ofRanks(ranks(x), ranks(y)) }

  /// As `spearman`, of ranks that `ranks` made.
  static func ofRanks(_ x: [Double], _ y: [Double]) -> Double {
    precondition(x.count == y.count, "pairs of values")
    guard x.count > 1 else { return .nan }
    let mean = (Double(x.count) + 1) / 2
    var product = 0.0
    var squareX = 0.0
    var squareY = 0.0
    for index in x.indices {
      let dx = x[index] - mean
      let dy = y[index] - mean
      product += dx * dy
      squareX += dx * dx
      squareY += dy * dy
    }
    guard squareX > 0, squareY > 0 else { return .nan }
    return max(-1, min(1, product / squareX.squareRoot() / squareY.squareRoot()))
  }

  /// Ranks from 1; ties share their mean.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first + 1
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for index in order[first..<end] { ranks[index] = Self.rank(before: first, count: end - first) }
      first = end
    }
    return ranks
  }

  /// Ranks of small whole numbers from 0, without sorting.
  static func ranks(counting values: [Int]) -> [Double] {
    let groups = SizeHistogram(values).groups
    var before = 0
    let ranks = groups.map { count in
      defer { before += count }
      return Self.rank(before: before, count: count)
    }
    return values.map { ranks[$0] }
  }

  private static func rank(before: Int, count: Int) -> Double { Double(before) + (Double(count) + 1) / 2 }
}
