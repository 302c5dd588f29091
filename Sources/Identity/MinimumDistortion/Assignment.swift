import HeapModule

/// Assigns items to slots at the least sum of costs. One item after the other takes the shortest augmenting path
/// (successive shortest paths with potentials, as in Jonker & Volgenant 1987). So after each item the assignment is the
/// cheapest for the items so far.
///
/// An item's costs come as a list of its cheapest slots, ascending. A slot that is not listed costs at least as much as
/// the last one listed. When a search cannot be settled without the other slots, the list is lengthened. The result is
/// that of full lists.
///
/// Equal sums are settled by the order of insertion: an item stays where a later one could go elsewhere for the same
/// sum. Slots that still have room have price 0; prices only rise.
///
/// Items of one kind have the same costs, and one list. Each of them that has a slot pays the same for it, price
/// included. So a search reaches most slots from the first item of a kind that it comes to, and passes over the others:
/// many equal items cost about as much as the slots that they look at.
struct Assignment {
  /// One slot and what it costs an item.
  struct Candidate {
    var cost: Float
    var slot: Int32
  }

  /// The cheapest slots of one item, ascending by cost, then by slot.
  struct Candidates {
    var listed: [Candidate]
    /// Whether `listed` holds every slot.
    var isComplete: Bool
  }

  /// By kind.
  private var candidates: [Candidates]
  /// The kind of every item.
  private let kinds: [Int]
  /// The full list of a kind.
  private let lengthen: (Int) throws -> Candidates
  private var room: [Int]
  private var prices: [Double]
  private var holders: [[Int32]]
  /// Slots from which no chain of moves ends in a slot with room, now or later. A search that found no room has reached
  /// them all.
  private var isClosed: [Bool]
  /// The candidate that each item has taken; −1: none.
  private var taken: [Int32]
  /// How much of its kind's list each item looks at: the first part, until a search cannot be settled without the rest.
  private var known: [Int]

  // The search.
  private var distances: [Double]
  private var parents: [Step]
  private var isFinal: [Bool]
  private var touched: [Int] = []
  /// By kind: how much of its list this search has looked at from one of its items, or 0; and the kinds with more than
  /// 0.
  private var depths: [Int]
  private var scanned: [Int] = []
  private var heap = Heap<Event>()

  /// `item` moves to a slot by its candidate number `candidate`.
  private struct Step {
    var item: Int32
    var candidate: Int32
  }

  private struct Event: Comparable {
    var distance: Double
    /// A slot, or −1 − item where the item's list has to be lengthened.
    var what: Int32
    /// For a list: the distance to which the item's costs are added.
    var base: Double = 0
    /// Slots before lists, low slots first.
    private var rank: UInt32 { UInt32(bitPattern: what) }
    static func < (a: Event, b: Event) -> Bool {
      a.distance != b.distance ? a.distance < b.distance : a.rank < b.rank
    }
    static func == (a: Event, b: Event) -> Bool { a.distance == b.distance && a.what == b.what }
  }

  /// - Parameters:
  ///   - candidates: one list per kind.
  ///   - kinds: the kind of every item; nil: each item is a kind of its own.
  ///   - room: how many items each slot can take.
  ///   - lengthen: gives the full list of a kind; called at most once for each kind whose list is not complete.
  init(
    candidates: [Candidates], kinds: [Int]? = nil, room: [Int], lengthen: @escaping (Int) throws -> Candidates
  ) {
    self.candidates = candidates
    self.kinds = kinds ?? Array(candidates.indices)
    self.room = room
    self.lengthen = lengthen
    prices = Array(repeating: 0, count: room.count)
    holders = Array(repeating: [], count: room.count)
    isClosed = Array(repeating: false, count: room.count)
    taken = Array(repeating: -1, count: self.kinds.count)
    known = self.kinds.map { candidates[$0].listed.count }
    depths = Array(repeating: 0, count: candidates.count)
    distances = Array(repeating: .infinity, count: room.count)
    parents = Array(repeating: Step(item: -1, candidate: -1), count: room.count)
    isFinal = Array(repeating: false, count: room.count)
  }

  /// The slot of `item`; nil before it is inserted, and where no slot was left for it.
  func slot(of item: Int) -> Int? {
    taken[item] < 0 ? nil : Int(candidates[kinds[item]].listed[Int(taken[item])].slot)
  }

  /// Inserts all items, the lowest number first.
  mutating func run() throws {
    for item in kinds.indices { _ = try insert(item) }
  }

  /// Gives `item` a slot, and moves other items where that costs less in all.
  ///
  /// - Returns: false when every slot that a chain of moves could free is full. Nothing has changed then, and the item
  ///   cannot be placed later either.
  mutating func insert(_ item: Int) throws -> Bool {
    // Most items find their cheapest slot free.
    if let cheapest = candidates[kinds[item]].listed.first, room[Int(cheapest.slot)] > 0 {
      take(item, 0)
      return true
    }
    defer { forget() }
    var bound = Double.infinity
    scan(item, from: 0, base: 0, &bound)
    while let event = heap.popMin() {
      guard event.what >= 0 else {
        let waiting = Int(-1 - event.what)
        let kind = kinds[waiting]
        let before = known[waiting]
        if !candidates[kind].isComplete { complete(kind, with: try lengthen(kind)) }
        known[waiting] = candidates[kind].listed.count
        scan(waiting, from: before, base: event.base, &bound)
        continue
      }
      let slot = Int(event.what)
      guard !isFinal[slot] else { continue }
      isFinal[slot] = true
      if room[slot] > 0 {
        for other in touched where isFinal[other] { prices[other] += event.distance - distances[other] }
        augment(to: slot)
        return true
      }
      for holder in holders[slot] {
        let holder = Int(holder)
        let kind = kinds[holder]
        guard known[holder] > depths[kind] else { continue }
        let own = Double(candidates[kind].listed[Int(taken[holder])].cost) + prices[slot]
        scan(holder, from: 0, base: event.distance - own, &bound)
      }
    }
    for slot in touched { isClosed[slot] = true }
    return false
  }

  /// Reaches the slots that `item` could take. `bound` is the shortest way known to a slot with room. A longer way is
  /// of no use and, as prices are not negative, neither is the rest of an ascending list.
  private mutating func scan(_ item: Int, from first: Int, base: Double, _ bound: inout Double) {
    let kind = kinds[item]
    let listed = known[item]
    if depths[kind] == 0 { scanned.append(kind) }
    depths[kind] = max(depths[kind], listed)
    for index in first..<max(first, listed) {
      let candidate = candidates[kind].listed[index]
      guard base + Double(candidate.cost) < bound else { return }
      let slot = Int(candidate.slot)
      guard !isFinal[slot], !isClosed[slot] else { continue }
      let distance = base + Double(candidate.cost) + prices[slot]
      guard distance < distances[slot], distance < bound else { continue }
      if distances[slot] == .infinity { touched.append(slot) }
      distances[slot] = distance
      parents[slot] = Step(item: Int32(item), candidate: Int32(index))
      heap.insert(Event(distance: distance, what: Int32(slot)))
      if room[slot] > 0 { bound = distance }
    }
    if !candidates[kind].isComplete || listed < candidates[kind].listed.count {
      let beyond = base + Double(listed > 0 ? candidates[kind].listed[listed - 1].cost : 0)
      heap.insert(Event(distance: beyond, what: -1 - Int32(item), base: base))
    }
  }

  /// Listed slots keep their places, since searches and items point there.
  private mutating func complete(_ kind: Int, with all: Candidates) {
    let listed = Set(candidates[kind].listed.map(\.slot))
    candidates[kind].listed += all.listed.lazy.filter { !listed.contains($0.slot) }
    candidates[kind].isComplete = true
  }

  private mutating func augment(to end: Int) {
    var slot = end
    while true {
      let step = parents[slot]
      let item = Int(step.item)
      let before = self.slot(of: item)
      if let before {
        holders[before].removeAll { $0 == step.item }
        room[before] += 1
      }
      take(item, step.candidate)
      guard let before else { return }
      slot = before
    }
  }

  private mutating func take(_ item: Int, _ candidate: Int32) {
    let slot = Int(candidates[kinds[item]].listed[Int(candidate)].slot)
    taken[item] = candidate
    holders[slot].append(Int32(item))
    room[slot] -= 1
  }

  private mutating func forget() {
    for slot in touched {
      distances[slot] = .infinity
      isFinal[slot] = false
    }
    touched.removeAll(keepingCapacity: true)
    for kind in scanned { depths[kind] = 0 }
    scanned.removeAll(keepingCapacity: true)
    heap = Heap()
  }
}
