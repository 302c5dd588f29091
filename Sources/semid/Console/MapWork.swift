import Synchronization

/// Adds up the work that threads report in pieces, as a share of the whole.
final class MapWork: Sendable {
  private let done = Atomic(0)

  func percent(_ more: Int, of total: Int) -> Int {
    let sum = done.wrappingAdd(more, ordering: .relaxed).newValue
    return total > 0 ? min(100, sum * 100 / total) : 100
  }
}
