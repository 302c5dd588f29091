import Foundation
import Synchronization

/// The progress of one step of known or unknown length, shown on standard error.
///
/// Steps under a second stay silent. On a terminal a bar with rate and time left is drawn over itself; elsewhere a plain
/// line is written now and then. `advance` may be called from any thread, and costs an atomic addition between draws.
final class StepProgress: Sendable {
  private let title: String
  private let unit: String
  /// nil: silent.
  private let diagnostics: Diagnostics?
  private let now: @Sendable () -> Duration
  private let start: Duration
  private let done = Atomic(0)
  private let state: Mutex<State>

  private struct State {
    var due: Duration
    var note = ""
    var total: Int?
    var isFinished = false
  }

  /// Steps shorter than this say nothing.
  static let patience = Duration.seconds(1)
  static let redrawInterval = Duration.milliseconds(100)
  /// Between plain lines, where nothing can be drawn over.
  static let lineInterval = Duration.seconds(10)

  init(
    _ title: String, total: Int?, unit: String, diagnostics: Diagnostics?,
    now: @escaping @Sendable () -> Duration = StepProgress.uptime
  ) {
    self.title = title
    self.unit = unit
    self.diagnostics = diagnostics
    self.now = now
    start = now()
    state = Mutex(
      State(due: start + (diagnostics?.canRedraw == true ? Self.patience : Self.lineInterval), total: total))
  }

  private static let origin = ContinuousClock.now
  @Sendable static func uptime() -> Duration { ContinuousClock.now - origin }

  /// Adds `count` units to what is done.
  func advance(by count: Int = 1) {
    done.add(count, ordering: .relaxed)
    show()
  }

  /// Sets what is done.
  func update(to count: Int) {
    done.store(count, ordering: .relaxed)
    show()
  }

  /// Sets what is done, of a length that becomes known only while the step runs.
  func update(to count: Int, of total: Int) {
    if diagnostics != nil { state.withLock { $0.total = total } }
    update(to: count)
  }

  /// Sets what is shown behind the figures, such as the loss so far.
  func note(_ text: String) {
    guard diagnostics != nil else { return }
    state.withLock { $0.note = text }
    show()
  }

  /// Ends the step. A step that took over a second leaves one line with its figures.
  func finish() {
    guard let diagnostics else { return }
    let elapsed = now() - start
    let isFirst = state.withLock { state in
      defer { state.isFinished = true }
      return !state.isFinished
    }
    guard isFirst else { return }
    diagnostics.clear()
    if elapsed >= Self.patience { diagnostics.line(summary(elapsed)) }
  }

  /// Ends the step without a word: it failed, or another line tells of it.
  func cancel() {
    state.withLock { $0.isFinished = true }
    diagnostics?.clear()
  }

  private func show() {
    guard let diagnostics else { return }
    let time = now()
    // A thread that finds another at it has nothing to add.
    _ = state.withLockIfAvailable { state in
      guard !state.isFinished, time >= state.due else { return }
      state.due = time + (diagnostics.canRedraw ? Self.redrawInterval : Self.lineInterval)
      let elapsed = time - start
      guard diagnostics.canRedraw else { return diagnostics.line(status(elapsed, state)) }
      // In a narrow terminal the figures matter more than the picture.
      let full = status(elapsed, state, barWidth: 24)
      let fits = DisplayWidth.of(full) <= diagnostics.columns
      diagnostics.draw(fits ? full : status(elapsed, state))
    }
  }

  // MARK: What is shown

  private func summary(_ elapsed: Duration) -> String {
    let count = done.load(ordering: .relaxed)
    guard count > 0 else { return "\(title): \(Text.duration(elapsed))" }
    let rate = Text.figure(Double(count) / (elapsed / .seconds(1)))
    return "\(title): \(Text.count(count)) \(unit) in \(Text.duration(elapsed)) (\(rate)/s)"
  }

  private func status(_ elapsed: Duration, _ state: State, barWidth: Int? = nil) -> String {
    let count = done.load(ordering: .relaxed)
    let seconds = elapsed / .seconds(1)
    let rate = seconds > 0 ? Double(count) / seconds : 0
    var text = title
    if let total = state.total, total > 0 {
      let share = min(1, max(0, Double(count) / Double(total)))
      if let barWidth { text += "  " + Self.bar(share, width: barWidth) }
      text += "  \(Int(share * 100))%  \(Text.count(count))/\(Text.count(total)) \(unit)"
      if rate > 0 {
        text += "  \(Text.figure(rate))/s"
        text += "  \(Text.duration(.seconds(max(0, (Double(total - count) / rate).rounded())))) left"
      }
    } else {
      text += "  \(Text.count(count)) \(unit)  \(Text.figure(rate))/s  \(Text.duration(.seconds(seconds.rounded())))"
    }
    return state.note.isEmpty ? text : text + "  " + state.note
  }

  /// A bar in eighths of a column.
  static func bar(_ share: Double, width: Int) -> String {
    let eighths = Int((min(1, max(0, share)) * Double(width * 8)).rounded(.down))
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let text = String(repeating: "█", count: eighths / 8) + partial
    return "▕" + text + String(repeating: " ", count: width - eighths / 8 - (partial.isEmpty ? 0 : 1)) + "▏"
  }
}
