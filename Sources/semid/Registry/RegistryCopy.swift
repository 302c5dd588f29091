import ArgumentParser
import SemanticID

struct RegistryCopy: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copy a registry, also while others write to it.",
    discussion: """
      Example: semid registry copy ids.db --output copy.db

      The copy holds all generations, and is verified before it gets its name. Its pages have checksums, which the pages \
      of a registry of version 2 have not. With --ignore-checksums, what another program wrote can be copied, such as \
      sqlite3's .backup: rows, counts, digests and seals are checked all the same.
      """)

  @OptionGroup var registry: RegistryOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Registry to write; nothing may be there.", valueName: "file"),
    completion: .file())
  var output: String
  @Flag(help: "Read pages whose checksums are wrong.")
  var ignoreChecksums = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check([.file(output)], reading: registry.files)
    if ignoreChecksums {
      let registry = try Registry(ignoringChecksumsOf: registry.registry)
      defer { try? registry.close() }
      try registry.copy(to: output)
    } else {
      try await registry.with(.read) { try $0.copy(to: output) }
    }
    let (generations, hasChecksums) = try await Registry.with(output, .read) {
      (try $0.generations(), try $0.hasChecksums())
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
