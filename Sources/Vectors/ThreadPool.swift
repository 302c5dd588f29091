import Dispatch
import Synchronization

/// The engine's one pool of threads.
///
/// Work is cut into tasks whose bounds depend on the data alone, never on the number of threads, and results are
/// combined in task order. So every algorithm gives the same bits on one thread and on many. BLAS and OpenMP run
/// single-threaded inside it, since nested pools cost more than they bring.
///
/// The pool is a width over Dispatch's workers: a value, cheap to copy and to pass down.
public struct ThreadPool: Hashable, Sendable {
  /// How many threads take tasks at a time, including the caller's.
  public let threads: Int
  /// Threads that wait for this pool's next pass; nil where each pass takes its own from Dispatch.
  private let crew: Crew?

  /// - Parameter threads: at least 1; by default one for each active processor.
  public init(threads: Int? = nil) {
    self.init(threads: max(1, threads ?? Self.processors), crew: nil)
  }

  private init(threads: Int, crew: Crew?) {
    self.threads = threads
    self.crew = crew
  }

  public static func == (a: ThreadPool, b: ThreadPool) -> Bool { a.threads == b.threads }
  public func hash(into hasher: inout Hasher) { hasher.combine(threads) }

  /// Runs `body` with a pool as wide as this one, whose threads wait for its passes instead of being called for each.
  ///
  /// For work of many short passes, such as the steps of a training. Results are the same.
  package func gathered<Value>(_ body: (ThreadPool) throws -> Value) rethrows -> Value {
    guard threads > 1, crew == nil else { return try body(self) }
    let crew = Crew(members: threads - 1)
    defer { crew.dismiss() }
    return try body(ThreadPool(threads: threads, crew: crew))
  }

  /// Runs `body(0) … body(tasks - 1)`, each once, on at most `threads` threads, and waits for all.
  ///
  /// Tasks start in order. The body may touch shared memory, but no two tasks may write to one place.
  package func run(tasks: Int, _ body: (Int) -> Void) {
    guard tasks > 0 else { return }
    let width = min(threads, tasks)
    guard width > 1 else {
      for task in 0..<tasks { body(task) }
      return
    }
    // Both ways return only after every task, so the body does not escape.
    withoutActuallyEscaping(body) { body in
      if let crew, crew.run(tasks: tasks, body) { return }
      let next = Atomic(0)
      let body = UncheckedBox(body)
      DispatchQueue.concurrentPerform(iterations: width) { _ in
        while true {
          let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard task < tasks else { return }
          body.value(task)
        }
      }
    }
  }

  /// The same for tasks that throw: all run, and the error of the lowest-numbered task that failed is thrown.
  package func run(tasks: Int, throwing body: (Int) throws -> Void) throws {
    let failure = Mutex<(task: Int, error: any Error)?>(nil)
    run(tasks: tasks) { task in
      do {
        try body(task)
      } catch {
        let sendable = UncheckedBox(error)
        failure.withLock { first in
          if first.map({ task < $0.task }) ?? true { first = (task, sendable.value) }
        }
      }
    }
    if let first = failure.withLock({ $0 }) { throw first.error }
  }

  /// Runs `other` on a thread of its own while `body` runs on the caller's, and waits for both. On a pool of one thread
  /// they run one after the other.
  ///
  /// For work that mostly waits, such as writing files: it does not count as one of the pool's threads.
  ///
  /// - Throws: the error of `body`, or else that of `other`.
  package func beside<Other, Value>(
    _ other: () throws -> Other, _ body: () throws -> Value
  ) throws -> (other: Other, value: Value) {
    guard threads > 1 else {
      let value = try body()
      return (try other(), value)
    }
    // The group is waited for before the call returns, so `other` does not escape it.
    return try withoutActuallyEscaping(other) { other in
      let other = UncheckedBox(other)
      let result = ResultBox<Other>()
      let group = DispatchGroup()
      DispatchQueue.global().async(group: group) { result.value = Result { try other.value() } }
      let value = Result { try body() }
      group.wait()
      let own = try value.get()
      guard let found = result.value else { preconditionFailure("the group has been waited for") }
      return (try found.get(), own)
    }
  }

  /// Cuts `0..<count` into pieces of `size` (the last may be shorter) and runs `body` on each piece.
  package func run(over count: Int, inPiecesOf size: Int, _ body: (Range<Int>) -> Void) {
    run(tasks: (count + size - 1) / size) { piece in
      body(piece * size..<min(count, (piece + 1) * size))
    }
  }
}

/// Carries a value across a lock that the compiler cannot check.
struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// Where another thread leaves its result, which is read once that thread has ended.
private final class ResultBox<Value>: @unchecked Sendable {
  var value: Result<Value, any Error>?
}
