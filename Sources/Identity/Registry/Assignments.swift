import Foundation
import GRDB
import Vectors

/// One row of `assignment`.
struct AssignmentRow {
  var item: Data
  var since: Int
  var code: Data
  var until: Int?
  var freed: Int?

  static let columns = "item, since, code, until, freed"

  init(_ row: Row, source: String) throws {
    guard let item = Data.fromDatabaseValue(row[0]), let since = Int.fromDatabaseValue(row[1]),
      let code = Data.fromDatabaseValue(row[2])
    else { throw Generation.damage(source) }
    self.item = item
    self.since = since
    self.code = code
    until = Int.fromDatabaseValue(row[3])
    freed = Int.fromDatabaseValue(row[4])
  }

  /// Whether the item had the ID in generation `number`.
  func holds(in number: Int) -> Bool { since <= number && until.map { $0 > number } ?? true }
}

extension StringColumn {
  func data(at index: Int) -> Data { withUTF8(at: index) { Data($0) } }
}

extension Registry {
  /// The newest row of each item; nil for an item that was never there. O(items · log N).
  func newestRows(of items: StringColumn, _ database: Database) throws -> [AssignmentRow?] {
    let statement = try database.cachedStatement(
      sql: "SELECT \(AssignmentRow.columns) FROM assignment WHERE item = ? ORDER BY since DESC LIMIT 1")
    return try items.indices.map { index in
      statement.setUncheckedArguments([items.data(at: index)])
      return try Row.fetchOne(statement).map { try AssignmentRow($0, source: source) }
    }
  }

  /// Calls `body` with every row, by item and generation.
  func forEachRow(_ database: Database, _ body: (AssignmentRow) throws -> Void) throws {
    let rows = try Row.fetchCursor(
      database, sql: "SELECT \(AssignmentRow.columns) FROM assignment ORDER BY item, since")
    while let row = try rows.next() { try body(AssignmentRow(row, source: source)) }
  }

  /// The codes of an ID as this registry stores it.
  func codes(_ key: Data, _ levelSizes: [Int]) throws -> [UInt16] {
    guard let codes = CodeKey.codes(key, levelSizes: levelSizes) else { throw Generation.damage(source) }
    return codes
  }
}
