import Foundation
import GRDB
import Tokenizers
import Vectors

extension Registry {
  /// Writes a generation with the new and restored items of `addition`; writes nothing when there are none.
  func publish(
    _ addition: Addition, after last: Generation?, _ tokenizer: any Tokenizer, _ database: Database
  ) throws -> Generation {
    let rows = addition.sorted(addition.new + addition.restored)
    if rows.isEmpty, let last, last.capacity == addition.capacity { return last }
    let insert = try database.cachedStatement(sql: "INSERT INTO assignment (item, since, code) VALUES (?, ?, ?)")
    let supersede = try database.cachedStatement(sql: "UPDATE assignment SET freed = ? WHERE item = ? AND since = ?")
    var events = GenerationEvents()
    for row in rows {
      let item = addition.ids.data(at: row)
      // The old row no longer reserves its ID: the new row does.
      if let old = addition.rows[row], old.freed == nil {
        try supersede.execute(arguments: [addition.number, item, old.since])
        events.add(.freed, item: item, code: old.code)
      }
      insert.setUncheckedArguments([item, addition.number, addition.keys[row]])
      try insert.execute()
      events.add(.given, item: item, code: addition.keys[row])
    }
    let superseded = events.counts[.freed] ?? 0
    return try record(
      after: last, model: tokenizer.fingerprint, levelSizes: tokenizer.levelSizes, capacity: addition.capacity,
      added: addition.new.count, restored: addition.restored.count, removed: 0, released: 0,
      items: (last?.items ?? 0) + rows.count, held: (last?.held ?? 0) + rows.count - superseded, &events, database)
  }

  func record(
    after last: Generation?, model: String, levelSizes: [Int], capacity: Int, added: Int, restored: Int,
    removed: Int, released: Int, items: Int, held: Int, _ events: inout GenerationEvents, _ database: Database
  ) throws -> Generation {
    let number = (last?.number ?? 0) + 1
    // Seconds of one width in UTC, so that their text sorts as the times do.
    let created = max(try SourceDate.now().formatted(.iso8601), last?.created ?? "")
    let generation = Generation(
      number: number, created: created, model: model, levelSizes: levelSizes, capacity: capacity,
      added: added, restored: restored, removed: removed, released: released, items: items, held: held,
      digest: Generation.digest(
        number: number, model: model, levelSizes: levelSizes, capacity: capacity, before: last?.digest ?? "",
        events: events.hexDigest()))
    let marks = generation.values
    try database.execute(
      sql: "INSERT INTO generation (\(Generation.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: marks)
    try RegistrySchema.raise(database)
    try database.execute(sql: "INSERT INTO seal (number, digest) VALUES (?, ?)", arguments: [number, generation.seal])
    return generation
  }
}
