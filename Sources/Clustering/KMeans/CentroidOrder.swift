import CKernels
import Vectors

/// Orders centroids so that neighbors in space are neighbors in number.
///
/// The kernel prunes a panel of consecutive centroids at a time, by one bound for all: the closer together they lie,
/// the tighter the bound. The set is halved again and again across its direction of greatest spread (found by power
/// iteration), down to a panel. O(K · d · log K).
enum CentroidOrder {
  static func sorted(_ centroids: Matrix, pool: ThreadPool) -> Matrix {
    let panel = Int(SEMID_PANEL)
    guard centroids.rows > panel else { return centroids }
    var order = Array(0..<centroids.rows)
    var parts = [0..<centroids.rows]
    while parts.contains(where: { $0.count > panel }) {
      var next: [Range<Int>] = []
      var halves = [[Int]](repeating: [], count: parts.count)
      halves.withUnsafeMutableBufferPointer { halves in
        pool.run(tasks: parts.count) { part in
          let members = Array(order[parts[part]])
          halves[part] = members.count > panel ? sortedAlongSpread(members, centroids) : members
        }
      }
      for (part, members) in zip(parts, halves) {
        order.replaceSubrange(part, with: members)
        // Whole panels on the left, so that only the last panel of all may be short.
        let panels = (part.count + panel - 1) / panel
        let middle = part.lowerBound + panels / 2 * panel
        next += part.count > panel ? [part.lowerBound..<middle, middle..<part.upperBound] : [part]
      }
      parts = next
    }
    return centroids.gathered(order)
  }

  private static func sortedAlongSpread(_ members: [Int], _ centroids: Matrix) -> [Int] {
    let d = centroids.columns
    return centroids.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return members }
      var mean = [Double](repeating: 0, count: d)
      for member in members { semid_accumulate(&mean, base + member * d, d, 1 / Double(members.count)) }
      let center = mean.map { Float($0) }
      // The start is the member farthest from the mean: never orthogonal to everything, and the same every time.
      var distances = [Float](repeating: 0, count: members.count)
      let ids = members.map { UInt32($0) }
      semid_l2_gather(center, base, d, ids, ids.count, &distances)
      guard let far = distances.indices.max(by: { distances[$0] < distances[$1] }), distances[far] > 0 else {
        return members
      }
      var direction = (0..<d).map { values[members[far] * d + $0] - center[$0] }
      var projections = [Float](repeating: 0, count: members.count)
      for _ in 0..<4 {
        semid_dot_gather(direction, base, d, ids, ids.count, &projections)
        var offset: Float = 0
        semid_dot_rows(direction, center, d, 1, &offset)
        var sum = [Double](repeating: 0, count: d)
        for (position, member) in members.enumerated() {
          let weight = Double(projections[position] - offset)
          semid_accumulate(&sum, base + member * d, d, weight)
          semid_accumulate(&sum, center, d, -weight)
        }
        let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { break }
        direction = sum.map { Float($0 / length) }
      }
      semid_dot_gather(direction, base, d, ids, ids.count, &projections)
      return members.indices.sorted { (projections[$0], members[$0]) < (projections[$1], members[$1]) }.map {
        members[$0]
      }
    }
  }
}
