import Vectors

extension Searcher {
  /// The nearest items to each query, as `SemanticIndex.exactSearch` finds them.
  ///
  /// - Parameter filtered: the segments, and the items of each that a filter leaves; nil without a filter.
  func exactSearch(
    _ queries: Matrix, k: Int, among filtered: [SearchedSegment]?, pool: ThreadPool
  ) throws -> [SearchResult] {
    let segments = try (filtered ?? self.segments).map { segment in
      guard let store = segment.opened.store else { throw Self.noVectors(path) }
      return ExactSegment(
        store: store, rows: segment.trie.rows, base: UInt32(truncatingIfNeeded: segment.base), count: segment.count,
        allowed: segment.mask.map { $0.positions().map { UInt32(truncatingIfNeeded: $0) } })
    }
    let count = segments.reduce(0) { $0 + $1.count }
    try checkQueries(queries)
    guard k >= 0 else { throw InputError(.usage, "search", at: "k", expected: "0 or more", found: "\(k)") }
    let width = queries.columns
    // Long enough for FAISS to multiply matrices, short enough for every thread to have some.
    return try inBlocks(of: 64, queries.rows, pool) { range in
      var vectors = [Float](repeating: 0, count: range.count * width)
      try prepare(queries[rows: range], into: &vectors, firstRow: range.lowerBound)
      let block = Matrix(rows: range.count, columns: width, values: vectors)
      let found = try segments.map { try exactBlock(block, k: min(k, $0.count), $0) }
      return block.rows == 0
        ? []
        : (0..<block.rows).map { query in
          var keys = found.flatMap { $0[query] }
          if segments.count > 1 { keys.sort() }
          var account = SearchAccount()
          account.vectorsReranked = count
          account.allowed = filtered == nil ? nil : count
          return SearchResult(
            hits: keys.prefix(k).map { SearchHit(row: Int(RankKey.item($0)), distance: RankKey.distance($0)) },
            account: account)
        }
    }
  }

  /// The vectors of a segment that may be found.
  private struct ExactSegment {
    let store: VectorStore
    let rows: Buffer<UInt32>
    let base: UInt32
    let count: Int
    /// Positions; nil: all.
    let allowed: [UInt32]?
  }

  /// The first k keys of a segment for each query.
  private func exactBlock(_ queries: Matrix, k: Int, _ segment: ExactSegment) throws -> [[UInt64]] {
    let (store, count) = (segment.store, segment.count)
    var fetched = min(count, k + 16)
    var results = [[UInt64]](repeating: [], count: queries.rows)
    var open = Array(0..<queries.rows)
    while !open.isEmpty {
      let pending = open.count == queries.rows ? queries : queries.gathered(open)
      let neighbors = try store.search(pending, k: fetched, among: segment.allowed, metric)
      var undecided: [Int] = []
      for (slot, query) in open.enumerated() {
        let positions = neighbors.labels[slot * fetched..<(slot + 1) * fetched].filter { $0 >= 0 }
          .map { UInt32(truncatingIfNeeded: $0) }
        let vector = queries.row(query)
        var distances = [Float](repeating: 0, count: positions.count)
        try store.distances(metric, vector, positions, count: positions.count, into: &distances)
        if store.isFlat, fetched < count, positions.count == fetched, mayMiss(distances, k: k, vector) {
          undecided.append(query)
          continue
        }
        var keys = zip(distances, positions).map { RankKey.make($0, segment.base + segment.rows[Int($1)]) }
        keys.sort()
        results[query] = Array(keys.prefix(k))
      }
      open = undecided
      fetched = min(count, 4 * fetched)
    }
    return results
  }

  /// Whether rounding in FAISS's distances may have kept an item out that belongs among the first k.
  ///
  /// The error of ‖q‖² + ‖x‖² − 2⟨q, x⟩ in floats is a few units in the last place of its terms.
  private func mayMiss(_ distances: [Float], k: Int, _ query: [Float]) -> Bool {
    guard k > 0, let furthest = distances.max() else { return false }
    let sorted = distances.sorted()
    let kth = sorted[k - 1]
    let square = query.reduce(0) { $0 + $1 * $1 }
    let margin: Float
    switch metric {
    case .l2:
      let reach = square.squareRoot() + kth.squareRoot()
      margin = 4e-6 * (square + reach * reach)
    case .cosine: margin = 4e-6
    case .innerProduct: margin = 4e-6 * max(abs(kth), square)
    }
    return furthest < kth + margin
  }
}
