import ArgumentParser
import SemanticID

struct IndexInfo: SemidCommand {
  static let configuration = CommandConfiguration(commandName: "info", abstract: "Say what an index holds.")

  @Argument(help: "Index directory.", completion: .directory)
  var index: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let (index, seconds) = try await timed { try SemanticIndex(opening: self.index, pool: console.pool) }
    let summary = IndexSummary(index.path, index.manifest, seconds: seconds)
    try console.print(summary) {
      let shape = summary.levelSizes.map { Text.count($0) }.joined(separator: " × ")
      let nodes = summary.nodes.map { Text.count($0) }.joined(separator: ", ")
      let deleted = summary.deleted == 0 ? "" : ", with \(Text.count(summary.deleted, "deleted item"))"
      return """
        \(summary.index)
          items      \(Text.count(summary.items)) of dimension \(summary.dimension), metric \(summary.metric)
          codes      \(shape)
          nodes      \(nodes) a level
          vectors    \(summary.faiss.map { "FAISS \($0)" } ?? "none")
          model      \(summary.model ?? "not recorded")
          attributes \(summary.attributes.isEmpty ? "none" : summary.attributes.joined(separator: ", "))
          segments   \(Text.count(summary.segments))\(deleted)
          size       \(Text.bytes(summary.bytes))
          opened in  \(Text.duration(seconds: summary.seconds))
        """
    }
  }
}
