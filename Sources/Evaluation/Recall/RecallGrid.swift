package import Retrieval

/// The settings that a recall benchmark tries: every number of candidates with every share of the scan.
package struct RecallGrid: Hashable, Sendable {
  /// Numbers of items to rerank.
  package var candidates: [Int]
  /// Numbers of items to scan, as multiples of those reranked.
  package var scanFactors: [Int]

  /// The default goes from a recall below .9 to .999, on vectors of images and of text and on made-up ones. A sweep
  /// ends where more work brings no more recall.
  package init(candidates: [Int] = Self.defaultCandidates, scanFactors: [Int] = Self.defaultScanFactors) {
    self.candidates = candidates
    self.scanFactors = scanFactors
  }

  package static let defaultCandidates = [20, 30, 40, 60, 80, 120, 160, 200, 300, 500, 800, 1600]
  package static let defaultScanFactors = [4, 5, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512]

  /// The settings that differ from each other in a catalogue of `count`, by ascending work.
  package func settings(k: Int, count: Int) -> [SearchOptions] {
    var seen: Set<[Int]> = []
    var settings: [SearchOptions] = []
    for candidates in Set(candidates.map { min(max($0, k), count) }).sorted() {
      for factor in Set(scanFactors).sorted() {
        let (product, overflow) = candidates.multipliedReportingOverflow(by: factor)
        let scan = overflow ? count : min(max(product, candidates), count)
        guard seen.insert([candidates, scan]).inserted else { continue }
        settings.append(SearchOptions(k: k, candidates: candidates, scan: scan))
      }
    }
    return settings
  }
}
