import Tokenizers
import Vectors

/// Gives colliding items free codes of the last level, at the least added distortion.
///
/// Inside a prefix the assignment is exact (`Assignment`). Where a prefix has more items than its IDs can hold, the
/// items that lose least leave for other prefixes (`Spill`).
struct MinimumDistortion {
  let options: CollisionOptions
  let tokenizer: any Tokenizer
  let pool: ThreadPool

  struct Outcome {
    var codes: Codes
    /// Rows whose codes changed, ascending.
    var moved: [Int]
    var spilled: Int
  }

  /// Groups are solved together until they have this many items to move, or this many codes to track.
  private static let itemsAtATime = 1 << 15
  private static let codesAtATime = 1 << 22

  /// - Parameter duplicates: of `vectors`; nil: found here.
  /// - Throws: `InputError` when there are fewer IDs than items.
  func resolve(
    _ codes: Codes, of vectors: Matrix, ids: StringColumn?, occupied: OccupiedIDs = .none,
    duplicates: DuplicateVectors? = nil, source: String
  ) throws -> Outcome {
    try checkSpace(codes, occupied, source)
    let order = CatalogueOrder(codes, ids: ids)
    let groups = order.runs(levels: codes.levels - 1).lazy.compactMap {
      PrefixGroup($0, of: order, occupied: occupied, options: options)
    }
    let kinds = ItemKinds(duplicates ?? DuplicateVectors(vectors, pool: pool), codes)
    let lists = CandidateLists(tokenizer: tokenizer, vectors: vectors, codes: codes, pool: pool)
    var values = codes.values.array
    var overflowing: [PrefixGroup] = []
    var pending: [PrefixGroup] = []
    var items = 0
    for group in groups {
      if group.overflows {
        overflowing.append(group)
        continue
      }
      pending.append(group)
      items += group.movable.count
      if items >= Self.itemsAtATime || pending.count * group.room.count >= Self.codesAtATime {
        try settle(pending, kinds, lists, &values)
        pending = []
        items = 0
      }
    }
    try settle(pending, kinds, lists, &values)
    var spilled = 0
    if !overflowing.isEmpty {
      var spill = Spill(
        lists: lists, kinds: kinds, occupied: occupied, capacity: options.capacity, overflowing: overflowing,
        values: values)
      spilled = try spill.run()
      values = spill.values
    }
    let levels = codes.levels
    let moved = (0..<codes.count).filter { row in
      (row * levels..<(row + 1) * levels).contains { values[$0] != codes.values[$0] }
    }
    return Outcome(
      codes: try Codes(levelSizes: codes.levelSizes, values: Buffer(values)), moved: moved, spilled: spilled)
  }

  private func settle(
    _ groups: [PrefixGroup], _ kinds: ItemKinds, _ lists: CandidateLists, _ values: inout [UInt16]
  ) throws {
    guard !groups.isEmpty else { return }
    let numberings = groups.map { kinds.numbered($0.movable) }
    var starts = [0]
    for numbering in numberings { starts.append(starts[starts.count - 1] + numbering.rows.count) }
    let candidates = try lists.first(numberings.flatMap(\.rows))
    let levels = lists.codes.levels
    try values.withUnsafeMutableBufferPointer { values in
      let values = values
      try pool.run(tasks: groups.count) { task in
        let (group, numbering) = (groups[task], numberings[task])
        var assignment = Assignment(
          candidates: Array(candidates[starts[task]..<starts[task + 1]]), kinds: numbering.kinds, room: group.room,
          lengthen: { try lists.all(numbering.rows[$0]) })
        try assignment.run()
        for (item, row) in group.movable.enumerated() {
          guard let slot = assignment.slot(of: item) else { continue }
          values[row * levels + levels - 1] = UInt16(truncatingIfNeeded: slot)
        }
      }
    }
  }

  private func checkSpace(_ codes: Codes, _ occupied: OccupiedIDs, _ source: String) throws {
    var space = options.capacity
    for size in codes.levelSizes {
      let (product, overflow) = space.multipliedReportingOverflow(by: size)
      if overflow { return }
      space = product
    }
    guard codes.count + occupied.total > space else { return }
    let ids = codes.levelSizes.map(String.init).joined(separator: " × ")
    throw InputError(
      .mismatch, source,
      expected: "at most \(space) items, since \(ids) codes make \(space / options.capacity) IDs for "
        + (options.capacity == 1 ? "one item each" : "up to \(options.capacity) items each"),
      found: "\(codes.count) items" + (occupied.total > 0 ? " and \(occupied.total) that have IDs already" : ""),
      remedy: "train a model with more levels or codes, number the items of a code (--strategy extra-level), or allow "
        + "more items per ID (--capacity)")
  }
}
