import Foundation

/// The settings of a search that no other beats at both recall and speed.
package struct ParetoFront: Hashable, Sendable {
  package struct Point: Hashable, Sendable {
    package var recall: Double
    package var queriesPerSecond: Double

    package init(recall: Double, queriesPerSecond: Double) {
      self.recall = recall
      self.queriesPerSecond = queriesPerSecond
    }
  }

  /// By ascending recall, so by descending speed.
  package let points: [Point]
  /// The index of each of `points` among the candidates.
  package let indices: [Int]

  init(points: [Point], indices: [Int]) {
    self.points = points
    self.indices = indices
  }

  /// O(n log n). Of equal points the first is kept.
  package init(of candidates: [Point]) {
    let order = candidates.indices.sorted { a, b in
      let (left, right) = (candidates[a], candidates[b])
      if left.queriesPerSecond != right.queriesPerSecond { return left.queriesPerSecond > right.queriesPerSecond }
      return left.recall != right.recall ? left.recall > right.recall : a < b
    }
    var best = -Double.infinity
    var kept: [Int] = []
    for index in order where candidates[index].recall > best {
      best = candidates[index].recall
      kept.append(index)
    }
    points = kept.map { candidates[$0] }
    indices = kept
  }

  /// The speed at `recall`, on the line between the two points of the front around it, where the logarithm of the speed
  /// is linear in the recall.
  ///
  /// Below the front's least recall it is the speed of the fastest point, which finds more. nil beyond the front's
  /// greatest recall.
  package func queriesPerSecond(atRecall recall: Double) -> Double? {
    guard let after = points.firstIndex(where: { $0.recall >= recall }) else { return nil }
    let high = points[after]
    guard after > 0, high.recall > recall else { return high.queriesPerSecond }
    let low = points[after - 1]
    let share = (recall - low.recall) / (high.recall - low.recall)
    guard low.queriesPerSecond > 0, high.queriesPerSecond > 0 else { return high.queriesPerSecond }
    return exp((1 - share) * log(low.queriesPerSecond) + share * log(high.queriesPerSecond))
  }
}
