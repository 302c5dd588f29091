import CKernels
import Vectors

/// A scan that finds candidates, and an exact rerank of them.
///
/// An index with vectors scans their sketches, one without the codes.
struct VectorSearch {
  let searcher: Searcher
  let options: SearchOptions
  let segments: [SearchedSegment]
  /// Number of items that the filter allows; nil without one.
  private let allowed: Int?
  /// The positions of the allowed items, raised by their segments' bases, where comparing all of them is the least
  /// work.
  private let direct: [UInt32]?
  /// Of an index without vectors.
  private let table: TableScan?
  private let sketches: SketchScan
  private let rerankLimit: Int
  private let scanLimit: Int
  /// Whether vectors rounded to bytes pre-filter the candidates; not in a search over all items.
  private let isSifted: Bool

  /// - Parameter filtered: the segments, and which of their items a filter leaves; nil without a filter.
  /// - Throws: `InputError` when the index has neither vectors nor codebooks to search by.
  init(_ searcher: Searcher, options: SearchOptions, among filtered: [SearchedSegment]?) throws {
    self.searcher = searcher
    self.options = options
    let segments = filtered ?? searcher.segments
    self.segments = segments
    let count = segments.reduce(0) { $0 + $1.count }
    allowed = filtered == nil ? nil : count
    let (rerank, scan) = (options.rerankLimit(count: count), options.scanLimit(count: count, of: searcher.count))
    let isDirect = filtered != nil && Self.isDirect(segments, count: count, rerank, scan)
    direct =
      isDirect
      ? segments.flatMap { segment in
        (segment.mask?.positions() ?? Array(0..<segment.opened.count)).map {
          UInt32(truncatingIfNeeded: segment.base + $0)
        }
      } : nil
    rerankLimit = isDirect ? count : rerank
    isSifted = !isDirect && rerank < count && segments.allSatisfy { $0.opened.arrays.byteVectors != nil }
    // A search over all items looks at every copy of each.
    scanLimit = scan < count ? scan : .max
    sketches = filtered == nil ? searcher.scan : SketchScan(segments)
    guard searcher.manifest.faiss == nil else {
      table = nil
      return
    }
    let measured = segments.compactMap { segment in
      segment.opened.arrays.norms.map { TableScan.Segment(searched: segment, norms: $0) }
    }
    guard measured.count == segments.count else {
      throw InputError(
        .unsupported, searcher.path,
        expected: "an index with vectors, or with codebooks whose codewords add up to them",
        found: "one of codes alone", remedy: "build it with the items' vectors or with the model")
    }
    table = TableScan(
      measured, levelSizes: searcher.manifest.levelSizes, usesNorms: !searcher.scansByInnerProduct, scanLimit: scanLimit
    )
  }

  /// Whether comparing all items that a filter allows is less work than a scan for the best of them.
  ///
  /// A block of 32 sketches has as many bytes as one float vector. Where a filter leaves one or two items of a block, a
  /// scan of the block costs as much as the exact distances of these items.
  private static func isDirect(_ segments: [SearchedSegment], count: Int, _ rerankLimit: Int, _ scanLimit: Int) -> Bool
  {
    let stores = segments.compactMap(\.opened.store)
    guard stores.count == segments.count else { return false }
    guard count > rerankLimit, stores.allSatisfy(\.isFlat) else { return count <= rerankLimit }
    let runs = segments.reduce(0) { $0 + ($1.slots?.occupiedRuns ?? ($1.count + 31) / 32) }
    return Double(count) <= Double(runs) * min(1, Double(scanLimit) / Double(count)) + Double(rerankLimit)
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
    account.allowed = allowed
    scratch.candidates.reset(limit: rerankLimit)
    if let direct {
      account.answeredDirectly = true
      for position in direct { scratch.candidates.insert(RankKey.make(0, position)) }
    } else if let scan = self.table {
      scan.descend(table, scratch, &account)
    } else {
      sketches.run(
        query, byInnerProduct: searcher.metric == .innerProduct, limit: scanLimit, scratch.sketch,
        into: &scratch.candidates, &account)
    }
    return SearchResult(hits: try rerank(query, scanned, scratch, &account), account: account)
  }

  private func rerank(
    _ query: UnsafePointer<Float>, _ scanned: UnsafePointer<Float>, _ scratch: SearchScratch,
    _ account: inout SearchAccount
  ) throws -> [SearchHit] {
    var candidates = takeCandidates(scratch)
    if table != nil {
      finish(scanned, candidates.count, scratch)
    } else {
      if isSifted { sift(query, &candidates, scratch, &account) }
      account.vectorsReranked = candidates.count
    }
    try measure(query, candidates, scratch)
    scratch.nearest.reset(limit: min(options.k, searcher.count))
    for (segment, range) in zip(segments, candidates.ranges) {
      insert(range, of: segment, scratch, into: &scratch.nearest)
    }
    return scratch.nearest.withKept { kept in
      var kept = kept
      kept.sort()
      return kept.map { SearchHit(row: Int(RankKey.item($0)), distance: RankKey.distance($0)) }
    }
  }

  /// Candidates in the scratch memory, segment after segment, at positions in their segment.
  private struct Candidates {
    var ranges: [Range<Int>]
    var count: Int { ranges.last?.upperBound ?? 0 }
  }

  private func takeCandidates(_ scratch: SearchScratch) -> Candidates {
    let count = scratch.candidates.withKept { kept in
      var kept = kept
      // Segment after segment, each of which has a store of its own.
      if segments.count > 1 { kept.sort { RankKey.item($0) < RankKey.item($1) } }
      scratch.reserve(candidates: kept.count)
      let (positions, distances) = (scratch.positions, scratch.distances)
      for (index, key) in kept.enumerated() {
        positions[index] = RankKey.item(key)
        distances[index] = RankKey.distance(key)
      }
      return kept.count
    }
    guard segments.count > 1 else { return Candidates(ranges: [0..<count]) }
    let positions = scratch.positions
    var end = 0
    return Candidates(
      ranges: segments.map { segment in
        let start = end
        let limit = segment.base + segment.opened.count
        while end < count, Int(positions[end]) < limit {
          positions[end] -= UInt32(truncatingIfNeeded: segment.base)
          end += 1
        }
        return start..<end
      })
  }

  /// Leaves those candidates that may be among the nearest, by their vectors rounded to bytes.
  private func sift(
    _ query: UnsafePointer<Float>, _ candidates: inout Candidates, _ scratch: SearchScratch,
    _ account: inout SearchAccount
  ) {
    guard candidates.count > options.k, options.k > 0 else { return }
    let (positions, distances) = (scratch.positions, scratch.distances)
    var views: [ByteVectors.Query] = []
    for (segment, range) in zip(segments, candidates.ranges) {
      guard let vectors = segment.opened.arrays.byteVectors else { return }
      scratch.reserve(bytes: vectors.width)
      let view = vectors.prepare(query, byInnerProduct: searcher.metric == .innerProduct, into: scratch.bytes)
      guard let view else { return }
      vectors.distances(view, positions + range.lowerBound, count: range.count, into: distances + range.lowerBound)
      views.append(view)
    }
    account.vectorsSifted = candidates.count
    let nearest = Self.smallest(options.k, distances, candidates.count, &scratch.nearest)
    var kept = 0
    for (number, view) in views.enumerated() {
      let limit = view.limit(of: nearest)
      let first = kept
      segments[number].trie.rows.withUnsafeBufferPointer { rows in
        guard let rows = rows.baseAddress else { return }
        // NaN stays: the exact distance decides.
        for candidate in candidates.ranges[number] where !(distances[candidate] > limit) {
          positions[kept] = positions[candidate]
          semid_prefetch(rows + Int(positions[kept]), 1)
          kept += 1
        }
      }
      candidates.ranges[number] = first..<kept
    }
  }

  /// The distance of rank `k` among more than k.
  private static func smallest(
    _ k: Int, _ distances: UnsafePointer<Float>, _ count: Int, _ selection: inout SmallestKeys
  ) -> Float {
    selection.reset(limit: k)
    for candidate in 0..<count where distances[candidate] <= selection.threshold {
      selection.insert(RankKey.make(distances[candidate], UInt32(truncatingIfNeeded: candidate)))
    }
    selection.cut()
    return selection.threshold
  }

  /// Takes the exact distances of the candidates.
  private func measure(_ query: UnsafePointer<Float>, _ candidates: Candidates, _ scratch: SearchScratch) throws {
    let (positions, distances) = (scratch.positions, scratch.distances)
    for (segment, range) in zip(segments, candidates.ranges) where !range.isEmpty {
      guard let store = segment.opened.store else { continue }
      try store.distances(
        searcher.metric, query, positions + range.lowerBound, count: range.count, into: distances + range.lowerBound)
    }
  }

  private func insert(
    _ range: Range<Int>, of segment: SearchedSegment, _ scratch: SearchScratch, into nearest: inout SmallestKeys
  ) {
    let (positions, distances) = (scratch.positions, scratch.distances)
    let base = UInt32(truncatingIfNeeded: segment.base)
    segment.trie.rows.withUnsafeBufferPointer { rows in
      for item in range where !(distances[item] > nearest.threshold) {
        nearest.insert(RankKey.make(distances[item], base + rows[Int(positions[item])]))
      }
    }
  }

  /// Finishes a search without vectors: brings what the scan found to the metric's unit.
  private func finish(_ scanned: UnsafePointer<Float>, _ count: Int, _ scratch: SearchScratch) {
    let square = searcher.scansByInnerProduct ? 0 : squaredLength(scanned)
    let scale: Float = searcher.metric == .cosine && searcher.manifest.latentDimension == nil ? 0.5 : 1
    let distances = scratch.distances
    for item in 0..<count { distances[item] = max(0, distances[item] + square) * scale }
  }

  private func squaredLength(_ query: UnsafePointer<Float>) -> Float {
    (0..<(searcher.codewords?.columns ?? 0)).reduce(0) { $0 + query[$1] * query[$1] }
  }
}
