import ArgumentParser
import SemanticID

struct RegistryExport: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the IDs of a generation to a file.",
    discussion: """
      Example: semid registry export ids.db --for embeddings.npy --output codes.npy
      Example: semid registry export ids.db --output ids.parquet

      With --for, the rows are those of the embeddings, and every one must have an ID: what semid index build takes as \
      --codes. Without, they are all items, sorted by item id; beside an .npy their ids go to NAME.ids.json.
      """)

  @OptionGroup var registry: RegistryOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .npy, .parquet or .jsonl.", valueName: "file"))
  var output: String
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Embeddings, or a file of ids, whose rows to write; by default all items.", valueName: "file"),
    completion: .file())
  var rows: String?
  @Option(help: ArgumentHelp("As of this generation; the last by default.", valueName: "n"))
  var generation: Int?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--generation", generation, in: Ranges.generations)
  }

  func execute(_ console: Console) async throws {
    let form = try CodesForm(path: output)
    let idsOutput = form == .npy && rows == nil ? String(output.dropLast(4)) + ".ids.json" : nil
    try Output.check(
      [output, idsOutput].compactMap(\.self).map { .file($0) },
      reading: registry.files + [rows].compactMap(\.self))
    let rows = try rows.map { try Self.ids($0, console) }
    let (codes, ids, published) = try await registry.with(.read) { registry in
      let snapshot = try registry.snapshot(generation: generation)
      guard let rows else { return (snapshot.codes, snapshot.ids, snapshot.generation) }
      let positions = try ItemIDs(snapshot.ids, source: registry.path ?? "registry")
      let found = try rows.indices.map { row in
        guard let position = positions.row(of: rows[row]) else {
          throw InputError(
            .mismatch, self.rows ?? "rows", at: "row \(row) (from 0)",
            expected: "an item of generation \(snapshot.generation.number) of \(self.registry.registry)",
            found: "\"\(rows[row])\"", remedy: "semid registry add gives it an ID")
        }
        return position
      }
      return (snapshot.codes.gathered(found), rows, snapshot.generation)
    }
    try form.write(codes, ids: ids, to: output)
    if let idsOutput { try Identifiers.write(ids, json: idsOutput) }
    try console.print(
      Summary(
        output: output, ids: idsOutput, generation: published.number, model: published.model,
        levelSizes: published.levelSizes, items: codes.count)
    ) {
      """
      wrote \(Text.count(codes.count, "ID")) of generation \(Text.count(published.number)) to \(output)\
      \(idsOutput.map { " and their items to \($0)" } ?? "")
      """
    }
  }

  /// The ids of embeddings, or of a file that holds nothing else.
  private static func ids(_ path: String, _ console: Console) throws -> StringColumn {
    let set: EmbeddingSet
    do {
      set = try EmbeddingSet(opening: path, pool: console.pool)
    } catch let fault as InputError where fault.kind == .usage || fault.kind == .unsupported {
      // No embeddings: ids alone.
      return try Identifiers.read(path: path)
    }
    console.tell(set.input)
    guard let ids = set.ids else {
      throw InputError(
        .missing, path, expected: "embeddings with ids in them or beside them", found: "vectors alone",
        remedy: "give the file of ids instead")
    }
    return ids
  }

  struct Summary: Encodable {
    var output: String
    var ids: String?
    var generation: Int
    var model: String
    var levelSizes: [Int]
    var items: Int
  }
}
