import SemanticID
import Synchronization

/// Adds up the work that threads report in pieces, and shows it as a step's progress.
final class MapWork: Sendable {
  private let done = Atomic(0)
  private let step: StepProgress

  init(_ step: StepProgress) { self.step = step }

  func add(_ more: Int, of total: Int) {
    step.update(to: done.wrappingAdd(more, ordering: .relaxed).newValue, of: total)
  }
}
