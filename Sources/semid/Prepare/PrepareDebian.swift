import ArgumentParser
import SemanticID

struct PrepareDebian: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "debian", abstract: "The packages that this machine's apt knows, and what each depends on.",
    discussion: """
      Example: semid prepare debian -o packages

      A user is a package, and its items are the packages that it depends on or recommends. There is no time: the place in \
      that list stands for it. baskets.parquet has all of them, unfiltered.
      """)

  @Option(
    help: ArgumentHelp(
      "A saved list: what apt-cache dumpavail printed, or a Packages file; by default what apt knows.",
      valueName: "file"),
    completion: .file())
  var packages: String?
  @OptionGroup var preparation: PreparationArguments
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    guard !preparation.skipFaulty else {
      throw InputError(
        .usage, "--skip-faulty", expected: "a source of lines: amazon, recbole",
        found: "debian, whose malformed stanzas are always counted")
    }
    try Output.check([.directory(preparation.output, .prepared)], reading: [packages].compactMap(\.self))
    let list = try packages.map { try DebianPackages(path: $0) } ?? DebianPackages.available()
    let source = DebianSource(list, path: packages)
    try await preparation.run(source, extras: [source.baskets], reading: [packages].compactMap(\.self), console)
  }
}
