import ArgumentParser
import SemanticID

struct IndexCompact: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Merge an index into one segment without deleted items.",
    discussion: """
      Example: semid index compact index

      The index answers as before; rows are numbered anew.
      """)

  @Argument(help: "Index directory.", completion: .directory)
  var index: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let live = try LiveIndex(opening: index, pool: console.pool)
    let report = try await console.step("compacting", unit: "items") { step in
      let report = try live.compact()
      step.update(to: report.rewritten)
      return report
    }
    try console.print(UpdateSummary(index, report)) {
      let done = report.merges == 0 ? "nothing to compact" : "\(Text.count(report.rewritten, "item")) written anew"
      return "\(index): \(done); " + UpdateSummary.state(report)
    }
  }
}
