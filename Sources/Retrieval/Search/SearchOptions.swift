/// How much work a search by vector may do.
public struct SearchOptions: Codable, Hashable, Sendable {
  /// Number of results wanted.
  public var k: Int
  /// How many items are reranked, best estimate first; never fewer than k. Where the index keeps vectors rounded to
  /// bytes, these are compared first, and only the items that may be among the k nearest are compared exactly.
  public var candidates: Int
  /// How many items get an estimated distance, from their sketches or their codes. Nodes are taken best first until
  /// they hold that many items; the last node is finished.
  ///
  /// nil: 32 times `candidates`, which measurements on image and text vectors find good. Take more where neighbors lie
  /// scattered, as those of text do. Under a filter that leaves the share s of the items, √s times that: the nearest of
  /// fewer items lie farther out, so the scan passes 1/√s times as many. This measures as at least the recall of a
  /// search without a filter.
  public var scan: Int?

  /// Ten results, from 200 reranked candidates, by default.
  public init(k: Int = 10, candidates: Int = 200, scan: Int? = nil) {
    self.k = k
    self.candidates = candidates
    self.scan = scan
  }

  /// Every item scanned and reranked: exact, and slow.
  package static func unlimited(k: Int) -> SearchOptions { SearchOptions(k: k, candidates: .max, scan: .max) }

  /// How many items are reranked in a catalogue of `count`.
  func rerankLimit(count: Int) -> Int { min(count, max(candidates, k, 0)) }

  /// How many items are scanned in a catalogue of `count`, or among `count` that a filter leaves of `total`; never
  /// fewer than are reranked.
  func scanLimit(count: Int, of total: Int? = nil) -> Int {
    let rerank = rerankLimit(count: count)
    var limit = rerank.multipliedClamped(by: 32)
    if let total, count < total { limit = Int(Double(limit) * (Double(count) / Double(total)).squareRoot()) }
    return min(count, max(rerank, scan ?? limit))
  }
}

extension Int {
  fileprivate func multipliedClamped(by factor: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
