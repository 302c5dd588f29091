import Retrieval
import Synchronization

/// The filters of late requests, for one state of an index. A filter is a bit per item: making it costs more than most
/// searches.
final class FilterCache: Sendable {
  private struct State {
    var filters: [String: (filter: ItemFilter, used: UInt64)] = [:]
    var clock: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  /// - Parameter limit: filters to keep.
  init(limit: Int) { self.limit = limit }

  /// The filter of a key, made where it is not there.
  func filter(_ key: String, _ make: () throws -> ItemFilter) rethrows -> ItemFilter {
    let kept = state.withLock { state -> ItemFilter? in
      state.clock += 1
      guard let kept = state.filters[key] else { return nil }
      state.filters[key]?.used = state.clock
      return kept.filter
    }
    if let kept { return kept }
    let made = try make()
    state.withLock { state in
      if state.filters.count >= limit, let oldest = state.filters.min(by: { $0.value.used < $1.value.used }) {
        state.filters[oldest.key] = nil
      }
      state.filters[key] = (made, state.clock)
    }
    return made
  }
}
