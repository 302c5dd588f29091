import CRegistryPages
import Foundation
import GRDB
import Vectors

/// The checksums of a registry's pages, and of the log beside it.
///
/// A VFS stores a checksum in each page that SQLite writes to the file, and checks it in each page that SQLite reads.
/// So no answer comes from a damaged page. The checksum covers the whole page, also bytes that SQLite has not
/// allocated.
enum RegistryPages {
  static func open(_ file: RegistryFile, _ configuration: Configuration) throws -> DatabaseQueue {
    guard semid_pages_register() == 0 else { throw InputError(.io, file.path, found: "SQLite takes no VFS") }
    // Before SQLite opens the log: the last process to close would keep only what SQLite could read of it.
    if file.opening != .unchanging { try checkLog(file.path) }
    let database = try DatabaseQueue(path: file.name, configuration: configuration)
    guard file.checksPages else { return database }
    guard try database.inDatabase({ try semid_pages_is_used(connection($0, file.path)) != 0 }) else {
      throw InputError(
        .unsupported, file.path, expected: "a SQLite that takes a VFS by URI", found: "one that was built without")
    }
    return database
  }

  /// The URI by which SQLite opens a file.
  ///
  /// - Parameter isNew: whether it will be written, with checksums.
  static func uri(_ path: String, isNew: Bool = false) -> String {
    plainURI(path) + "?vfs=\(SEMID_PAGES_VFS)" + (isNew ? "&\(SEMID_PAGES_NEW)=1" : "")
  }

  /// The URI by which SQLite opens a file without looking at checksums.
  static func plainURI(_ path: String) -> String {
    let allowed = CharacterSet(charactersIn: "/-._~").union(.alphanumerics)
    let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    return "file://\(absolute.addingPercentEncoding(withAllowedCharacters: allowed) ?? absolute)"
  }

  /// Prepares a database for checksums, before its first table is made.
  static func reserve(_ database: Database, source: String) throws {
    guard semid_pages_register() == 0, try semid_pages_reserve(connection(database, source)) == 0 else {
      throw InputError(.io, source, found: "SQLite keeps no bytes free for checksums")
    }
  }

  /// Reads every page and the log, in the open transaction.
  static func check(_ database: Database, _ file: RegistryFile) throws {
    // The first reading takes the lock.
    guard try RegistrySchema.hasChecksums(database), file.checksPages else { return }
    let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
    let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
    let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode")
    var fault = semid_page_fault()
    let outcome = semid_pages_check(
      try connection(database, file.path), UInt64(size), UInt64(pages),
      mode == "wal" && file.opening != .unchanging ? 1 : 0, &fault)
    switch Int(outcome) {
    case SEMID_PAGES_WHOLE: return
    case SEMID_PAGES_DAMAGED: throw damage(fault, file.path)
    case SEMID_PAGES_LOG_DAMAGED: throw damage(frame: Int64(fault.page), file.path)
    case SEMID_PAGES_SIZE:
      throw InputError(
        .malformed, file.path, expected: "\(pages) pages, \(fault.stored) bytes", found: "\(fault.computed) bytes",
        remedy: remedy)
    default: throw InputError(.io, file.path, found: "a page that cannot be read")
    }
  }

  /// The fault that a failed read found.
  static func lastFault(_ path: String) -> InputError {
    var fault = semid_page_fault()
    guard semid_pages_last_fault(path, &fault) != 0 else {
      return InputError(
        .malformed, path, expected: "pages as they were written", found: "a damaged one", remedy: remedy)
    }
    return damage(fault, path)
  }

  private static let remedy = """
    restore the file from a copy; if a program other than semid wrote it (sqlite3's .backup), semid registry copy \
    --ignore-checksums makes a good copy of it
    """

  private static func damage(_ fault: semid_page_fault, _ path: String) -> InputError {
    func hex(_ value: UInt64) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return InputError(
      .malformed, path, at: "page \(fault.page)", expected: "bytes of the checksum \(hex(fault.stored))",
      found: "bytes of \(hex(fault.computed))", remedy: remedy)
  }

  private static func checkLog(_ path: String) throws {
    var frame: Int64 = 0
    let log = path + "-wal"
    let code = semid_log_check(log, &frame)
    guard code == 0 else { throw InputError(.io, log, found: String(cString: strerror(code))) }
    if frame != 0 { throw damage(frame: max(0, frame), path) }
  }

  private static func damage(frame: Int64, _ path: String) -> InputError {
    InputError(
      .malformed, path + "-wal", at: frame == 0 ? "the header" : "frame \(frame)",
      expected: "the checksum of its bytes", found: "another one: changes that were published are damaged",
      remedy: "restore both files from a copy")
  }

  private static func connection(_ database: Database, _ source: String) throws -> SQLiteConnection {
    guard let connection = database.sqliteConnection else { throw InputError(.io, source, found: "it is closed") }
    return connection
  }
}
