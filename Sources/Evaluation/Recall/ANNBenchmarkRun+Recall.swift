package import Formats
import Retrieval
package import Vectors

extension ANNBenchmarkRun {
  /// The name of this engine's runs.
  package static let ownName = "semid"

  /// A run of a recall benchmark; nil for a number of threads that ann-benchmarks does not have: it runs single queries
  /// on one thread, and batches on all.
  ///
  /// - Parameters:
  ///   - dataset: its name.
  ///   - index: a name of how the index was made.
  ///   - widest: the greatest number of threads of the benchmark.
  package init?(
    _ run: RecallBenchmark.Run, dataset: String, metric: Metric, index: String, buildSeconds: Double,
    indexBytes: Int, widest: Int
  ) {
    let (speed, setting) = (run.speed, run.setting)
    guard let options = setting.options, speed.threads == (speed.mode == .single ? 1 : widest) else { return nil }
    let computations = setting.vectorsReranked * Double(run.results.count) * Double(run.rounds)
    self.init(
      algorithm: Self.ownName, dataset: dataset, metric: metric,
      name: "\(Self.ownName)(\(index), candidates=\(options.candidates), scan=\(options.scan ?? 0))",
      arguments: "\(index)_candidates_\(options.candidates)_scan_\(options.scan ?? 0)", isBatch: speed.mode == .batch,
      count: options.k, rounds: run.rounds, bestSearchSeconds: 1 / max(speed.queriesPerSecond, 1e-9),
      buildSeconds: buildSeconds, indexBytes: indexBytes, distanceComputations: Int(computations), seconds: run.seconds,
      neighbors: run.results.map { result in
        result.hits.map { hit in
          // Euclidean distances are not squared there.
          (row: hit.row, distance: metric == .l2 ? max(0, hit.distance).squareRoot() : hit.distance)
        }
      })
  }
}
