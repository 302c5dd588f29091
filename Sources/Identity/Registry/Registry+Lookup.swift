import Foundation
import GRDB
public import Tokenizers
public import Vectors

/// An item of a registry and its ID.
public struct RegistryEntry: Hashable, Sendable, Codable {
  /// The item's id.
  public let item: String
  /// The codes of the item's ID, one per level.
  public let codes: [UInt16]
  /// The generation that gave the item this ID.
  public let since: Int
  /// The generation that removed the item; nil: it has not been removed.
  public let removed: Int?
}

/// All items of one generation and their codes.
public struct RegistrySnapshot: Sendable {
  /// The generation that the snapshot is of.
  public let generation: Generation
  /// The ids of its items, ascending by their bytes.
  public let ids: StringColumn
  /// The codes of the items, in the order of `ids`.
  public let codes: Codes
}

extension Registry {
  /// The newest ID of each item; nil for an item that was never there, or not in that generation.
  ///
  /// - Parameter generation: nil: the last one, with items that were removed, whose entries say so.
  public func lookup(_ items: StringColumn, generation number: Int? = nil) throws -> [RegistryEntry?] {
    try read { database in
      let generation = try generation(number, database)
      guard let number else {
        return try newestRows(of: items, database).map { try $0.map { try entry($0, generation) } }
      }
      let statement = try database.cachedStatement(
        sql: """
          SELECT \(AssignmentRow.columns) FROM assignment
          WHERE item = ?1 AND since <= ?2 AND (until IS NULL OR until > ?2)
          """)
      return try items.indices.map { index in
        try Row.fetchOne(statement, arguments: [items.data(at: index), number])
          .map { try entry(AssignmentRow($0, source: source), generation) }
      }
    }
  }

  /// The items whose ID begins with `prefix`, in ID order. A whole ID finds the items that have it.
  ///
  /// - Parameters:
  ///   - prefix: no more codes than the registry has levels; empty for all items.
  ///   - generation: nil: the last one.
  ///   - limit: the most entries; nil: all.
  public func items(
    withPrefix prefix: [UInt16] = [], generation number: Int? = nil, limit: Int? = nil
  ) throws -> [RegistryEntry] {
    try read { database in
      let generation = try generation(number, database)
      let (from, to) = CodeKey.range(prefix)
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT \(AssignmentRow.columns) FROM assignment INDEXED BY assignment_by_code
          WHERE code >= ?1 \(to == nil ? "" : "AND code < ?3") AND since <= ?2 AND (until IS NULL OR until > ?2)
          ORDER BY code, item
          """, arguments: to.map { [from, generation.number, $0] } ?? [from, generation.number])
      var entries: [RegistryEntry] = []
      while limit.map({ entries.count < $0 }) ?? true, let row = try rows.next() {
        entries.append(try entry(AssignmentRow(row, source: source), generation))
      }
      return entries
    }
  }

  /// All items of a generation with their codes, sorted by the bytes of their ids. nil: the last generation.
  public func snapshot(generation number: Int? = nil) throws -> RegistrySnapshot {
    try read { database in
      let generation = try generation(number, database)
      var bytes: [UInt8] = []
      var offsets: [UInt64] = [0]
      var values: [UInt16] = []
      try forEachRow(database) { row in
        guard row.holds(in: generation.number) else { return }
        bytes += row.item
        offsets.append(UInt64(bytes.count))
        values += try codes(row.code, generation.levelSizes)
      }
      guard let ids = StringColumn(offsets: Buffer(offsets), bytes: Buffer(bytes)) else {
        throw Generation.damage(source)
      }
      return RegistrySnapshot(
        generation: generation, ids: ids,
        codes: try Codes(levelSizes: generation.levelSizes, values: Buffer(values), source: source))
    }
  }

  private func entry(_ row: AssignmentRow, _ generation: Generation) throws -> RegistryEntry {
    RegistryEntry(
      item: String(decoding: row.item, as: UTF8.self), codes: try codes(row.code, generation.levelSizes),
      since: row.since, removed: row.until.flatMap { $0 <= generation.number ? $0 : nil })
  }
}
