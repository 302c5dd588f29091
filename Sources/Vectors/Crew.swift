import CKernels
import Dispatch
import Synchronization

/// Threads that stay with one piece of work and wait between its passes, at first awake. So a pass starts in about a
/// microsecond, where threads that sleep need tens.
///
/// One thread leads: it posts a job, works on it itself, closes it, and waits for the threads that joined. It does not
/// wait for a thread that comes late, or never. One word says whether a thread may join, so a job is changed only while
/// nobody is in it.
final class Crew: @unchecked Sendable {
  /// The job's number, whether it may be joined, whether the leader sleeps, and how many have joined.
  private let state = Atomic<UInt64>(0)
  private static let isOpen: UInt64 = 1 << 16
  private static let isDismissed: UInt64 = 1 << 17
  private static let leaderSleeps: UInt64 = 1 << 18
  private static let joined: UInt64 = isOpen - 1
  private static let numberShift: UInt64 = 32

  /// The job: written by the leader while none may join, read by those who have.
  private var body: ((Int) -> Void)?
  private var tasks = 0
  private let next = Atomic<Int>(0)

  private let isLed = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let wake = DispatchSemaphore(value: 0)
  private let leaderWake = DispatchSemaphore(value: 0)
  /// How often a thread looks for a job before it sleeps: some fifty microseconds.
  private let looks: Int

  /// - Parameter members: threads beside the leader's; fewer come where the system has none to spare.
  init(members: Int) {
    // Waiting awake takes a processor from the one that is waited for, where there are fewer than threads.
    looks = members < ThreadPool.processors ? 2000 : 0
    for _ in 0..<members { DispatchQueue.global().async { self.serve() } }
  }

  /// Ends the crew; there is no job after this.
  func dismiss() {
    state.store(Self.isDismissed, ordering: .sequentiallyConsistent)
    wakeSleepers()
  }

  /// Runs `body(0) … body(tasks - 1)`, each once, and waits for all.
  ///
  /// - Returns: false, with nothing done, when the crew is at work: a job may not post another.
  func run(tasks: Int, _ body: @escaping (Int) -> Void) -> Bool {
    guard !isLed.exchange(true, ordering: .acquiring) else { return false }
    self.body = body
    self.tasks = tasks
    next.store(0, ordering: .relaxed)
    let number = (state.load(ordering: .relaxed) >> Self.numberShift) + 1
    state.store(number << Self.numberShift | Self.isOpen, ordering: .sequentiallyConsistent)
    wakeSleepers()
    takeTasks()
    close()
    self.body = nil
    isLed.store(false, ordering: .releasing)
    return true
  }

  private func takeTasks() {
    guard let body else { return }
    while true {
      let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard task < tasks else { return }
      body(task)
    }
  }

  // MARK: The leader

  private func wakeSleepers() {
    for _ in 0..<sleepers.exchange(0, ordering: .sequentiallyConsistent) { wake.signal() }
  }

  /// Lets nobody join any more, and waits until all who did have left.
  private func close() {
    var now = state.bitwiseAnd(~Self.isOpen, ordering: .acquiringAndReleasing).newValue
    var look = 0
    while now & Self.joined > 0, look < looks {
      semid_pause()
      now = state.load(ordering: .acquiring)
      look += 1
    }
    while now & Self.joined > 0 {
      let change = state.compareExchange(
        expected: now, desired: now | Self.leaderSleeps, ordering: .acquiringAndReleasing)
      guard !change.exchanged else { return leaderWake.wait() }
      now = change.original
    }
  }

  // MARK: The others

  private func serve() {
    var last: UInt64 = 0
    while let number = awaitJob(after: last) {
      last = number
      guard join(number) else { continue }
      takeTasks()
      let before = state.wrappingSubtract(1, ordering: .acquiringAndReleasing).oldValue
      if before & Self.joined == 1, before & Self.leaderSleeps != 0 { leaderWake.signal() }
    }
  }

  /// The number of an open job other than the last one; nil when all are let go.
  private func awaitJob(after last: UInt64) -> UInt64? {
    while true {
      for _ in 0...looks {
        let now = state.load(ordering: .acquiring)
        if Self.isNews(now, after: last) { return now & Self.isDismissed != 0 ? nil : now >> Self.numberShift }
        semid_pause()
      }
      sleep(after: last)
    }
  }

  private func sleep(after last: UInt64) {
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    // Without this look, a job that was posted before the leader could count this sleeper would be missed.
    let now = state.load(ordering: .sequentiallyConsistent)
    if Self.isNews(now, after: last), uncount() { return }
    wake.wait()
  }

  /// Whether there is a job other than the last one, or none any more.
  private static func isNews(_ state: UInt64, after last: UInt64) -> Bool {
    state & isDismissed != 0 || (state & isOpen != 0 && state >> numberShift != last)
  }

  /// Takes this sleeper out of the count; false when the leader has counted it, and signals.
  private func uncount() -> Bool {
    var count = sleepers.load(ordering: .relaxed)
    while count > 0 {
      let change = sleepers.compareExchange(
        expected: count, desired: count - 1, ordering: .sequentiallyConsistent)
      if change.exchanged { return true }
      count = change.original
    }
    return false
  }

  private func join(_ number: UInt64) -> Bool {
    var now = state.load(ordering: .acquiring)
    while now & Self.isOpen != 0, now >> Self.numberShift == number {
      let change = state.compareExchange(expected: now, desired: now + 1, ordering: .acquiringAndReleasing)
      if change.exchanged { return true }
      now = change.original
    }
    return false
  }
}
