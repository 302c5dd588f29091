import Vectors

/// T5's bias of attention by how far two tokens lie apart (Raffel et al. 2020): a number per head and bucket of distances,
/// exact near by and logarithmic farther off.
struct RelativePositionBias: Sendable {
  /// buckets × heads.
  let weights: Matrix
  let farthest: Int

  /// The bias of every distance between −(n − 1) and n − 1, by head.
  struct Table {
    private let values: FloatRows
    private let longest: Int

    init(_ bias: RelativePositionBias, longest: Int) {
      self.longest = longest
      values = FloatRows(rows: bias.weights.columns, columns: max(2 * longest - 1, 0))
      for distance in stride(from: 1 - longest, to: longest, by: 1) {
        let bucket = bias.bucket(distance)
        for head in 0..<bias.weights.columns {
          values.row(head)[distance + longest - 1] = bias.weights[bucket, head]
        }
      }
    }

    /// By row of the scores, the bias of each column.
    func rows(head: Int) -> (_ row: Int) -> UnsafePointer<Float> {
      let base = UnsafePointer(values.row(head)) + (longest - 1)
      return { base - $0 }
    }
  }

  /// The bucket of a key `distance` tokens behind the query.
  func bucket(_ distance: Int) -> Int {
    let half = weights.rows / 2
    let exact = half / 2
    let apart = abs(distance)
    let side = distance > 0 ? half : 0
    guard apart >= exact, exact > 0 else { return side + min(apart, max(half - 1, 0)) }
    let share =
      Math.log(Float(apart) / Float(exact)) / Float(Math.log(Double(farthest) / Double(exact))) * Float(half - exact)
    return side + min(exact + Int(share), half - 1)
  }
}
