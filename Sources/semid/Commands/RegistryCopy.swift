import ArgumentParser
import SemanticID

struct RegistryCopy: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copy a registry, also while others write to it.",
    discussion: """
      Example: semid registry copy ids.db --output copy.db

      The copy holds all generations, and is verified before it gets its name. Its pages have checksums, which the pages \
      of a registry of version 2 have not.
      """)

  @OptionGroup var registry: RegistryOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Registry to write; nothing may be there.", valueName: "file"),
    completion: .file())
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check([.file(output)], reading: registry.files)
    let (generations, hasChecksums) = try await registry.with(.read) { registry in
      try registry.copy(to: output)
      return try await Registry.with(output, .read) { (try $0.generations(), try $0.hasChecksums()) }
    }
    if !hasChecksums { console.note("\(output): \(RegistryVerify.withoutChecksums)") }
    try console.print(RegistrySummary(output, generations)) {
      """
      wrote \(output): \(Text.count(generations.count, "generation")), \
      \(Text.count(generations.last?.items ?? 0, "item"))
      """
    }
  }
}
