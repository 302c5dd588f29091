import DequeModule
import Foundation
import Synchronization

/// Threads that do the work of requests, and the requests that wait for one. The queue is bounded: a server that cannot
/// keep up says so at once, and its latency stays that of a full queue.
final class WorkQueue: Sendable {
  private struct Job {
    var deadline: ContinuousClock.Instant
    var run: @Sendable (_ isLate: Bool) -> Void
  }

  private struct State {
    var waiting = Deque<Job>()
    var running = 0
    var isClosed = false
  }

  private let state: Mutex<State>
  private let work = DispatchSemaphore(value: 0)
  private let limit: Int
  let threads: Int

  /// - Parameter limit: requests that may wait.
  init(threads: Int, limit: Int, name: String) {
    self.threads = threads
    self.limit = limit
    state = Mutex(State())
    for number in 0..<threads {
      let thread = Thread { [self] in serve() }
      thread.name = "\(name)-\(number)"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  private func serve() {
    while true {
      work.wait()
      let job = state.withLock { state -> Job? in
        guard let job = state.waiting.popFirst() else { return nil }
        state.running += 1
        return job
      }
      guard let job else {
        if state.withLock({ $0.isClosed }) { return }
        continue
      }
      job.run(ContinuousClock.now > job.deadline)
      state.withLock { $0.running -= 1 }
    }
  }

  /// Requests that wait, and those that are worked on.
  var load: (waiting: Int, running: Int) { state.withLock { ($0.waiting.count, $0.running) } }

  /// Ends the threads once nothing waits.
  func close() {
    state.withLock { $0.isClosed = true }
    for _ in 0..<threads { work.signal() }
  }

  /// Runs `body` on one of the threads.
  ///
  /// - Throws: what `body` throws; `ServerFault` of kind `busy` when the queue is full, and `deadline` when its turn came
  ///   too late.
  func run<Result: Sendable>(
    until deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
      let job = Job(deadline: deadline) { isLate in
        guard !isLate else { return continuation.resume(throwing: Self.late) }
        continuation.resume(with: Swift.Result { try body() })
      }
      let isTaken = state.withLock { state in
        guard state.waiting.count < limit, !state.isClosed else { return false }
        state.waiting.append(job)
        return true
      }
      if isTaken {
        work.signal()
      } else {
        continuation.resume(
          throwing: ServerFault(
            .busy, "server", expected: "at most \(limit) requests that wait", found: "more",
            remedy: "try again after the seconds that Retry-After says"))
      }
    }
  }

  static let late = ServerFault(
    .deadline, "request", expected: "an answer within its time", found: "it was up",
    remedy: "ask for less, or give it more with ?timeout=SECONDS")
}
