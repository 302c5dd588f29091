import ArgumentParser
import SemanticID

struct RegistryRemove: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take items out; their IDs stay theirs.",
    discussion: """
      Example: semid registry remove ids.db B00004Z5PG B00005A3B7

      A removed item gets its old ID back when it is added again, and nobody else gets it meanwhile, unless --release \
      gives it up.
      """)

  @OptionGroup var registry: RegistryOptions
  @Argument(help: "Items to remove.")
  var items: [String] = []
  @Option(
    help: ArgumentHelp(
      "File with the items to remove (.json, .txt, .npy, .parquet, .h5); by default those named.", valueName: "file"),
    completion: .file())
  var from: String?
  @Flag(help: "Let others have the IDs, also those of items that were removed before.")
  var release = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    if items.isEmpty == (from == nil) { throw ValidationError("expected items, or --from with a file of them") }
  }

  func execute(_ console: Console) async throws {
    let items = try from.map { try Identifiers.read(path: $0) } ?? StringColumn(items)
    let removal = try await registry.with(.update) {
      try $0.remove(items, releasing: release, source: from ?? "items")
    }
    let summary = Summary(
      registry: registry.registry, generation: removal.generation, removed: removal.removed,
      alreadyRemoved: removal.alreadyRemoved, released: removal.released)
    try console.print(summary) {
      """
      \(registry.registry): \(Text.count(removal.removed)) removed, \(Text.count(removal.alreadyRemoved)) were removed \
      already, \(Text.count(removal.released, "ID")) released; generation \(Text.count(removal.generation.number)) has \
      \(Text.count(removal.generation.items, "item"))
      """
    }
  }

  struct Summary: Encodable {
    var registry: String
    var generation: Generation
    var removed: Int
    var alreadyRemoved: Int
    var released: Int
  }
}
