import Vectors

/// A scan that finds candidates, and an exact rerank of them.
///
/// An index with vectors scans their sketches, one without the codes.
struct VectorSearch {
  let index: SemanticIndex
  let options: SearchOptions
  /// The positions that may be found; nil: all.
  let mask: ItemMask?
  /// Those positions, where comparing all of them is the least work.
  private let direct: [UInt32]?
  /// Of an index without vectors.
  private let table: TableScan?
  private let rerankLimit: Int
  private let scanLimit: Int

  /// - Throws: `InputError` when the index has neither vectors nor codebooks to search by.
  init(_ index: SemanticIndex, options: SearchOptions, mask: ItemMask? = nil) throws {
    self.index = index
    self.options = options
    self.mask = mask
    let count = mask?.count ?? index.count
    let (rerank, scan) = (options.rerankLimit(count: count), options.scanLimit(count: count, of: index.count))
    let isDirect = mask.map { Self.isDirect($0, index, rerank, scan) } ?? false
    direct = isDirect ? mask?.positions().map { UInt32(truncatingIfNeeded: $0) } : nil
    rerankLimit = isDirect ? count : rerank
    scanLimit = scan
    guard index.sketch == nil else {
      table = nil
      return
    }
    guard let norms = index.norms else {
      throw InputError(
        .unsupported, index.path, expected: "an index with vectors, or with codebooks whose codewords add up to them",
        found: "one of codes alone", remedy: "build it with the items' vectors or with the model")
    }
    table = TableScan(
      index.trie, norms: norms, usesNorms: !index.scansByInnerProduct, scanLimit: scanLimit, mask: mask)
  }

  /// Whether it is less work to compare all that a mask allows than to scan for the best of them.
  ///
  /// A block of 32 sketches is as many bytes as one float vector. Where a filter leaves one item of a block, or two, a
  /// scan of the block costs what the exact distances of these items do.
  private static func isDirect(_ mask: ItemMask, _ index: SemanticIndex, _ rerankLimit: Int, _ scanLimit: Int) -> Bool {
    guard let store = index.store else { return false }
    guard store.isFlat, mask.count > rerankLimit else { return mask.count <= rerankLimit }
    let blocks = Double(mask.occupiedRuns) * min(1, Double(scanLimit) / Double(mask.count))
    return Double(mask.count) <= blocks + Double(rerankLimit)
  }

  /// Whether the search reads `table` and `scanned`.
  var needsTable: Bool { table != nil }

  /// Searches one query.
  ///
  /// - Parameters:
  ///   - query: d floats, of length 1 under cosine.
  ///   - scanned: what the codes are compared with: the query, or its latent vector.
  ///   - table: for every codeword, level after level, −2⟨q, c⟩; for the inner product −⟨q, c⟩.
  func run(
    _ query: UnsafePointer<Float>, scanned: UnsafePointer<Float>, table: UnsafePointer<Float>, scratch: SearchScratch
  ) throws -> SearchResult {
    var account = SearchAccount()
    account.allowed = mask?.count
    scratch.candidates.reset(limit: rerankLimit)
    if let direct {
      account.answeredDirectly = true
      for position in direct { scratch.candidates.insert(RankKey.make(0, position)) }
    } else if let scan = self.table {
      scan.descend(table, scratch, &account)
    } else {
      index.sketch?.scan(
        query, index.trie, byInnerProduct: index.metric == .innerProduct, limit: scanLimit, mask: mask, scratch.sketch,
        into: &scratch.candidates, &account)
    }
    return SearchResult(hits: try rerank(query, scanned, scratch, &account), account: account)
  }

  private func rerank(
    _ query: UnsafePointer<Float>, _ scanned: UnsafePointer<Float>, _ scratch: SearchScratch,
    _ account: inout SearchAccount
  ) throws -> [SearchHit] {
    scratch.nearest.reset(limit: min(options.k, index.count))
    let count = scratch.candidates.withKept { kept in
      scratch.reserve(candidates: kept.count)
      for (index, key) in kept.enumerated() {
        scratch.positions[index] = RankKey.item(key)
        scratch.distances[index] = RankKey.distance(key)
      }
      return kept.count
    }
    if let store = index.store {
      try scratch.distances.withUnsafeMutableBufferPointer { distances in
        guard let distances = distances.baseAddress, count > 0 else { return }
        try store.distances(index.metric, query, scratch.positions, count: count, into: distances)
      }
      account.vectorsReranked = count
    } else {
      // No vectors: what the scan found is all there is to say, brought to the metric's unit.
      let square = index.scansByInnerProduct ? 0 : squaredLength(scanned)
      let scale: Float = index.metric == .cosine && index.manifest.latentDimension == nil ? 0.5 : 1
      for item in 0..<count { scratch.distances[item] = max(0, scratch.distances[item] + square) * scale }
    }
    index.trie.rows.withUnsafeBufferPointer { rows in
      for item in 0..<count {
        scratch.nearest.insert(RankKey.make(scratch.distances[item], rows[Int(scratch.positions[item])]))
      }
    }
    return scratch.nearest.withKept { kept in
      var kept = kept
      kept.sort()
      return kept.map { SearchHit(row: Int(RankKey.item($0)), distance: RankKey.distance($0)) }
    }
  }

  private func squaredLength(_ query: UnsafePointer<Float>) -> Float {
    (0..<(index.codewords?.columns ?? 0)).reduce(0) { $0 + query[$1] * query[$1] }
  }
}
