import Foundation
import GRDB
import Vectors

/// Remembers which item has which ID, in a SQLite file or in memory.
///
/// ```swift
/// let registry = try Registry(opening: "ids.db")
/// let registration = try registry.register(ids: ids, vectors: vectors, tokenizer: model)
/// registration.codes     // the codes of the rows, in their order; the same each time
/// ```
///
/// Every change is a *generation*: numbered from 1, with the fingerprint of the model whose codes it holds, never altered
/// afterwards. An item that is there keeps its ID; a new one gets a free ID. A removed item leaves a tombstone: its ID stays
/// reserved, and is given back when the item returns, unless it was released.
///
/// A generation is one SQLite transaction. The journal is a write-ahead log, whose frames carry checksums, and `synchronous`
/// is EXTRA. So a commit returns only after the log is on the disk. After a kill or a power cut the file holds whole
/// generations only, and all that were reported. Readers go on while one process writes; a second writer waits. A closed
/// registry is one file again; `copy(to:)` copies one that is open. A registry can be read where nothing may be written,
/// such as on a read-only mount or in another user's folder.
///
/// Every page of the file has a checksum, which each reading checks. Other programs can read the file. A program that writes
/// to it damages it.
public final class Registry: Sendable {
  /// The path of the file; nil: in memory.
  public let path: String?
  let database: DatabaseQueue
  let file: RegistryFile?

  /// What the registry is opened for.
  public enum Access: Sendable {
    /// To look items up; nothing is created.
    case read
    /// To change a registry that is there; nothing is created.
    case update
    /// To change a registry, which is created where there is none.
    case create
  }

  /// The file, for errors.
  var source: String { path ?? "registry" }

  /// - Parameters:
  ///   - path: nil holds the registry in memory, empty at first, as long as the object lives.
  ///   - patience: how long to wait for another process that is writing.
  /// - Throws: `InputError` when there is nothing to open, or something that is no registry.
  public convenience init(
    opening path: String? = nil, access: Access = .create, patience: Duration = .seconds(120)
  ) throws {
    try self.init(path, access, checksPages: true, patience)
  }

  /// Opens a file that another program wrote, such as SQLite's `.backup`, to read and to copy it, without checking the
  /// checksums of its pages.
  ///
  /// `verify` checks everything else, so a copy of a verified file is whole.
  package convenience init(ignoringChecksumsOf path: String) throws {
    try self.init(path, .read, checksPages: false, .seconds(120))
  }

  private init(_ path: String?, _ access: Access, checksPages: Bool, _ patience: Duration) throws {
    self.path = path
    let access = path == nil ? .create : access
    let file = try path.map { try RegistryFile($0, access, checksPages: checksPages) }
    self.file = file
    var configuration = Configuration()
    configuration.label = "registry"
    configuration.busyMode = .timeout(patience / .seconds(1))
    // Writable also for reading: the last process to close takes the log into the file.
    configuration.readonly = file.map { $0.opening != .shared } ?? false
    configuration.prepareDatabase { database in
      // EXTRA is FULL, and also synchronizes the folder where a journal is deleted, as before the log is set up.
      try database.execute(sql: "PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }
    let source = path ?? "registry"
    database = try SQLiteErrors.mapped(source) {
      let database =
        try file.map { try RegistryPages.open($0, configuration) } ?? DatabaseQueue(configuration: configuration)
      try RegistrySchema.prepare(database, access, source: source)
      return database
    }
  }

  /// Closes the file: the log is taken into it. Do not use the registry afterwards.
  public func close() throws { try SQLiteErrors.mapped(source) { try database.close() } }

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    let result = Result { try SQLiteErrors.mapped(source) { try database.read(body) } }
    try file?.checkUnchanged()
    return try result.get()
  }

  /// Runs a transaction beside which no other process writes.
  func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try SQLiteErrors.mapped(source) {
      try database.writeWithoutTransaction { database in
        var result: Result?
        try database.inTransaction(.immediate) {
          result = try body(database)
          return .commit
        }
        guard let result else { throw InputError(.io, source, found: "a transaction without a result") }
        return result
      }
    }
  }
}
