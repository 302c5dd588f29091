import Tokenizers
import Vectors

/// Finds free IDs near an item whose prefix is full.
///
/// It changes the code before the last first. Where nothing below its siblings is free, it changes the code before
/// that, and so on. Below a changed code the item is encoded anew, at each level by the cheapest code with room below
/// it.
struct FreeIDSearch {
  let lists: CandidateLists
  let space: FreeSpace

  struct FreeID {
    var codes: [UInt16]
    var cost: Float
  }

  /// Number of prefixes that are looked into for each item.
  private static let prefixes = 8
  /// Number of costs in memory at a time.
  private static let block = 1 << 22

  /// The free IDs found for each row, cheapest first, at most `limit`.
  ///
  /// - Parameter codes: the codes of each row.
  func nearest(_ rows: [Int], codes: [[UInt16]], limit: Int) throws -> [[FreeID]] {
    var found: [[FreeID]] = []
    let size = lists.codes.levelSizes.max() ?? 1
    let step = max(1, Self.block / (Self.prefixes * size))
    for first in stride(from: 0, to: rows.count, by: step) {
      let piece = first..<min(rows.count, first + step)
      found += try search(Array(rows[piece]), Array(codes[piece]), limit)
    }
    return found
  }

  private struct Branch {
    /// The number of the row that is searched for.
    var item: Int
    var codes: [UInt16]
  }

  private func search(_ rows: [Int], _ codes: [[UInt16]], _ limit: Int) throws -> [[FreeID]] {
    let last = lists.codes.levels - 1
    var found = [[FreeID]](repeating: [], count: rows.count)
    var pending = Array(rows.indices)
    for level in (0..<last).reversed() {
      guard !pending.isEmpty else { break }
      let branches = try siblings(pending.map { Branch(item: $0, codes: codes[$0]) }, level, rows)
      let isFound = Set(branches.map(\.item))
      pending.removeAll { isFound.contains($0) }
      let leaves = try descend(branches, from: level + 1, rows)
      try collect(leaves, rows, &found)
    }
    for item in found.indices {
      found[item].sort { a, b in a.cost != b.cost ? a.cost < b.cost : a.codes.lexicographicallyPrecedes(b.codes) }
      if found[item].count > limit { found[item].removeLast(found[item].count - limit) }
    }
    return found
  }

  /// For each item the cheapest codes at `level` that have room below.
  private func siblings(_ items: [Branch], _ level: Int, _ rows: [Int]) throws -> [Branch] {
    let costs = try costs(items, level, rows)
    var branches: [Branch] = []
    for (index, item) in items.enumerated() {
      let rooms = space.rooms(below: item.codes[..<level])
      let open = ascending(costs, index).lazy.map { UInt16($0) }.filter { rooms($0) > 0 }
      for code in open.prefix(Self.prefixes) {
        var branch = item
        branch.codes[level] = code
        branches.append(branch)
      }
    }
    return branches
  }

  /// Encodes levels `first` … of each branch anew, except the last level.
  private func descend(_ branches: [Branch], from first: Int, _ rows: [Int]) throws -> [Branch] {
    var branches = branches
    let last = lists.codes.levels - 1
    guard !branches.isEmpty else { return [] }
    for level in first..<max(first, last) {
      let costs = try costs(branches, level, rows)
      for index in branches.indices {
        let rooms = space.rooms(below: branches[index].codes[..<level])
        if let code = ascending(costs, index).first(where: { rooms(UInt16($0)) > 0 }) {
          branches[index].codes[level] = UInt16(code)
        }
      }
    }
    return branches
  }

  private func collect(_ leaves: [Branch], _ rows: [Int], _ found: inout [[FreeID]]) throws {
    guard !leaves.isEmpty else { return }
    let last = lists.codes.levels - 1
    let costs = try costs(leaves, last, rows)
    for (index, leaf) in leaves.enumerated() {
      let rooms = space.rooms(below: leaf.codes[..<last])
      for code in 0..<costs.columns where rooms(UInt16(code)) > 0 {
        var codes = leaf.codes
        codes[last] = UInt16(code)
        found[leaf.item].append(FreeID(codes: codes, cost: costs[index, code]))
      }
    }
  }

  private func ascending(_ costs: Matrix, _ row: Int) -> [Int] {
    let values = costs.row(row)
    return values.indices.sorted { values[$0] != values[$1] ? values[$0] < values[$1] : $0 < $1 }
  }

  private func costs(_ branches: [Branch], _ level: Int, _ rows: [Int]) throws -> Matrix {
    let codes = try Codes(levelSizes: lists.codes.levelSizes, values: Buffer(branches.flatMap(\.codes)))
    return try lists.tokenizer.costs(
      of: lists.vectors.gathered(branches.map { rows[$0.item] }), codes: codes, level: level, pool: lists.pool)
  }
}
