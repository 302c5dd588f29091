import ArgumentParser
import SemanticID

struct RegistryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registry", abstract: "Keep one stable ID for every item.",
    discussion: """
      Example: semid registry add ids.db embeddings.npy --model model --output codes.npy

      A registry is a SQLite file. Items keep their IDs for good: adding a catalogue again, in any order and with new \
      items, moves none. Each change is a generation; what one published stays readable.
      """,
    subcommands: [
      RegistryAdd.self, RegistryRemove.self, RegistryLookup.self, RegistryList.self, RegistryCompare.self,
      RegistryExport.self, RegistryCopy.self, RegistryInfo.self, RegistryVerify.self,
    ])
}

/// Which registry, and as of when.
struct RegistryOptions: ParsableArguments {
  @Argument(help: "Registry: a SQLite file.", completion: .file())
  var registry: String

  /// The registry, and what SQLite keeps beside it.
  var files: [String] { ["", "-wal", "-shm", "-journal"].map { registry + $0 } }

  /// Opens it, and closes it behind `body`, so that it is one file again.
  func with<Result>(_ access: Registry.Access, _ body: (Registry) async throws -> Result) async throws -> Result {
    try await Registry.with(registry, access, body)
  }
}

extension Registry {
  static func with<Result>(
    _ path: String, _ access: Access, _ body: (Registry) async throws -> Result
  ) async throws -> Result {
    let registry = try Registry(opening: path, access: access)
    let result: Result
    do {
      result = try await body(registry)
    } catch {
      try? registry.close()
      throw error
    }
    try registry.close()
    return result
  }
}

/// An item as verbs print it.
struct RegistryLine: Encodable {
  var item: String
  var id: String?
  var tokens: String?
  var codes: [UInt16]?
  /// The generation that gave the ID.
  var since: Int?
  /// The generation that removed the item.
  var removed: Int?

  init(_ entry: RegistryEntry) {
    item = entry.item
    id = TokenFormat.plain().text(for: entry.codes)
    tokens = TokenFormat.tokens.text(for: entry.codes)
    codes = entry.codes
    since = entry.since
    removed = entry.removed
  }

  init(unknown item: String) { self.item = item }

  static let columns: [Column<RegistryLine>] = [
    Column("item", shrinks: true) { $0.item },
    Column("id") { $0.id ?? "unknown" },
    Column("tokens") { $0.tokens ?? "" },
    Column("since", .right) { $0.since.map { Text.count($0) } ?? "" },
    Column("removed", .right) { $0.removed.map { Text.count($0) } ?? "" },
  ]
}
