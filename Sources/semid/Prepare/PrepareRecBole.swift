import ArgumentParser
import SemanticID

struct PrepareRecBole: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "recbole", abstract: "RecBole's atomic files: .inter, .item and .user.",
    discussion: """
      Example: semid prepare recbole --interactions ml-100k.inter --items ml-100k.item --users ml-100k.user -o ml-100k
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Interactions: .inter, also as .gz; one file or more.", valueName: "file"), completion: .file())
  var interactions: [String]
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Items: .item, also as .gz; by default none, and items have ids alone.", valueName: "file"),
    completion: .file())
  var items: [String] = []
  @Option(
    help: ArgumentHelp(
      "Users: .user; those that are kept are written to users.parquet; by default none.", valueName: "file"),
    completion: .file())
  var users: String?
  @OptionGroup var columns: ColumnArguments
  @OptionGroup var preparation: PreparationArguments
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws { try columns.check(hasItems: !items.isEmpty) }

  func execute(_ console: Console) async throws {
    let options = try columns.options()
    let source = RecBoleSource(
      interactions: interactions, items: items, options: options, skipsFaulty: preparation.skipFaulty)
    let extras = try users.map { [try RecBoleUsers($0, options, skipsFaulty: preparation.skipFaulty).extra] } ?? []
    try await preparation.run(
      source, columns.recorded, extras: extras, reading: source.paths + [users].compactMap(\.self),
      hasItems: !items.isEmpty, console)
  }
}
