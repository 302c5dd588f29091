import Foundation
import GRDB
import Tokenizers
import Vectors

/// One change of a registry, and what was published with it.
public struct Generation: Hashable, Sendable, Codable {
  /// From 1.
  public let number: Int
  /// When, in UTC, as ISO 8601 writes it; not before the generation before, whatever a clock says.
  public let created: String
  /// The fingerprint of the model whose codes the IDs are; the same in all generations.
  public let model: String
  /// Codebook size of each level.
  public let levelSizes: [Int]
  /// The most items that may have one ID.
  public let capacity: Int
  /// Items that were not there before.
  public let added: Int
  /// Items that had been removed and are back.
  public let restored: Int
  /// Items that were taken out.
  public let removed: Int
  /// IDs of removed items that others may get from here on.
  public let released: Int
  /// Items that have an ID.
  public let items: Int
  /// IDs that are not free: of items, and of removed ones whose IDs were not released.
  public let held: Int
  /// SHA-256 over the generation before and all that changed in this one.
  public let digest: String

  /// Π K.
  public var possibleIDs: Double { levelSizes.reduce(1) { $0 * Double($1) } }
}

extension Generation {
  static let columns =
    "number, created, model, level_sizes, capacity, added, restored, removed, released, items, held, digest"

  /// - Throws: `InputError` when a value is not what it should be, as in a file that something else wrote.
  init(_ row: Row, source: String) throws {
    func number(_ index: Int) throws -> Int {
      // Far more than there can be, and far from where sums overflow.
      guard let value = Int.fromDatabaseValue(row[index]), (0...1 << 48).contains(value) else {
        throw Self.damage(source)
      }
      return value
    }
    func text(_ index: Int) throws -> String {
      guard let value = String.fromDatabaseValue(row[index]) else { throw Self.damage(source) }
      return value
    }
    self.number = try number(0)
    created = try text(1)
    model = try text(2)
    let sizes = try text(3).split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sizes.allSatisfy(CodeShape.sizeRange.contains) else { throw Self.damage(source) }
    levelSizes = sizes
    capacity = try number(4)
    added = try number(5)
    restored = try number(6)
    removed = try number(7)
    released = try number(8)
    items = try number(9)
    held = try number(10)
    digest = try text(11)
  }

  var values: StatementArguments {
    [
      number, created, model, levelSizes.map(String.init).joined(separator: ","), capacity, added, restored, removed,
      released, items, held, digest,
    ]
  }

  static func damage(_ source: String) -> InputError {
    InputError(
      .malformed, source, expected: "a registry's numbers and texts", found: "others",
      remedy: "restore the file from a copy")
  }

  /// Over what is recorded of a generation, and over its events.
  static func digest(
    number: Int, model: String, levelSizes: [Int], capacity: Int, before: String, events: String
  ) -> String {
    var digest = SHA256()
    let sizes = levelSizes.map(String.init).joined(separator: ",")
    digest.update(Array("\(number)\n\(model)\n\(sizes)\n\(capacity)\n\(before)\n\(events)\n".utf8))
    return digest.hexDigest()
  }

  /// Over all that is recorded of a generation, its digest and its time as well. The digest alone is the same for the same
  /// changes, whenever they are made.
  var seal: String {
    let fields = [
      "seal", "\(number)", created, model, levelSizes.map(String.init).joined(separator: ","), "\(capacity)",
      "\(added)",
      "\(restored)", "\(removed)", "\(released)", "\(items)", "\(held)", digest,
    ]
    var digest = SHA256()
    digest.update(Array(fields.joined(separator: "\n").utf8))
    return digest.hexDigest()
  }
}

extension Registry {
  /// All generations, the oldest first.
  public func generations() throws -> [Generation] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT \(Generation.columns) FROM generation ORDER BY number")
        .map { try Generation($0, source: source) }
    }
  }

  /// The last generation; nil in an empty registry.
  public func generation() throws -> Generation? { try read { try last($0) } }

  /// Generation `number`; nil: the last.
  func generation(_ number: Int?, _ database: Database) throws -> Generation {
    guard let last = try last(database) else {
      throw InputError(.missing, source, expected: "a generation", found: "a registry without any")
    }
    guard let number else { return last }
    let row = try Row.fetchOne(
      database, sql: "SELECT \(Generation.columns) FROM generation WHERE number = ?", arguments: [number])
    guard let row else {
      throw InputError(.missing, source, expected: "generation 1 to \(last.number)", found: "\(number)")
    }
    return try Generation(row, source: source)
  }

  func last(_ database: Database) throws -> Generation? {
    try Row.fetchOne(database, sql: "SELECT \(Generation.columns) FROM generation ORDER BY number DESC LIMIT 1")
      .map { try Generation($0, source: source) }
  }
}
