import ArgumentParser
import SemanticID

struct RegistryLookup: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "lookup", abstract: "Say which ID items have, or which items an ID has.",
    discussion: """
      Example: semid registry lookup ids.db B00004Z5PG
      Example: semid registry lookup ids.db --id "<a_12><b_4><c_9>"

      Exits with a fault when an item or an ID is not there, after printing those that are.
      """)

  @OptionGroup var registry: RegistryOptions
  @Argument(help: "Items to look up.")
  var items: [String] = []
  @Option(
    name: .customLong("id"), parsing: .singleValue,
    help: ArgumentHelp(
      "An ID to look up, 12-4-9 or <a_12><b_4><c_9>; may be repeated; by default none.", valueName: "id"))
  var semanticIDs: [String] = []
  @Option(help: ArgumentHelp("As of this generation; the last by default.", valueName: "n"))
  var generation: Int?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--generation", generation, in: Ranges.generations)
    if items.isEmpty && semanticIDs.isEmpty { throw ValidationError("expected items, or --id with an ID") }
  }

  func execute(_ console: Console) async throws {
    let (lines, unknown) = try await registry.with(.read) { registry in
      let found = try registry.lookup(StringColumn(items), generation: generation)
      var lines = zip(items, found).map { item, entry in entry.map(RegistryLine.init) ?? RegistryLine(unknown: item) }
      var unknown = zip(items, found).filter { $1 == nil }.map(\.0)
      if !semanticIDs.isEmpty {
        let sizes = try registry.generation()?.levelSizes ?? []
        for id in semanticIDs {
          let entries = try registry.items(
            withPrefix: try TokenFormat.parse(id, levelSizes: sizes), generation: generation)
          lines += entries.map(RegistryLine.init)
          if entries.isEmpty { unknown.append(id) }
        }
      }
      return (lines, unknown)
    }
    try console.print(lines, RegistryLine.columns)
    if let first = unknown.first {
      throw InputError(
        .missing, registry.registry, expected: "all that is looked up",
        found: "not \(unknown.count == 1 ? "" : "\(Text.count(unknown.count)) of them, such as ")\"\(first)\"")
    }
  }
}
