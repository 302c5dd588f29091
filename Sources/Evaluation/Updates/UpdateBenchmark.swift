import Foundation
package import Retrieval
import Synchronization
import Tokenizers
package import Vectors

/// Searches an index from several threads while items are added to it and deleted from it, and checks every answer.
package struct UpdateBenchmark: Sendable {
  /// Number of threads that search, besides the one that changes the index.
  package var threads = 4
  /// The fewest searches; they go on until the last change is published.
  package var searches = 100_000
  package var added = 50_000
  package var deleted = 20_000
  /// Number of items that one publication adds. Deletions are spread over the same publications.
  package var batch = 500
  package var search = SearchOptions()
  package var merging: MergePolicy? = MergePolicy()
  package var seed: UInt64 = 1

  package init() {}

  /// Runs the benchmark on the index at `path`. Its items are the first rows of `vectors`, with their row numbers as
  /// ids; the last `added` rows are added.
  ///
  /// A search takes the vector of an item that must be there. The item must be found by its id. The nearest items to
  /// its vector must hold it (or, where the budget kept it out, those of a search without budget). No hit may be an
  /// item whose deletion was published before.
  ///
  /// - Throws: `InputError` of the index. Errors of searches are counted instead.
  package func run(
    _ path: String, _ vectors: Matrix, pool: ThreadPool, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws -> UpdateBenchmarkReport {
    let live = try LiveIndex(opening: path, options: .init(merging: merging), pool: pool)
    let initial = vectors.rows - added
    let ledger = UpdateLedger(count: vectors.rows, initial: initial)
    var report = UpdateBenchmarkReport()
    report.items = initial
    report.quiet = try Self.quantiles(quietSearches(live.current, vectors[rows: 0..<initial]))

    let run = SearchRun(benchmark: self, live: live, ledger: ledger, vectors: vectors, progress: progress)
    let start = ContinuousClock.now
    let group = DispatchGroup()
    for thread in 0..<threads {
      group.enter()
      // Threads of their own: a pool's are for work that ends.
      let worker = Thread {
        run.search(stream: UInt64(thread + 1))
        group.leave()
      }
      worker.stackSize = 4 << 20
      worker.start()
    }
    let outcome = Result { try change(live, ledger, vectors, initial) }
    run.isChanging.store(false, ordering: .releasing)
    group.wait()
    let changes = try outcome.get()
    report.seconds = Stopwatch.seconds(since: start)
    report.add(run.outcome)
    report.publishing = Self.quantiles(changes.map(\.publishSeconds))
    report.updating = Self.quantiles(changes.map(\.seconds))
    report.publications = changes.count
    report.merges = changes.reduce(0) { $0 + $1.merges }
    report.rewritten = changes.reduce(0) { $0 + $1.rewritten }
    report.segments = live.current.segments.count
    report.itemsAfter = live.current.count
    report.itemsExpected = ledger.present
    let alone = vectors[rows: 0..<initial]
    report.settled = try Self.quantiles(quietSearches(live.current, alone))
    report.compactSeconds = try live.compact().seconds
    report.compacted = try Self.quantiles(quietSearches(live.current, alone))
    report.added = added
    report.deleted = deleted
    return report
  }

  /// Latencies while nothing changes, on one thread.
  private func quietSearches(_ index: SemanticIndex, _ vectors: Matrix) throws -> [Double] {
    var random = CounterRandom(seed: seed, stream: 1 << 32)
    return try (0..<1000).map { _ in
      let query = vectors.row(random.below(vectors.rows))
      let start = ContinuousClock.now
      _ = try index.search(query, options: search)
      return Stopwatch.seconds(since: start)
    }
  }

  /// Adds and deletes items, one batch after the other.
  private func change(
    _ live: LiveIndex, _ ledger: UpdateLedger, _ vectors: Matrix, _ initial: Int
  ) throws -> [UpdateReport] {
    var random = CounterRandom(seed: seed)
    var reports: [UpdateReport] = []
    let rounds = max(1, (added + batch - 1) / batch)
    for round in 0..<rounds {
      let rows = initial + round * batch..<min(vectors.rows, initial + (round + 1) * batch)
      if !rows.isEmpty {
        let items = IndexChanges.Items(ids: StringColumn(rows.map(String.init)), vectors: vectors[rows: rows])
        reports.append(try live.update(IndexChanges(added: items)))
        ledger.wasAdded(rows)
      }
      let gone = ledger.take(deleted * (round + 1) / rounds - deleted * round / rounds, &random)
      if gone.isEmpty { continue }
      reports.append(try live.update(IndexChanges(deleted: gone.map(String.init))))
      ledger.areGone(gone)
    }
    return reports
  }

  static func quantiles(_ seconds: [Double]) -> UpdateBenchmarkReport.Quantiles {
    let sorted = seconds.sorted()
    func quantile(_ share: Double) -> Double {
      sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
    return .init(p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), longest: sorted.last ?? 0)
  }
}

/// The times of searches and changes, and whether every answer was right.
package struct UpdateBenchmarkReport: Codable, Hashable, Sendable {
  /// In seconds.
  package struct Quantiles: Codable, Hashable, Sendable {
    package var p50 = 0.0
    package var p95 = 0.0
    package var p99 = 0.0
    package var longest = 0.0
  }

  /// Number of items at the start.
  package var items = 0
  package var added = 0
  package var deleted = 0
  package var searches = 0
  package var seconds = 0.0
  /// Latency of one search before the changes, on one thread, and during them.
  package var quiet = Quantiles()
  package var searching = Quantiles()
  /// Latency of one search after the changes, on one thread: with the segments as they are, and after compaction.
  package var settled = Quantiles()
  package var compacted = Quantiles()
  package var compactSeconds = 0.0
  /// From the call to the publication, and to the end of the merges after it.
  package var publishing = Quantiles()
  package var updating = Quantiles()
  package var publications = 0
  package var merges = 0
  package var rewritten = 0
  package var segments = 0
  package var itemsAfter = 0
  package var itemsExpected = 0
  /// Number of searches that threw an error.
  package var errors = 0
  /// The first such error.
  package var firstError: String?
  /// Number of published items that were not found.
  package var missing = 0
  /// Number of answers with an item whose deletion had been published.
  package var deletedReturned = 0
  /// Number of searches whose budget left out the item with the searched vector.
  package var beyondBudget = 0

  package init() {}

  package var isRight: Bool { errors == 0 && missing == 0 && deletedReturned == 0 && itemsAfter == itemsExpected }
}
