import ArgumentParser
import SemanticID

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
