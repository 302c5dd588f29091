import Foundation
import GRDB
import Vectors

/// Which item has which ID, for good: a SQLite file, or memory.
///
/// ```swift
/// let registry = try Registry(opening: "ids.db")
/// let registration = try registry.register(ids: ids, vectors: vectors, tokenizer: model)
/// registration.codes     // of the rows, in their order; the same each time it is asked
/// ```
///
/// Every change is a *generation*: numbered from 1, with the fingerprint of the model whose codes it holds, never altered
/// afterwards. An item that is there keeps its ID; a new one gets a free ID. A removed item leaves a tombstone: its ID
/// stays its own, and is given back when the item returns, unless it was released.
///
/// A generation is one SQLite transaction. The journal is a write-ahead log, whose frames carry checksums, and
/// `synchronous` is EXTRA, so a commit returns only after the log is on the disk: after a kill or a power cut the file
/// holds whole generations, and all that were reported. Readers go on while one process writes; a second writer waits. A
/// closed registry is one file again; `copy(to:)` copies one that is open. It can be read where nothing may be written,
/// such as on a read-only mount or as another user's.
///
/// Every page of the file has a checksum, which each reading checks. Other programs can read the file. One that writes to
/// it damages it.
public final class Registry: Sendable {
  /// nil: in memory.
  public let path: String?
  let database: DatabaseQueue
  let file: RegistryFile?

  /// What the registry is opened for.
  public enum Access: Sendable {
    /// To look things up; nothing is created.
    case read
    /// To change what is there; nothing is created.
    case update
    /// As `update`, and created when there is nothing yet.
    case create
  }

  /// The file, for errors.
  var source: String { path ?? "registry" }

  /// - Parameters:
  ///   - path: nil holds the registry in memory, empty at first, until the object goes.
  ///   - patience: how long to wait for another process that is writing.
  /// - Throws: `InputError` when there is nothing to open, or something else than a registry.
  public convenience init(
    opening path: String? = nil, access: Access = .create, patience: Duration = .seconds(120)
  ) throws {
    try self.init(path, access, checksPages: true, patience)
  }

  /// For what another program wrote, such as SQLite's `.backup`: opens it to be read, and to be copied, without a look at
  /// the checksums of its pages.
  ///
  /// `verify` checks all the rest: the copy of what it finds whole is whole.
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
    // Not for reading alone: the last to close takes the log into the file, which needs to write.
    configuration.readonly = file.map { $0.opening != .shared } ?? false
    configuration.prepareDatabase { database in
      // EXTRA is FULL, and also synchronizes the folder where a journal is deleted: what happens before the log is set up.
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

  /// Closes the file: the log is taken into it. Nothing may be asked afterwards.
  public func close() throws { try SQLiteErrors.mapped(source) { try database.close() } }

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    let result = Result { try SQLiteErrors.mapped(source) { try database.read(body) } }
    try file?.checkUnchanged()
    return try result.get()
  }

  /// One transaction that no other process writes beside.
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
