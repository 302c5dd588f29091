import Foundation
import GRDB
import Tokenizers
import Vectors

extension Registry {
  /// The IDs that new items with `codes` may collide with: those of their prefixes; or all of them, where that is less
  /// work or a prefix is full.
  ///
  /// - Parameter more: IDs that are taken besides those of the tables.
  func occupied(
    for codes: Codes, capacity: Int, held: Int, besides more: [Data], _ database: Database
  ) throws -> OccupiedIDs {
    let total = held + more.count
    guard total > 0 else { return .none }
    if codes.count < held / 16, let some = try prefixes(of: codes, capacity, held, more, database) { return some }
    let keys = try Data.fetchAll(database, sql: "SELECT code FROM assignment WHERE freed IS NULL ORDER BY code")
    return try occupied(keys + more, codes.levelSizes, total: keys.count + more.count)
  }

  /// - Returns: nil when a prefix is too full for its new items.
  private func prefixes(
    of codes: Codes, _ capacity: Int, _ held: Int, _ more: [Data], _ database: Database
  ) throws -> OccupiedIDs? {
    let last = codes.levels - 1
    var new: [[UInt16]: Int] = [:]
    for row in 0..<codes.count { new[Array(codes[row][..<last]), default: 0] += 1 }
    var keys = more
    let sql = "SELECT code FROM assignment WHERE freed IS NULL AND code >= ?"
    let bounded = try database.cachedStatement(sql: sql + " AND code < ?")
    let open = try database.cachedStatement(sql: sql)
    for (prefix, count) in new.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let (from, to) = CodeKey.range(prefix)
      let found =
        try to.map { try Data.fetchAll(bounded, arguments: [from, $0]) } ?? Data.fetchAll(open, arguments: [from])
      guard found.count + more.count + count <= capacity * codes.levelSizes[last] else { return nil }
      keys += found
    }
    return try occupied(keys, codes.levelSizes, total: held + more.count)
  }

  private func occupied(_ keys: [Data], _ levelSizes: [Int], total: Int) throws -> OccupiedIDs {
    let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
    var values: [UInt16] = []
    values.reserveCapacity(sorted.count * levelSizes.count)
    for key in sorted { values += try codes(key, levelSizes) }
    return OccupiedIDs(levels: levelSizes.count, values: values, total: total)
  }
}
