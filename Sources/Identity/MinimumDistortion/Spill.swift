import Tokenizers
import Vectors

/// Moves items out of prefixes with more items than IDs, to free IDs under other prefixes.
///
/// An exact assignment decides which items leave. In it, each item may also leave, at the cost of its best free ID
/// elsewhere. The items that leave are then assigned to the free IDs of their lists, again exactly. Where the lists
/// were too short for all, another round lists anew. Every round places at least one item, so it ends. It does not
/// consider moving an item of another prefix to make room.
struct Spill {
  let lists: CandidateLists
  let kinds: ItemKinds
  let overflowing: [PrefixGroup]
  /// The codes of all rows, changed in place.
  private(set) var values: [UInt16]
  private var space: FreeSpace
  private let levels: Int

  init(
    lists: CandidateLists, kinds: ItemKinds, occupied: OccupiedIDs, capacity: Int, overflowing: [PrefixGroup],
    values: [UInt16]
  ) {
    self.lists = lists
    self.kinds = kinds
    self.overflowing = overflowing
    self.values = values
    levels = lists.codes.levels
    space = FreeSpace(levelSizes: lists.codes.levelSizes, capacity: capacity)
    for index in 0..<occupied.count { space.take(occupied.values[index * levels..<(index + 1) * levels]) }
    for row in 0..<lists.codes.count { space.take(values[row * levels..<(row + 1) * levels]) }
  }

  /// - Returns: how many items left their prefix.
  mutating func run() throws -> Int {
    var leaving: [Int] = []
    for group in overflowing { leaving += try leave(group) }
    let count = leaving.count
    for row in leaving { space.take(codes(row), count: -1) }
    while !leaving.isEmpty {
      let before = leaving.count
      leaving = try place(leaving)
      guard leaving.count < before else {
        throw InputError(
          .mismatch, "codes", expected: "a free ID for each of \(count) items whose prefix is full",
          found: "none for \(before) of them", remedy: "train a model with more levels or codes")
      }
    }
    return count
  }

  private func codes(_ row: Int) -> ArraySlice<UInt16> { values[row * levels..<(row + 1) * levels] }

  /// Settles one prefix. The rows that have to leave keep their old codes for now.
  private mutating func leave(_ group: PrefixGroup) throws -> [Int] {
    let lists = lists
    let outside = Int32(group.room.count)
    let search = FreeIDSearch(lists: lists, space: space)
    let numbering = kinds.numbered(group.movable)
    let away = try search.nearest(numbering.rows, codes: numbering.rows.map { Array(codes($0)) }, limit: 1)
    func adding(_ kind: Int, _ list: Assignment.Candidates) -> Assignment.Candidates {
      guard let cost = away[kind].first?.cost else { return list }
      var list = list
      let place = list.listed.firstIndex { $0.cost > cost } ?? list.listed.count
      if place < list.listed.count || list.isComplete {
        list.listed.insert(Assignment.Candidate(cost: cost, slot: outside), at: place)
      }
      return list
    }
    let first = try lists.first(numbering.rows).enumerated().map { adding($0.offset, $0.element) }
    var assignment = Assignment(
      candidates: first, kinds: numbering.kinds, room: group.room + [group.movable.count],
      lengthen: { adding($0, try lists.all(numbering.rows[$0])) })
    try assignment.run()
    var leaving: [Int] = []
    for (item, row) in group.movable.enumerated() {
      guard let slot = assignment.slot(of: item), slot != Int(outside) else {
        leaving.append(row)
        continue
      }
      space.take(codes(row), count: -1)
      values[row * levels + levels - 1] = UInt16(truncatingIfNeeded: slot)
      space.take(codes(row))
    }
    return leaving
  }

  /// Places as many of `rows` as the listed free IDs allow.
  ///
  /// - Returns: the rows for which no ID was left.
  private mutating func place(_ rows: [Int]) throws -> [Int] {
    let search = FreeIDSearch(lists: lists, space: space)
    let limit = min(512, max(32, rows.count))
    let numbering = kinds.numbered(rows)
    let found = try search.nearest(numbering.rows, codes: numbering.rows.map { Array(codes($0)) }, limit: limit)
    var slots: [[UInt16]: Int32] = [:]
    var ids: [[UInt16]] = []
    let candidates = found.map { found in
      let listed = found.map { free in
        let slot = slots[free.codes] ?? Int32(ids.count)
        if slot == ids.count {
          slots[free.codes] = slot
          ids.append(free.codes)
        }
        return Assignment.Candidate(cost: free.cost, slot: slot)
      }
      return Assignment.Candidates(listed: listed, isComplete: true)
    }
    var assignment = Assignment(
      candidates: candidates, kinds: numbering.kinds, room: ids.map(space.room), lengthen: { candidates[$0] })
    try assignment.run()
    var left: [Int] = []
    for (item, row) in rows.enumerated() {
      guard let slot = assignment.slot(of: item) else {
        left.append(row)
        continue
      }
      for (level, code) in ids[slot].enumerated() { values[row * levels + level] = code }
      space.take(ids[slot])
    }
    return left
  }
}
