import Retrieval
import Synchronization
import Vectors

/// What must be true of answers while an index changes: which items are surely there, and which are surely gone.
///
/// An item is surely there from the return of its publication until its deletion begins. It is surely gone once the
/// deletion has returned. In between it may be either.
final class UpdateLedger: Sendable {
  private struct State {
    var present: [Int]
    /// By item, its place in `present`, or −1.
    var places: [Int]
    /// By item, the number of the publication that deleted it.
    var goneAt: [Int]
    var publications = 0
  }

  private let state: Mutex<State>

  /// Items 0 ..< `initial` of `count` are there.
  init(count: Int, initial: Int) {
    state = Mutex(
      State(
        present: Array(0..<initial), places: (0..<count).map { $0 < initial ? $0 : -1 },
        goneAt: Array(repeating: .max, count: count)))
  }

  var present: Int { state.withLock { $0.present.count } }

  /// An item that is surely in the state of `live` that is returned with it.
  func pick(_ random: inout CounterRandom, from live: LiveIndex) -> (item: Int, index: SemanticIndex, time: Int) {
    let share = random.uniform()
    return state.withLock { state in
      let place = min(state.present.count - 1, Int(share * Double(state.present.count)))
      return (state.present[place], live.current, state.publications)
    }
  }

  /// Whether the item was surely gone from what was published at `time`.
  func isGone(_ items: [Int], at time: Int) -> Bool {
    state.withLock { state in items.contains { state.goneAt[$0] <= time } }
  }

  func wasAdded(_ items: Range<Int>) {
    state.withLock { state in
      for item in items {
        state.places[item] = state.present.count
        state.present.append(item)
      }
      state.publications += 1
    }
  }

  /// Takes `count` items from those that are surely there, to delete them.
  func take(_ count: Int, _ random: inout CounterRandom) -> [Int] {
    let shares = (0..<count).map { _ in random.uniform() }
    return state.withLock { state in
      shares.map { share in
        let place = min(state.present.count - 1, Int(share * Double(state.present.count)))
        let item = state.present[place]
        let last = state.present.removeLast()
        if last != item {
          state.present[place] = last
          state.places[last] = place
        }
        state.places[item] = -1
        return item
      }
    }
  }

  func areGone(_ items: [Int]) {
    state.withLock { state in
      state.publications += 1
      for item in items { state.goneAt[item] = state.publications }
    }
  }
}
