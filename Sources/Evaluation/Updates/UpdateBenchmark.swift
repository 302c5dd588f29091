import Foundation
public import Retrieval
import Synchronization
import Tokenizers
public import Vectors

/// Searches an index from several threads while items are added to it and deleted from it, and checks every answer.
public struct UpdateBenchmark: Sendable {
  /// Threads that search, beside the one that changes the index.
  public var threads = 4
  /// Searches, at least: they go on until the last change is published.
  public var searches = 100_000
  public var added = 50_000
  public var deleted = 20_000
  /// Items that one publication adds; deletions are spread over as many publications.
  public var batch = 500
  public var search = SearchOptions()
  public var merging: MergePolicy? = MergePolicy()
  public var seed: UInt64 = 1

  public init() {}

  /// Runs it on the index at `path`, whose items are the first rows of `vectors`, with their numbers for ids; the last
  /// `added` rows are added.
  ///
  /// A search is for the vector of an item that must be there; the item must be found by its id, its vector's nearest
  /// items must hold it (or, where the budget kept the search from it, those of a search without budget), and no hit
  /// may be an item whose deletion was published before.
  ///
  /// - Throws: `InputError` of the index; what a search throws is counted instead.
  public func run(
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
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
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
      return (ContinuousClock.now - start) / .seconds(1)
    }
  }

  /// Adds and deletes, a batch after the other.
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

/// What searches and changes took, and whether every answer was right.
public struct UpdateBenchmarkReport: Codable, Hashable, Sendable {
  /// In seconds.
  public struct Quantiles: Codable, Hashable, Sendable {
    public var p50 = 0.0
    public var p95 = 0.0
    public var p99 = 0.0
    public var longest = 0.0
  }

  /// At the start.
  public var items = 0
  public var added = 0
  public var deleted = 0
  public var searches = 0
  public var seconds = 0.0
  /// Latency of one search before the changes, on one thread, and during them.
  public var quiet = Quantiles()
  public var searching = Quantiles()
  /// Latency of one search after the changes, on one thread: of the segments as they are then, and compacted.
  public var settled = Quantiles()
  public var compacted = Quantiles()
  public var compactSeconds = 0.0
  /// From the call to the publication; and to the end of the merges after it.
  public var publishing = Quantiles()
  public var updating = Quantiles()
  public var publications = 0
  public var merges = 0
  public var rewritten = 0
  public var segments = 0
  public var itemsAfter = 0
  public var itemsExpected = 0
  /// Searches that threw.
  public var errors = 0
  /// The first of what was thrown.
  public var firstError: String?
  /// Published items that were not there.
  public var missing = 0
  /// Answers with an item whose deletion had been published.
  public var deletedReturned = 0
  /// Searches whose budget left out the item whose vector was searched for.
  public var beyondBudget = 0

  public init() {}

  public var isRight: Bool { errors == 0 && missing == 0 && deletedReturned == 0 && itemsAfter == itemsExpected }
}
