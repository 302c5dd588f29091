import Foundation
import GRDB
import Vectors

extension Registry {
  /// Checks everything: every byte of the file and of the log beside it, SQLite's own structure, every row, every
  /// generation's counts, digest and seal, and that no ID has more items than the capacity. Others may write meanwhile.
  ///
  /// Registries from before checksums (versions 1 and 2) are not covered where no answer depends on it: bytes of pages
  /// that SQLite has not allocated, and counters of its header. Before seals (version 1), times are only checked to be
  /// times. In a log that a killed process left, a last transaction that is not whole counts as cut off.
  ///
  /// - Throws: `InputError` naming what is wrong.
  public func verify() throws {
    try read { database in
      if let file { try RegistryPages.check(database, file) }
      let damage = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") ?? "nothing"
      guard damage == "ok" else { throw fault("SQLite's integrity check finds: \(damage)") }
      let generations = try Row.fetchAll(database, sql: "SELECT \(Generation.columns) FROM generation ORDER BY number")
        .map { try Generation($0, source: source) }
      guard generations.map(\.number) == Array(1..<generations.count + 1),
        Set(generations.map(\.model)).count <= 1, Set(generations.map(\.levelSizes)).count <= 1
      else { throw fault("generations that are not of one model, or not numbered from 1") }
      try verify(generations, try events(generations, database))
      try verifySeals(generations, database)
      try verifyHolders(generations.last, database)
    }
  }

  /// The events of each generation, read from the rows. Checks that the rows of an item follow each other.
  private func events(_ generations: [Generation], _ database: Database) throws -> [GenerationEvents] {
    var events = [GenerationEvents](repeating: GenerationEvents(), count: generations.count)
    var before: AssignmentRow?
    func add(_ kind: GenerationEvents.Kind, _ number: Int, _ row: AssignmentRow) throws {
      guard (1...max(1, generations.count)).contains(number), !generations.isEmpty else {
        throw fault("a generation \(number), which is not there")
      }
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
      if let before, before.item == row.item {
        if before.code == row.code { events[row.since - 1].restored += 1 }
        if before.freed == row.since { events[row.since - 1].superseded += 1 }
      }
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
      let freed = events.counts[.freed] ?? 0
      guard given - events.restored == generation.added, events.restored == generation.restored,
        removed == generation.removed, freed - events.superseded == generation.released,
        items == generation.items, held == generation.held, digest == generation.digest
      else { throw fault("generation \(generation.number) is not what it was when it was published") }
    }
  }

  private func verifySeals(_ generations: [Generation], _ database: Database) throws {
    for generation in generations where (try? Date(generation.created, strategy: .iso8601)) == nil {
      throw fault("generation \(generation.number) of the time \"\(generation.created.prefix(40))\"")
    }
    guard try RegistrySchema.hasSeals(database) else { return }
    let rows = try Row.fetchAll(database, sql: "SELECT number, digest FROM seal ORDER BY number")
    let seals = rows.map { (number: Int.fromDatabaseValue($0[0]), digest: String.fromDatabaseValue($0[1])) }
    // From the first generation with a seal on, all have one.
    let sealed = generations.suffix(seals.count)
    guard sealed.count == seals.count, generations.isEmpty || !seals.isEmpty,
      zip(sealed, seals).allSatisfy({ $0.number == $1.number && $0.seal == $1.digest })
    else { throw fault("generations whose seals are not what they were when they were published") }
    for (before, after) in zip(generations, generations.dropFirst()) {
      guard after.created >= before.created || after.number < sealed.first?.number ?? 0 else {
        throw fault("generation \(after.number) from before generation \(before.number)")
      }
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
