import Corpora
import Synchronization

/// The constraints that requests asked for, by name; the ones used longest ago go first.
final class ConstraintCache: Sendable {
  struct Entry: Sendable {
    var constraint: DecodingConstraint
    /// The index and the state of it that the constraint was made of.
    var index: String
    var generation: String
  }

  private struct State {
    var entries: [String: (entry: Entry, used: UInt64)] = [:]
    var clock: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  subscript(name: String) -> Entry? {
    state.withLock { state in
      state.clock += 1
      state.entries[name]?.used = state.clock
      return state.entries[name]?.entry
    }
  }

  func keep(_ entry: Entry, as name: String) {
    state.withLock { state in
      state.clock += 1
      if state.entries[name] == nil, state.entries.count >= limit,
        let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
      {
        state.entries[oldest.key] = nil
      }
      state.entries[name] = (entry, state.clock)
    }
  }

  var count: Int { state.withLock { $0.entries.count } }
}
