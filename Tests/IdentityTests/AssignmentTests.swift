import Testing
import Vectors

@testable import Identity

@Suite struct AssignmentTests {
  /// The least sum of costs over all assignments, by trying each.
  private static func bruteForce(_ costs: [[Float]], room: [Int], from item: Int = 0) -> Double {
    guard item < costs.count else { return 0 }
    var least = Double.infinity
    for slot in room.indices where room[slot] > 0 {
      var room = room
      room[slot] -= 1
      least = min(least, Double(costs[item][slot]) + bruteForce(costs, room: room, from: item + 1))
    }
    return least
  }

  private static func candidates(_ costs: [Float], listed: Int) -> Assignment.Candidates {
    let sorted = costs.indices.sorted { (costs[$0], $0) < (costs[$1], $1) }
    return Assignment.Candidates(
      listed: sorted.prefix(listed).map { .init(cost: costs[$0], slot: Int32($0)) }, isComplete: listed >= costs.count)
  }

  @Test func isTheCheapestOfAllAssignments() throws {
    for seed in 0..<300 { try check(seed: seed) }
  }

  private func check(seed: Int) throws {
    var random = CounterRandom(seed: UInt64(seed))
    let slots = 1 + random.below(6)
    let room = (0..<slots).map { _ in random.below(3) }
    let items = random.below(min(6, room.reduce(0, +)) + 1)
    // Few different costs, so that ties are many.
    let costs = (0..<items).map { _ in (0..<slots).map { _ in Float(random.below(seed % 2 == 0 ? 4 : 1000)) / 4 } }
    for listed in [1, 2, slots] {
      var lengthened = 0
      var assignment = Assignment(candidates: costs.map { Self.candidates($0, listed: listed) }, room: room) { item in
        lengthened += 1
        return Self.candidates(costs[item], listed: slots)
      }
      try assignment.run()
      var left = room
      var sum = 0.0
      for item in 0..<items {
        let slot = try #require(assignment.slot(of: item))
        left[slot] -= 1
        sum += Double(costs[item][slot])
      }
      #expect(left.allSatisfy { $0 >= 0 })
      #expect(sum == Self.bruteForce(costs, room: room))
      #expect(listed < slots || lengthened == 0)
    }
  }

  @Test func anItemWithoutASlotChangesNothing() throws {
    let costs: [[Float]] = [[1, 2], [1, 3], [0, 9]]
    var assignment = Assignment(candidates: costs.map { Self.candidates($0, listed: 2) }, room: [1, 1]) { _ in
      throw InputError(.usage, "nothing to lengthen")
    }
    #expect(try assignment.insert(0))
    #expect(try assignment.insert(1))
    #expect(try !assignment.insert(2))
    #expect(assignment.slot(of: 0) == 1 && assignment.slot(of: 1) == 0 && assignment.slot(of: 2) == nil)
  }

  @Test func ofEqualItemsTheFirstStays() throws {
    let costs = [[Float]](repeating: [0, 1, 2, 3], count: 4)
    var assignment = Assignment(
      candidates: costs.map { Self.candidates($0, listed: 2) }, room: [1, 1, 1, 1],
      lengthen: { Self.candidates(costs[$0], listed: 4) })
    try assignment.run()
    #expect((0..<4).map { assignment.slot(of: $0) } == [0, 1, 2, 3])
  }

  /// Where not all can be placed, as many are as in any assignment, and those at the least cost.
  @Test func placesAsManyAsThereCanBe() throws {
    var short = 0
    for seed in 0..<300 {
      var random = CounterRandom(seed: UInt64(seed), stream: 1)
      let slots = 1 + random.below(5)
      let room = (0..<slots).map { _ in random.below(2) }
      let lists = (0..<1 + random.below(6)).map { _ in
        (0..<slots).filter { _ in random.below(2) == 0 }.map { (cost: Float(random.below(9)), slot: $0) }
          .sorted { ($0.cost, $0.slot) < ($1.cost, $1.slot) }
      }
      var assignment = Assignment(
        candidates: lists.map { list in
          .init(listed: list.map { .init(cost: $0.cost, slot: Int32($0.slot)) }, isComplete: true)
        }, room: room, lengthen: { _ in throw InputError(.usage, "nothing to lengthen") })
      try assignment.run()
      let placed = lists.indices.filter { assignment.slot(of: $0) != nil }
      let cost = placed.reduce(0) { sum, item in
        sum + Double(lists[item].first { $0.slot == assignment.slot(of: item) }?.cost ?? .infinity)
      }
      func best(_ items: ArraySlice<Int>, _ room: [Int], skipping: Bool) -> (count: Int, cost: Double) {
        guard let item = items.first else { return (0, 0) }
        var results = skipping ? [best(items.dropFirst(), room, skipping: true)] : []
        for candidate in lists[item] where room[candidate.slot] > 0 {
          var room = room
          room[candidate.slot] -= 1
          let rest = best(items.dropFirst(), room, skipping: skipping)
          results.append((rest.count + 1, rest.cost + Double(candidate.cost)))
        }
        return results.min { ($1.count, $0.cost) < ($0.count, $1.cost) } ?? (0, .infinity)
      }
      #expect(placed.count == best(Array(lists.indices)[...], room, skipping: true).count)
      #expect(cost == best(placed[...], room, skipping: false).cost)
      if placed.count < lists.count { short += 1 }
    }
    #expect(short > 50)
  }

  /// Items of one kind end where they would one by one, each with a list of its own.
  @Test(arguments: 0..<200) func kindsChangeNothing(seed: Int) throws {
    var random = CounterRandom(seed: UInt64(seed), stream: 5)
    let slots = 1 + random.below(7)
    let room = (0..<slots).map { _ in random.below(3) }
    let lists = (0..<1 + random.below(4)).map { _ in
      (0..<slots).map { _ in Float(random.below(seed % 2 == 0 ? 5 : 99)) }
    }
    // More items than slots, too: the last of a kind find none.
    let kinds = (0..<1 + random.below(14)).map { _ in random.below(lists.count) }
    for listed in [1, 3, slots] {
      var lengthened = 0
      var grouped = Assignment(candidates: lists.map { Self.candidates($0, listed: listed) }, kinds: kinds, room: room)
      {
        lengthened += 1
        return Self.candidates(lists[$0], listed: slots)
      }
      var single = Assignment(candidates: kinds.map { Self.candidates(lists[$0], listed: listed) }, room: room) {
        Self.candidates(lists[kinds[$0]], listed: slots)
      }
      try grouped.run()
      try single.run()
      // Of equal items either may be the one that a search lengthens the list of, and moves.
      func taken(_ assignment: Assignment) -> [[Int?]] {
        lists.indices.map { kind in
          let slots = kinds.indices.filter { kinds[$0] == kind }.map { assignment.slot(of: $0) }
          return listed == room.count ? slots : slots.sorted { ($0 ?? .max) < ($1 ?? .max) }
        }
      }
      #expect(taken(grouped) == taken(single), "\(kinds), \(listed) listed")
      #expect(lengthened <= lists.count)
    }
  }
}
