import Formats
import Foundation
import Retrieval
import Tokenizers
package import Vectors

/// Time and memory of everything, from training to search, on made-up catalogues of growing size.
///
/// Vectors are written to a file in pieces and mapped. So memory holds only what the engine needs, and what the system
/// keeps of files.
package struct GrowthBenchmark: Sendable {
  package var items = [10_000, 100_000, 1_000_000, 10_000_000]
  package var vectors = MadeUpVectors()
  package var levelSizes = [256, 256, 256]
  /// The most vectors that the model is trained on.
  package var trainingVectors = 65_536
  package var k = 10
  /// The recall at which searches are timed.
  package var recall = 0.95
  package var queries = 200
  /// Number of IDs that are widened.
  package var expansions = 1000
  /// Sketches of short vectors say little, so more items have to be reranked than by default.
  package var grid = RecallGrid(
    candidates: [20, 50, 100, 200, 400, 800, 1600, 3200], scanFactors: [4, 8, 16, 32, 64, 128, 256, 512, 1024])

  package init() {}

  /// The current step and, where known, how much of it is done.
  package struct Step: Sendable {
    package var items: Int
    package var name: String
    package var done: Int
    package var total: Int
  }

  /// - Parameter folder: the folder in which vectors and indexes are made, in a new folder that is removed afterwards;
  ///   by default the system's folder for temporary files.
  package func run(
    in folder: String? = nil, pool: ThreadPool = ThreadPool(), progress: (Step) -> Void = { _ in }
  ) throws -> GrowthReport {
    guard !items.isEmpty, items.allSatisfy({ (k...CodeTrie.maximumCount).contains($0) }), k >= 1 else {
      throw InputError(
        .usage, "items", expected: "numbers from \(max(k, 1)) to \(CodeTrie.maximumCount)", found: "\(items)")
    }
    guard (0...1).contains(recall), queries >= 1, expansions >= 1, trainingVectors >= 1 else {
      throw InputError(
        .usage, "growth", expected: "a recall of 0 to 1, and at least one query, ID and vector to train on",
        found: "others")
    }
    let scratch = try ScratchDirectory(in: folder)
    var rows: [GrowthReport.Row] = []
    for count in Set(items).sorted() {
      rows.append(
        try measure(count, scratch, pool) { name, done, total in
          progress(Step(items: count, name: name, done: done, total: total))
        })
    }
    return GrowthReport(
      dimension: vectors.dimension, levelSizes: levelSizes, threads: pool.threads, k: k, recall: recall, rows: rows)
  }

  private func measure(
    _ count: Int, _ scratch: ScratchDirectory, _ pool: ThreadPool, _ progress: (String, Int, Int) -> Void
  ) throws -> GrowthReport.Row {
    let file = scratch.path("vectors.npy")
    let path = scratch.path("index")
    defer {
      try? FileManager.default.removeItem(atPath: file)
      try? FileManager.default.removeItem(atPath: path)
    }
    try vectors.write(count, to: file, pool: pool) { progress("making vectors", $0, count) }
    let matrix = try NPYArray(path: file).matrix(pool: pool)

    progress("training", 0, 0)
    var random = CounterRandom(seed: vectors.seed, stream: .max)
    let sample = min(trainingVectors, count)
    let chosen = sample == count ? matrix : matrix.gathered(random.sample(sample, below: count))
    var options = RQKMeansOptions()
    options.levelSizes = levelSizes
    let (model, training) = try RQKMeans.train(chosen, options: options, pool: pool)

    progress("encoding", 0, 0)
    var codes: Codes?
    let encoding = try Stopwatch.seconds { codes = try model.encode(matrix, pool: pool) }
    guard let codes else { throw InputError(.usage, "growth", expected: "codes", found: "none") }
    let building = try Stopwatch.seconds {
      try IndexBuilder().build(IndexContents(codes: codes, vectors: matrix, tokenizer: model), at: path, pool: pool) {
        progress("building: \($0.rawValue)", $1, $2)
      }
    }
    return try search(path, count, pool, progress) { report, expanding in
      GrowthReport.Row(
        items: count, trainingVectors: sample, trainSeconds: training.seconds, encodeSeconds: encoding,
        buildSeconds: building, openSeconds: report.openSeconds,
        searchMicroseconds: report.front(.single, threads: 1).queriesPerSecond(atRecall: recall).map { 1e6 / $0 },
        bestRecall: report.settings.map(\.recall).max() ?? 0,
        exactMicroseconds: report.exact.speed(.single, threads: 1).map { 1e6 / $0.queriesPerSecond } ?? 0,
        hammingMicroseconds: expanding.hamming, prefixMicroseconds: expanding.prefix, indexBytes: report.indexBytes,
        bytesBesideVectors: report.bytesBesideVectors, peakMemoryBytes: ProcessMemory.peak)
    }
  }

  private func search(
    _ path: String, _ count: Int, _ pool: ThreadPool, _ progress: (String, Int, Int) -> Void,
    _ row: (RecallReport, (hamming: Double, prefix: Double)) -> GrowthReport.Row
  ) throws -> GrowthReport.Row {
    let asked = vectors.vectors(count..<count + queries, pool: pool)
    let index = try SemanticIndex(opening: path)
    progress("searching exactly", 0, 0)
    let truth = try GroundTruth(exact: index, asked, k: k, rule: .rounding, pool: pool)
    var benchmark = RecallBenchmark(pool: ThreadPool(threads: 1))
    benchmark.k = k
    benchmark.grid = grid
    benchmark.rounds = 2
    benchmark.enough = (1 + recall) / 2
    benchmark.exactQueries = min(queries, 64)
    benchmark.exactSingleQueries = 5
    let report = try benchmark.run(path, queries: asked, truth: truth, progress: { progress("searching", $0, $1) })
    progress("expanding", 0, 0)
    return row(report, try expand(index))
  }

  /// Mean time in microseconds.
  private func expand(_ index: SemanticIndex) throws -> (hamming: Double, prefix: Double) {
    var random = CounterRandom(seed: vectors.seed, stream: .max - 1)
    let ids = (0..<expansions).map { _ in index.trie.codes(at: random.below(index.count)) }
    func mean(_ expansion: Expansion, _ budget: Int) throws -> Double {
      // Once to warm up.
      for id in ids { _ = try index.candidates(around: id, by: expansion, budget: budget) }
      let seconds = try Stopwatch.seconds {
        for id in ids { _ = try index.candidates(around: id, by: expansion, budget: budget) }
      }
      return seconds / Double(ids.count) * 1e6
    }
    return (try mean(.hamming(1), .max), try mean(.prefix, 100))
  }
}
