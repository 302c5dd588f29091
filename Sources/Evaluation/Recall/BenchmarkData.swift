import Foundation
package import Formats
package import Vectors

/// Items and queries of a benchmark: an ann-benchmarks file, or any file of embeddings, some of which are held out as
/// queries.
package struct BenchmarkData {
  package var items: Matrix
  package var queries: Matrix
  package var metric: Metric
  /// The true neighbors; nil where the file does not have them, so that exact search has to find them.
  package var truth: GroundTruth?
  /// What was read from which column.
  package var input = InputSummary()

  /// Queries that are held out of plain embeddings by default; never more than a tenth of the rows.
  package static let heldOut = 1000

  /// - Parameters:
  ///   - metric: nil for the file's own, or l2 where it has none.
  ///   - queries: the most queries.
  package init(opening path: String, metric: Metric?, queries: Int?, seed: UInt64, pool: ThreadPool) throws {
    if try Self.isANNBenchmark(path) {
      try self.init(ANNBenchmark(path: path), metric: metric, queries: queries)
      if self.metric == .cosine {
        try items.checkDirections(source: path + ", train", pool: pool)
        try self.queries.checkDirections(source: path + ", test", pool: pool)
      }
    } else {
      let set = try EmbeddingSet(opening: path, options: .init(readsIDs: false), pool: pool)
      // Before some rows are held out, so that errors have the file's row numbers.
      if metric == .cosine { try set.checkDirections(pool: pool) }
      try self.init(set, metric: metric ?? .l2, queries: queries, seed: seed)
    }
  }

  private static func isANNBenchmark(_ path: String) throws -> Bool {
    guard ["h5", "hdf5"].contains(URL(fileURLWithPath: path).pathExtension.lowercased()) else { return false }
    let names = Set(try HDF5File(path: path).datasets.map(\.name))
    return names.contains("train") || names.contains("test")
  }

  private init(_ file: ANNBenchmark, metric asked: Metric?, queries: Int?) throws {
    metric = file.metric
    guard asked == nil || asked == metric else {
      throw InputError(
        .usage, file.path, expected: "its own metric, \(metric.rawValue)", found: asked?.rawValue ?? "",
        remedy: "leave out --metric")
    }
    let count = min(queries ?? file.test.rows, file.test.rows)
    items = file.train
    input.use(.vectors, "train", detail: "\(items.rows) × \(items.columns)")
    input.use("queries", "test", detail: "\(file.test.rows) × \(file.test.columns)")
    self.queries = file.test[rows: 0..<count]
    let (metric, neighbors) = (metric, file.neighbors)
    truth = file.distances.map {
      GroundTruth(annBenchmarks: $0, neighbors: neighbors, metric: metric).first(count)
    }
  }

  private init(_ set: EmbeddingSet, metric: Metric, queries: Int?, seed: UInt64) throws {
    guard set.count > 1 else {
      throw InputError(.malformed, set.source, expected: "at least two vectors", found: "\(set.count)")
    }
    var random = CounterRandom(seed: seed)
    let count = max(1, min(queries ?? Self.heldOut, set.count / 10))
    let chosen = random.sample(count, below: set.count)
    let held = Set(chosen)
    input = set.input
    input.use("queries", "held out", detail: "\(count) \(count == 1 ? "row" : "rows")")
    items = set.vectors.gathered((0..<set.count).filter { !held.contains($0) })
    self.queries = set.vectors.gathered(chosen)
    self.metric = metric
    truth = nil
  }

  /// - Throws: `InputError` when the true neighbors cannot be found: FAISS's search of compressed vectors is not exact.
  package func checkTruth(faiss: String?, source: String) throws {
    guard truth == nil, faiss != "Flat" else { return }
    throw InputError(
      .usage, source, expected: "true neighbors, for an index whose vectors are \(faiss ?? "not there")",
      found: "none in the file", remedy: "use Flat, or an ann-benchmarks file with distances")
  }
}
