import ArgumentParser
import SemanticID

struct IndexDelete: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Take items out of an index.",
    discussion: """
      Example: semid index delete index B00004Z5PG B00005A3B7
      Example: semid index delete index --from withdrawn.txt

      Once this returns, no search that begins finds the items. Their space comes back when their segment is merged, at \
      the latest by `semid index compact`.
      """)

  @Argument(help: "Index directory.", completion: .directory)
  var index: String
  @Argument(help: "Items to take out.")
  var items: [String] = []
  @Option(
    help: ArgumentHelp(
      "File with the items to take out (.json, .txt, .npy, .parquet, .h5); by default those named.", valueName: "file"),
    completion: .file())
  var from: String?
  @Flag(help: "Pass over items that the index does not have.")
  var ignoreUnknown = false
  @OptionGroup var merging: MergeOption
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    if items.isEmpty == (from == nil) { throw ValidationError("expected items, or --from with a file of them") }
  }

  func execute(_ console: Console) async throws {
    let items = try from.map { try Array(Identifiers.read(path: $0)) } ?? items
    let live = try LiveIndex(opening: index, options: merging.options, pool: console.pool)
    let report = try await console.step("deleting", unit: "items") { step in
      let report = try live.update(IndexChanges(deleted: items, ignoresUnknown: ignoreUnknown))
      step.update(to: items.count)
      return report
    }
    try console.print(UpdateSummary(index, report)) {
      let unknown = report.unknown == 0 ? "" : ", \(Text.count(report.unknown)) not there"
      return "\(index): \(Text.count(report.deleted)) deleted\(unknown); " + UpdateSummary.state(report)
    }
  }
}
