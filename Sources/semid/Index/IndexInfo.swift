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
          segments   \(Text.count(summary.segments))\(deleted)
          size       \(Text.bytes(summary.bytes))
          opened in  \(Text.duration(seconds: summary.seconds))
        """
    }
  }
}

/// What an index holds, and what its check found.
struct VerifySummary: Encodable {
  var summary: IndexSummary
  var check: IndexCheck

  init(_ summary: IndexSummary, _ check: IndexCheck) {
    self.summary = summary
    self.check = check
  }

  func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    try check.encode(to: encoder)
  }
}

struct IndexVerify: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every checksum and every invariant of an index.")

  @Argument(help: "Index directory.", completion: .directory)
  var index: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let index = try SemanticIndex(opening: self.index, pool: console.pool)
    let (check, seconds) = try await timed { try index.verify(pool: console.pool) }
    if !check.hasDigest {
      console.warn(
        "\(index.path)/\(IndexManifest.fileName): version \(index.manifest.version) has no digest of itself: a change in "
          + "what it says of deleted items may go unseen; `semid index compact` writes one")
    }
    if !check.leftovers.isEmpty {
      console.note(
        "no part of the index: \(check.leftovers.joined(separator: ", ")); a writer is at work, or one that was stopped "
          + "left it and the next one clears it away")
    }
    try console.print(VerifySummary(IndexSummary(index.path, index.manifest, seconds: seconds), check)) {
      "\(index.path): whole (\(Text.bytes(index.manifest.bytes)) checked in \(Text.duration(seconds: seconds)))"
    }
  }
}
