import ArgumentParser
import SemanticID

struct IndexAdd: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add items to an index, or replace items of the same ids.",
    discussion: """
      Example: semid index add index new.npy --ids new.json
      Example: semid index add index changed.parquet --id-column item --replace

      Vectors are encoded by the model that the index keeps. Whoever searches sees all of the items, or none, and is \
      never made to wait; after a kill the index is whole, with the items or without. Small additions are merged as \
      they come; --no-merge leaves that to `semid index compact`, which is asked for when the index comes to consist of \
      half as many files as the system maps for a process: some thousand segments.
      """)

  @Argument(help: "Index directory.", completion: .directory)
  var index: String
  @OptionGroup var input: InputOptions
  @Option(
    help: ArgumentHelp(
      "Codes of the items, by the index's model: .npy, .parquet, .csv, .tsv, .jsonl, .json; encoded by default.",
      valueName: "file"),
    completion: .file())
  var codes: String?
  @OptionGroup var codesFile: CodesFileOptions
  @OptionGroup var attributes: AttributeOptions
  @Flag(help: "Let items take the place of those with the same ids.")
  var replace = false
  @OptionGroup var merging: MergeOption
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let live = try LiveIndex(opening: index, options: merging.options, pool: console.pool)
    let set = try input.open(console)
    if live.current.metric == .cosine { try set.checkDirections(pool: console.pool) }
    guard let ids = set.ids else {
      throw InputError(
        .usage, set.source, expected: "ids of the items", found: "none", remedy: "name a file of them with --ids")
    }
    let codes = try self.codes.map {
      try codesFile.open($0, .observed, of: set, console).stored(as: live.current.shape).codes
    }
    let table = try attributes.table(of: set.ids, count: set.count, console)
    let names = live.current.attributes.map(\.name)
    if table == nil, !names.isEmpty {
      console.warn(
        "\(index) has attributes (\(names.joined(separator: ", "))), and these items get none; --attributes FILE gives them"
      )
    }
    if codes == nil, replace {
      console.note("codes: the model's; --codes FILE keeps the IDs that a registry gave")
    }
    let report = try await console.step("adding", unit: "items") { step in
      let report = try live.update(
        IndexChanges(
          added: .init(ids: ids, vectors: set.vectors, codes: codes, attributes: table), isReplacing: replace))
      step.update(to: set.count)
      return report
    }
    try console.print(UpdateSummary(index, report)) {
      "\(index): \(Text.count(report.added)) added, \(Text.count(report.replaced)) replaced; "
        + UpdateSummary.state(report)
    }
  }
}

/// What a change of an index did.
struct UpdateSummary: Encodable {
  var index: String
  var report: UpdateReport

  init(_ index: String, _ report: UpdateReport) {
    self.index = index
    self.report = report
  }

  private enum CodingKeys: CodingKey { case index }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(index, forKey: .index)
  }

  static func state(_ report: UpdateReport) -> String {
    "it has \(Text.count(report.items, "item")) in \(Text.count(report.segments, "segment")) "
      + "(\(Text.duration(seconds: report.seconds)))"
  }
}
