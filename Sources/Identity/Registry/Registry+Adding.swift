import Formats
import Foundation
import GRDB
public import Tokenizers
public import Vectors

/// What `Registry.register` did.
public struct Registration: Sendable {
  /// The ID of every given row, in the order of the rows.
  public let codes: Codes
  /// The generation in which all of the items have their IDs: a new one, unless nothing was new.
  public let generation: Generation
  /// Number of rows whose item had an ID already.
  public let known: Int
  /// Number of rows whose item had been removed, and has its old ID back.
  public let restored: Int
  /// Number of rows whose item is new.
  public let added: Int
  /// Number of new items whose ID is not their codes, because that ID was full.
  public let displaced: Int
  /// How many of these had to leave their prefix, because it was full.
  public let spilled: Int
}

extension Registry {
  /// Gives every item an ID: the one it has; the one it had before it was removed; or a free one near its codes.
  ///
  /// New items are encoded. Minimum distortion then resolves collisions among them and with the IDs that are taken.
  /// Their IDs depend on the registry and on which items are new, not on the order of the rows.
  ///
  /// - Parameters:
  ///   - ids: one per row, no two equal.
  ///   - capacity: the most items per ID; nil: as the registry has it, 1 for a new one. It may grow, and not shrink.
  /// - Throws: `InputError`, and nothing has changed: when the registry is of another model, when ids repeat, when
  ///   there is no row, or when no ID is left.
  public func register(
    ids: StringColumn, vectors: Matrix, tokenizer: any Tokenizer, capacity: Int? = nil,
    pool: ThreadPool = ThreadPool(), source items: String = "items"
  ) throws -> Registration {
    _ = try EmbeddingSet(vectors: vectors, ids: ids, source: items, pool: pool)
    guard vectors.columns == tokenizer.dimension else {
      throw InputError(
        .mismatch, items, expected: "vectors of dimension \(tokenizer.dimension), the model's",
        found: "\(vectors.columns)")
    }
    if tokenizer.needsDirections { try vectors.checkDirections(source: items, pool: pool) }
    try Identifiers.check(ids, source: items)
    // Encoding is most of the work, and needs no lock. New items are looked up again under the lock.
    let (before, rows) = try read { database in
      let last = try last(database)
      try check(last, tokenizer, capacity)
      return (last, try newestRows(of: ids, database))
    }
    let unknown = rows.indices.filter { rows[$0] == nil || rows[$0]?.freed != nil }
    var encoded = EncodedRows(count: ids.count, levels: tokenizer.levelSizes.count)
    try encoded.encode(unknown, of: vectors, tokenizer, pool)
    return try write { database in
      let last = try last(database)
      try check(last, tokenizer, capacity)
      let rows = last == before ? rows : try newestRows(of: ids, database)
      var addition = Addition(
        ids: ids, rows: rows, capacity: capacity ?? last?.capacity ?? 1, number: (last?.number ?? 0) + 1)
      try restoreReleased(&addition, database)
      try encoded.encode(addition.new, of: vectors, tokenizer, pool)
      let outcome = try resolve(addition, encoded, vectors, tokenizer, last, pool, items, database)
      let codes = outcome?.codes.values.array.chunked(tokenizer.levelSizes.count) ?? []
      for (row, code) in zip(addition.new, codes) { addition.keys[row] = CodeKey.data(code) }
      let generation = try publish(addition, after: last, tokenizer, database)
      return Registration(
        codes: try Codes(
          levelSizes: tokenizer.levelSizes,
          values: Buffer(try addition.keys.flatMap { try self.codes($0, tokenizer.levelSizes) }), source: source),
        generation: generation, known: ids.count - addition.new.count - addition.restored.count,
        restored: addition.restored.count, added: addition.new.count, displaced: outcome?.moved.count ?? 0,
        spilled: outcome?.spilled ?? 0)
    }
  }

  /// Checks the model and the capacity against the registry's.
  private func check(_ last: Generation?, _ tokenizer: any Tokenizer, _ capacity: Int?) throws {
    if let capacity, !(1...1_000_000_000).contains(capacity) {
      throw InputError(.usage, "capacity", expected: "1 or more items an ID", found: "\(capacity)")
    }
    guard let last else { return }
    guard last.model == tokenizer.fingerprint, last.levelSizes == tokenizer.levelSizes else {
      throw InputError(
        .mismatch, source, expected: "the model that its IDs are of, \(last.model)",
        found: "\(tokenizer.fingerprint)",
        remedy: "use that model, or start a new registry: the codes of two models have nothing in common")
    }
    if let capacity, capacity < last.capacity {
      throw InputError(
        .usage, "capacity", expected: "at least \(last.capacity), which \(source) was filled with",
        found: "\(capacity)")
    }
  }

  /// Gives a removed item whose ID was released that ID again, while there is room.
  private func restoreReleased(_ addition: inout Addition, _ database: Database) throws {
    var left: [Int] = []
    var given: [Data: Int] = [:]
    for row in addition.released {
      guard let key = addition.rows[row]?.code else { continue }
      let held =
        try Int.fetchOne(
          database, sql: "SELECT count(*) FROM assignment WHERE code = ? AND freed IS NULL", arguments: [key]) ?? 0
      if held + given[key, default: 0] < addition.capacity {
        given[key, default: 0] += 1
        addition.keys[row] = key
        addition.restored.append(row)
      } else {
        left.append(row)
      }
    }
    addition.new = (addition.new + left).sorted()
  }

  private func resolve(
    _ addition: Addition, _ encoded: EncodedRows, _ vectors: Matrix, _ tokenizer: any Tokenizer,
    _ last: Generation?, _ pool: ThreadPool, _ items: String, _ database: Database
  ) throws -> MinimumDistortion.Outcome? {
    guard !addition.new.isEmpty else { return nil }
    let codes = try Codes(
      levelSizes: tokenizer.levelSizes, values: Buffer(addition.new.flatMap { encoded[$0] }))
    // An item that this step restores takes its ID too.
    let restored = addition.released.filter { !addition.keys[$0].isEmpty }.map { addition.keys[$0] }
    let occupied = try occupied(
      for: codes, capacity: addition.capacity, held: last?.held ?? 0, besides: restored, database)
    let all = addition.new.count == vectors.rows
    return try MinimumDistortion(
      options: CollisionOptions(capacity: addition.capacity), tokenizer: tokenizer, pool: pool
    ).resolve(
      codes, of: all ? vectors : vectors.gathered(addition.new),
      ids: all ? addition.ids : addition.ids.gathered(addition.new), occupied: occupied, source: items)
  }
}
