import Formats
import Foundation
import GRDB
public import Vectors

/// What `Registry.remove` did.
public struct Removal: Sendable {
  /// A new generation, unless nothing changed.
  public let generation: Generation
  /// Number of items that this call removed.
  public let removed: Int
  /// Number of items that had been removed before.
  public let alreadyRemoved: Int
  /// Number of IDs that other items may get from here on.
  public let released: Int
}

extension Registry {
  /// Removes items. Their IDs stay reserved for them, and they get them back when they return.
  ///
  /// - Parameter releasing: whether their IDs are released, so that other items may get them; also those of items that
  ///   were removed before.
  /// - Throws: `InputError` naming an item that was never there. Nothing has changed then.
  public func remove(_ ids: StringColumn, releasing: Bool = false, source items: String = "items") throws -> Removal {
    guard ids.count > 0 else { throw InputError(.usage, items, expected: "at least one item", found: "none") }
    try Identifiers.check(ids, source: items)
    return try write { database in
      let last = try generation(nil, database)
      let rows = try newestRows(of: ids, database)
      let sorted = ids.indices.sorted { ids.order($0, $1) ?? false }
      let until = try database.cachedStatement(sql: "UPDATE assignment SET until = ? WHERE item = ? AND since = ?")
      let freed = try database.cachedStatement(sql: "UPDATE assignment SET freed = ? WHERE item = ? AND since = ?")
      var events = GenerationEvents()
      for index in sorted {
        guard let row = rows[index] else {
          throw InputError(
            .missing, items, at: "row \(index) (from 0)", expected: "an item of \(source)", found: "\"\(ids[index])\"")
        }
        if row.until == nil {
          try until.execute(arguments: [last.number + 1, row.item, row.since])
          events.add(.removed, item: row.item, code: row.code)
        }
        if releasing, row.freed == nil {
          try freed.execute(arguments: [last.number + 1, row.item, row.since])
          events.add(.freed, item: row.item, code: row.code)
        }
      }
      let removed = events.counts[.removed] ?? 0
      let released = events.counts[.freed] ?? 0
      let generation =
        removed + released == 0
        ? last
        : try record(
          after: last, model: last.model, levelSizes: last.levelSizes, capacity: last.capacity, added: 0, restored: 0,
          removed: removed, released: released, items: last.items - removed, held: last.held - released, &events,
          database)
      return Removal(
        generation: generation, removed: removed, alreadyRemoved: ids.count - removed, released: released)
    }
  }
}
