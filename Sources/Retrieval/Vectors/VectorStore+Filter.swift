import CKernels
import Vectors

extension VectorStore {
  /// The nearest vectors among some.
  ///
  /// On Flat vectors FAISS searches copies of the allowed vectors, some thousands at a time, which many queries share.
  /// With few queries, or vectors that FAISS compresses, vectors are compared one by one.
  ///
  /// - Parameter allowed: positions, ascending; nil: all.
  /// - Returns: positions, nearest first; −1 where there are fewer than k.
  func search(
    _ queries: Matrix, k: Int, among allowed: [UInt32]?, _ metric: Metric
  ) throws -> FaissIndex.Neighbors {
    guard let allowed else { return try search(queries, k: k) }
    var nearest = [SmallestKeys](repeating: SmallestKeys(), count: queries.rows)
    for query in nearest.indices { nearest[query].reset(limit: k) }
    // A copy costs about as much as to compare a few queries.
    if case .flat(let file) = self, queries.rows >= 8 {
      try searchCopies(queries, k: k, allowed, file, &nearest)
    } else {
      try compare(queries, allowed, metric, &nearest)
    }
    var labels: [Int64] = []
    var distances: [Float] = []
    for query in nearest.indices {
      nearest[query].withKept { kept in
        var kept = kept
        kept.sort()
        labels += kept.map { Int64(RankKey.item($0)) }
        distances += kept.map { RankKey.distance($0) }
        labels += repeatElement(-1, count: k - kept.count)
        distances += repeatElement(.infinity, count: k - kept.count)
      }
    }
    return FaissIndex.Neighbors(k: k, labels: labels, distances: distances)
  }

  private func searchCopies(
    _ queries: Matrix, k: Int, _ allowed: [UInt32], _ file: FlatVectorFile, _ nearest: inout [SmallestKeys]
  ) throws {
    guard let rows = file.rows else { return }
    defer { withExtendedLifetime(file) {} }
    let width = file.dimension
    let tile = max(256, (1 << 21) / width)
    for start in stride(from: 0, to: allowed.count, by: tile) {
      let part = allowed[start..<min(allowed.count, start + tile)]
      let copy = Matrix(rows: part.count, columns: width) { target in
        guard let target = target.baseAddress else { return }
        for (row, position) in part.enumerated() {
          (target + row * width).update(from: rows + Int(position) * width, count: width)
        }
      }
      let found = try copy.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return FaissIndex.Neighbors(k: k, labels: [], distances: []) }
        return try FaissIndex.searchRows(
          values, count: part.count, metric: file.metric, queries, k: min(k, part.count))
      }
      for query in nearest.indices {
        for slot in query * found.k..<(query + 1) * found.k where found.labels[slot] >= 0 {
          // FAISS's unit: a larger inner product is nearer.
          let distance = file.metric == .l2 ? found.distances[slot] : -found.distances[slot]
          nearest[query].insert(RankKey.make(distance, allowed[start + Int(found.labels[slot])]))
        }
      }
    }
  }

  private func compare(
    _ queries: Matrix, _ allowed: [UInt32], _ metric: Metric, _ nearest: inout [SmallestKeys]
  ) throws {
    let tile = 1 << 12
    var distances = [Float](repeating: 0, count: min(tile, allowed.count))
    for query in nearest.indices {
      let vector = queries.row(query)
      for start in stride(from: 0, to: allowed.count, by: tile) {
        let count = min(tile, allowed.count - start)
        try allowed.withUnsafeBufferPointer { allowed in
          guard let positions = allowed.baseAddress.map({ $0 + start }) else { return }
          try self.distances(metric, vector, positions, count: count, into: &distances)
        }
        for item in 0..<count { nearest[query].insert(RankKey.make(distances[item], allowed[start + item])) }
      }
    }
  }
}
