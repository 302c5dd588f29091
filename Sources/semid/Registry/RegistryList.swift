import ArgumentParser
import SemanticID

struct RegistryList: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List items and their IDs, in ID order.",
    discussion: "Example: semid registry list ids.db --prefix 12-4")

  @OptionGroup var registry: RegistryOptions
  @Option(help: ArgumentHelp("The first levels of the IDs, 12-4 or <a_12><b_4>; by default any.", valueName: "id"))
  var prefix: String?
  @Option(help: ArgumentHelp("As of this generation; the last by default.", valueName: "n"))
  var generation: Int?
  @Option(help: ArgumentHelp("The most items to list; all by default.", valueName: "n"))
  var limit: Int?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--generation", generation, in: Ranges.generations)
    try InputError.check("--limit", limit, in: Ranges.items)
  }

  func execute(_ console: Console) async throws {
    let entries = try await registry.with(.read) { registry in
      let sizes = try registry.generation()?.levelSizes ?? []
      let prefix = try prefix.map { try TokenFormat.parse($0, levelSizes: sizes, prefix: true) } ?? []
      return try registry.items(withPrefix: prefix, generation: generation, limit: limit)
    }
    try console.print(entries.lazy.map(RegistryLine.init), RegistryLine.columns)
  }
}
