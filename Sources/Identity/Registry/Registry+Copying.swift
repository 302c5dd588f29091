import CRegistryPages
import Formats
import Foundation
import GRDB
import Vectors

extension Registry {
  /// Whether its pages have checksums, as in registries from version 3 on.
  package func hasChecksums() throws -> Bool { try read { try RegistrySchema.hasChecksums($0) } }

  /// Writes the published state to a new file, with all generations. Others may write meanwhile.
  ///
  /// The copy is verified before it gets its name. Its pages have checksums, also when a registry of version 2 is
  /// copied. A copy of a registry of version 1 is of version 1, and has none.
  ///
  /// - Throws: `InputError`, also where something is at `path` or SQLite's files are beside it; nothing is written
  ///   then.
  public func copy(to path: String) throws {
    for name in ["", "-wal", "-shm", "-journal"].map({ path + $0 }) where FileManager.default.fileExists(atPath: name) {
      throw InputError(.cannotCreate, path, expected: "a path where nothing is", found: "a file, \(name)")
    }
    try AtomicFile.write(toPath: path) { made in
      try SQLiteErrors.mapped(source) {
        try database.writeWithoutTransaction { database in
          let isNew = try RegistrySchema.hasSeals(database)
          if isNew { try RegistryPages.reserve(database, source: source) }
          try database.execute(sql: "VACUUM INTO ?", arguments: [RegistryPages.uri(made, isNew: isNew)])
        }
      }
      try file?.checkUnchanged()
      try SQLiteErrors.mapped(made) {
        let copy = try DatabaseQueue(path: RegistryPages.uri(made))
        try copy.write { try RegistrySchema.raiseCopy($0) }
        try copy.close()
      }
      let copy = try Registry(opening: made, access: .update)
      try copy.verify()
      try copy.close()
    }
  }
}
