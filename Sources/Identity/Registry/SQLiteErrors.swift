import CRegistryPages
import GRDB
import Vectors

/// Turns SQLite's errors into errors of a file.
enum SQLiteErrors {
  static func mapped<Result>(_ source: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw inputError(error, source)
    }
  }

  private static func inputError(_ error: DatabaseError, _ source: String) -> InputError {
    let reason = error.message ?? "\(error.resultCode)"
    if error.extendedResultCode == .SQLITE_IOERR_DATA { return RegistryPages.lastFault(source) }
    switch error.resultCode {
    case .SQLITE_NOTADB:
      return InputError(.malformed, source, expected: "a registry", found: "a file that is not a SQLite database")
    case .SQLITE_CORRUPT:
      return InputError(
        .malformed, source, expected: "a whole registry", found: "a damaged one (\(reason))",
        remedy: "restore the file from a copy")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return InputError(
        .io, source, found: "another process is writing it and did not finish in time", remedy: "try again later")
    case .SQLITE_FULL: return InputError(.io, source, found: "the disk is full")
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
      return InputError(
        .cannotCreate, source, found: "cannot be opened or written (\(reason))",
        remedy: "check the permissions of the file and of its folder, which SQLite writes to as well")
    default: return InputError(.io, source, found: "SQLite says: \(reason)")
    }
  }
}
