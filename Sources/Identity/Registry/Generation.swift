import Foundation
import GRDB
import Tokenizers
import Vectors

/// One change of a registry, and what was published with it.
public struct Generation: Hashable, Sendable, Codable {
  /// The number of the generation, from 1.
  public let number: Int
  /// The time of the change in UTC, in ISO 8601. It is never before that of the generation before, whatever the clock
  /// says.
  public let created: String
  /// The fingerprint of the model whose codes the IDs are; the same in all generations.
  public let model: String
  /// Codebook size of each level.
  public let levelSizes: [Int]
  /// The most items that may have one ID.
  public let capacity: Int
  /// Number of items that are new.
  public let added: Int
  /// Number of items that had been removed and are back.
  public let restored: Int
  /// Number of items that were removed.
  public let removed: Int
  /// Number of IDs of removed items that other items may get from here on.
  public let released: Int
  /// Number of items that have an ID.
  public let items: Int
  /// Number of IDs that are not free: those of items, and those of removed items that were not released.
  public let held: Int
  /// SHA-256 over the generation before and all changes of this one.
  public let digest: String

  /// The number of possible IDs, the product of `levelSizes`.
  public var possibleIDs: Double { levelSizes.reduce(1) { $0 * Double($1) } }
}

extension Generation {
  static let columns =
    "number, created, model, level_sizes, capacity, added, restored, removed, released, items, held, digest"

  /// - Throws: `InputError` when a value is out of range, as in a file that another program wrote.
  init(_ row: Row, source: String) throws {
    func number(_ index: Int) throws -> Int {
      // Far more than there can be, and far below where sums overflow.
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

  /// SHA-256 over the record of a generation, and over its events.
  static func digest(
    number: Int, model: String, levelSizes: [Int], capacity: Int, before: String, events: String
  ) -> String {
    var digest = SHA256()
    let sizes = levelSizes.map(String.init).joined(separator: ",")
    digest.update(Array("\(number)\n\(model)\n\(sizes)\n\(capacity)\n\(before)\n\(events)\n".utf8))
    return digest.hexDigest()
  }

  /// SHA-256 over the whole record of a generation, with its digest and its time. The digest by itself is the same for
  /// the same changes at any time.
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

  /// Generation `number`; nil: the last one.
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
