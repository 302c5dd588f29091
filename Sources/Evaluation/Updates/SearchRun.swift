import Retrieval
import Synchronization
import Vectors

/// Searches an index from many threads while it changes, and records the results.
final class SearchRun: Sendable {
  struct Outcome {
    var latencies: [Double] = []
    var errors = 0
    var firstError: String?
    var missing = 0
    var deletedReturned = 0
    var beyondBudget = 0
  }

  private let benchmark: UpdateBenchmark
  private let live: LiveIndex
  private let ledger: UpdateLedger
  private let vectors: Matrix
  private let progress: @Sendable (Int) -> Void
  private let done = Atomic(0)
  private let total = Mutex(Outcome())
  /// Whether changes are still to come.
  let isChanging = Atomic(true)

  init(
    benchmark: UpdateBenchmark, live: LiveIndex, ledger: UpdateLedger, vectors: Matrix,
    progress: @escaping @Sendable (Int) -> Void
  ) {
    self.benchmark = benchmark
    self.live = live
    self.ledger = ledger
    self.vectors = vectors
    self.progress = progress
  }

  var outcome: Outcome { total.withLock { $0 } }

  /// Searches until all threads together have done enough searches, and no change is to come.
  func search(stream: UInt64) {
    var random = CounterRandom(seed: benchmark.seed, stream: stream)
    var outcome = Outcome()
    while done.load(ordering: .relaxed) < benchmark.searches || isChanging.load(ordering: .acquiring) {
      do {
        try one(&random, &outcome)
      } catch {
        outcome.errors += 1
        outcome.firstError = outcome.firstError ?? "\(error)"
      }
      let count = done.add(1, ordering: .relaxed).newValue
      if count % 256 == 0 { progress(count) }
    }
    total.withLock { total in
      total.latencies += outcome.latencies
      total.errors += outcome.errors
      total.firstError = total.firstError ?? outcome.firstError
      total.missing += outcome.missing
      total.deletedReturned += outcome.deletedReturned
      total.beyondBudget += outcome.beyondBudget
    }
  }

  private func one(_ random: inout CounterRandom, _ outcome: inout Outcome) throws {
    let (item, index, time) = ledger.pick(&random, from: live)
    let query = vectors.row(item)
    let start = ContinuousClock.now
    let hits = try index.search(query, options: benchmark.search).hits
    outcome.latencies.append(Stopwatch.seconds(since: start))
    guard let row = index.row(id: String(item)) else {
      outcome.missing += 1
      return
    }
    if !hits.contains(where: { $0.row == row }) {
      // Equal vectors may fill the answer, or the budget may not reach the item.
      let all = try index.search(query, options: .unlimited(k: benchmark.search.k)).hits
      let isTied = all.count == benchmark.search.k && all.last?.distance == 0
      if all.contains(where: { $0.row == row }) || isTied { outcome.beyondBudget += 1 } else { outcome.missing += 1 }
    }
    let found = hits.compactMap { Int(index.id(ofRow: $0.row)) }
    if found.count < hits.count || ledger.isGone(found, at: time)
      || hits.contains(where: { !index.contains(row: $0.row) })
    {
      outcome.deletedReturned += 1
    }
  }
}

extension UpdateBenchmarkReport {
  mutating func add(_ outcome: SearchRun.Outcome) {
    searches = outcome.latencies.count
    searching = UpdateBenchmark.quantiles(outcome.latencies)
    errors = outcome.errors
    firstError = outcome.firstError
    missing = outcome.missing
    deletedReturned = outcome.deletedReturned
    beyondBudget = outcome.beyondBudget
  }
}
