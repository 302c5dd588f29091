import Foundation
import GRDB
import Vectors

extension Registry {
  /// Checks all there is: SQLite's own structure, every row, every generation's counts and digest, and that no ID is held
  /// by more items than the capacity. Reads the whole file.
  ///
  /// - Throws: `InputError` naming what is wrong.
  public func verify() throws {
    try read { database in
      let damage = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") ?? "nothing"
      guard damage == "ok" else { throw fault("SQLite's integrity check finds: \(damage)") }
      let generations = try Row.fetchAll(database, sql: "SELECT \(Generation.columns) FROM generation ORDER BY number")
        .map { try Generation($0, source: source) }
      guard generations.map(\.number) == Array(1..<generations.count + 1),
        Set(generations.map(\.model)).count <= 1, Set(generations.map(\.levelSizes)).count <= 1
      else { throw fault("generations that are not of one model, or not numbered from 1") }
      try verify(generations, try events(generations, database))
      try verifyHolders(generations.last, database)
    }
  }

  /// The events of each generation, off the rows; and that the rows of an item follow each other.
  private func events(_ generations: [Generation], _ database: Database) throws -> [GenerationEvents] {
    var events = [GenerationEvents](repeating: GenerationEvents(), count: generations.count)
    var before: AssignmentRow?
    func add(_ kind: GenerationEvents.Kind, _ number: Int, _ row: AssignmentRow) throws {
      guard generations.indices.contains(number - 1) else { throw fault("a generation \(number), which is not there") }
      events[number - 1].add(kind, item: row.item, code: row.code)
    }
    try forEachRow(database) { row in
      _ = try codes(row.code, generations.first?.levelSizes ?? [])
      if let before, before.item == row.item, before.freed.map({ $0 > row.since }) ?? true {
        throw fault("an item that has two IDs, \(text(row.item))")
      }
      if let until = row.until, until <= row.since { throw fault("an item removed before it came, \(text(row.item))") }
      if let freed = row.freed, row.until.map({ freed < $0 }) ?? true {
        throw fault("an ID free before its item was removed, \(text(row.item))")
      }
      try add(.given, row.since, row)
      if let until = row.until { try add(.removed, until, row) }
      if let freed = row.freed { try add(.freed, freed, row) }
      before = row
    }
    return events
  }

  private func verify(_ generations: [Generation], _ events: [GenerationEvents]) throws {
    var digest = ""
    var items = 0
    var held = 0
    for (generation, events) in zip(generations, events) {
      var events = events
      let given = events.counts[.given] ?? 0
      let removed = events.counts[.removed] ?? 0
      items += given - removed
      held += given - (events.counts[.freed] ?? 0)
      digest = Generation.digest(
        number: generation.number, model: generation.model, levelSizes: generation.levelSizes,
        capacity: generation.capacity, before: digest, events: events.hexDigest())
      guard given == generation.added + generation.restored, removed == generation.removed,
        items == generation.items, held == generation.held, digest == generation.digest
      else { throw fault("generation \(generation.number) is not what it was when it was published") }
    }
  }

  private func verifyHolders(_ last: Generation?, _ database: Database) throws {
    let most =
      try Int.fetchOne(
        database,
        sql: """
          SELECT max(holders) FROM
            (SELECT count(*) AS holders FROM assignment WHERE freed IS NULL GROUP BY code)
          """) ?? 0
    guard most <= last?.capacity ?? 0 else { throw fault("an ID that \(most) items hold") }
  }

  private func text(_ item: Data) -> String { "\"\(String(decoding: item.prefix(60), as: UTF8.self))\"" }

  private func fault(_ found: String) -> InputError {
    InputError(
      .malformed, source, expected: "a whole registry", found: found, remedy: "restore the file from a copy")
  }
}
