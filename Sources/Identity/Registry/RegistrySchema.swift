import CRegistryPages
import GRDB
import Vectors

/// The tables of a registry.
///
/// `assignment` holds a row for each time that an item got its ID. The item has the ID from generation `since` until
/// before `until` (null: still), and nobody else may have the ID until before `freed` (null: still). Past generations
/// are read from these three, and a row's past never changes. IDs are blobs, two bytes per level, the higher byte
/// first, so that they sort as codes do and a prefix is a range. Items are blobs too: text of any bytes, compared byte
/// by byte. `seal` holds a digest of each generation's row; version 1 has none. A registry of version 1 is read as it
/// is. The transaction that first adds a generation raises it to version 2; earlier generations stay without a seal.
///
/// From version 3 on, pages have checksums (`RegistryPages`). Registries of earlier versions keep their pages: only
/// writing the whole file anew could give them checksums, while others have it open. `Registry.copy` does that.
enum RegistrySchema {
  /// "SEID", in the header of the file.
  static let applicationID: Int64 = 0x5345_4944
  static let version: Int64 = 3

  private static let sealStatement = "CREATE TABLE seal (number INTEGER PRIMARY KEY, digest TEXT NOT NULL) STRICT"

  /// What SQLite records of each object, by name: kind, name, table and statement. The index of a key has no statement.
  private static let objects = [
    ["table", "assignment", "assignment", statements[1]],
    ["index", "assignment_by_code", "assignment", statements[2]],
    ["table", "generation", "generation", statements[0]], ["view", "published", "published", statements[3]],
  ]
  private static let sealObject = ["table", "seal", "seal", sealStatement]

  private static let statements = [
    """
    CREATE TABLE generation (
      number INTEGER PRIMARY KEY, created TEXT NOT NULL, model TEXT NOT NULL, level_sizes TEXT NOT NULL,
      capacity INTEGER NOT NULL, added INTEGER NOT NULL, restored INTEGER NOT NULL, removed INTEGER NOT NULL,
      released INTEGER NOT NULL, items INTEGER NOT NULL, held INTEGER NOT NULL, digest TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE assignment (
      item BLOB NOT NULL, since INTEGER NOT NULL, code BLOB NOT NULL, until INTEGER, freed INTEGER,
      PRIMARY KEY (item, since)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX assignment_by_code ON assignment (code, freed, until)",
    """
    CREATE VIEW published AS
      SELECT CAST(item AS TEXT) AS item, hex(code) AS code, since FROM assignment WHERE until IS NULL
    """,
  ]

  /// Checks that the database is a registry, or makes it one when it is empty.
  static func prepare(_ database: DatabaseQueue, _ access: Registry.Access, source: String) throws {
    if try !database.read({ try isRegistry($0, source: source) }) {
      guard access == .create else {
        throw InputError(
          .malformed, source, expected: "a registry", found: "an empty database",
          remedy: "semid registry add makes one")
      }
      try create(database, source: source)
    }
    if access != .read { try keepLog(database) }
  }

  private static func create(_ database: DatabaseQueue, source: String) throws {
    try database.writeWithoutTransaction { database in
      try RegistryPages.reserve(database, source: source)
      try database.inTransaction(.immediate) {
        // Another process may have made it meanwhile.
        guard try !isRegistry(database, source: source) else { return .rollback }
        for statement in statements + [sealStatement] { try database.execute(sql: statement) }
        try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
        return .commit
      }
    }
  }

  /// Raises a registry of version 1 to version 2, in the open transaction.
  static func raise(_ database: Database) throws {
    guard try Int64.fetchOne(database, sql: "PRAGMA user_version") == 1 else { return }
    try database.execute(sql: sealStatement)
    try database.execute(sql: "PRAGMA user_version = 2")
  }

  /// Raises a registry of version 2, just written with room for checksums, to version 3.
  static func raiseCopy(_ database: Database) throws {
    guard try Int64.fetchOne(database, sql: "PRAGMA user_version") == 2 else { return }
    try database.execute(sql: "PRAGMA user_version = 3")
  }

  /// Whether pages have checksums.
  static func hasChecksums(_ database: Database) throws -> Bool {
    try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= Int64(SEMID_PAGES_VERSION)
  }

  /// Whether generations may have seals.
  static func hasSeals(_ database: Database) throws -> Bool {
    try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0 > 1
  }

  /// Sets the journal's mode, which stays with the file; in memory there is none.
  private static func keepLog(_ database: DatabaseQueue) throws {
    try database.writeWithoutTransaction { database in
      guard try String.fetchOne(database, sql: "PRAGMA journal_mode") == "delete" else { return }
      do {
        _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
        // Another process has it open, and has set the mode or will set it next time; the old journal is as safe.
      }
    }
  }

  /// - Returns: false for an empty database.
  private static func isRegistry(_ database: Database, source: String) throws -> Bool {
    let application = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    let version = try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    let objects = try Row.fetchAll(
      database, sql: "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"
    ).map { row in (0..<4).map { String.fromDatabaseValue(row[$0]) ?? "" } }
    if application == 0, version == 0, objects.isEmpty { return false }
    guard application == applicationID else {
      throw InputError(
        .malformed, source, expected: "a registry of semantic IDs", found: "a SQLite database of something else")
    }
    guard (1...Self.version).contains(version) else {
      throw InputError(
        .unsupported, source, expected: "a registry of version 1 to \(Self.version)", found: "version \(version)",
        remedy: "use the semid that wrote it, or a later one")
    }
    guard objects == Self.objects + (version == 1 ? [] : [sealObject]) else {
      throw InputError(
        .malformed, source, expected: "the tables of a registry", found: "others, or changed ones",
        remedy: "restore the file from a copy")
    }
    return true
  }
}
