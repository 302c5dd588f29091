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
}
