import ArgumentParser
import SemanticID

struct ExportSIDGR: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "sid-gr", abstract: "The catalogue that SID-GR of NVIDIA's recsys-examples opens.",
    discussion: """
      Examples:
        semid export sid-gr index --tokenizer tokenizer -o catalogue.jsonl
        semid export sid-gr ids.parquet --first-token 151669 --codebook-size 256 \\
          -o catalogue.jsonl

      An item a line, in ID order: {"item_id": "17", "token_ids": [151669, 151934, 152181]}. Its reader refuses items that \
      share an ID, unless it is told allow_duplicate_token_paths=True; semid resolve gives each item an ID of its own.
      """)

  @OptionGroup var source: CatalogueSourceOptions
  @OptionGroup var tokens: ExportTokenOptions
  @Option(
    help: ArgumentHelp(
      "Ids of the rows of a file of codes (.json, .txt, .npy); of an .npy by default ids.json beside it.",
      valueName: "file"), completion: .file())
  var ids: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file.jsonl"))
  var output: String
  @OptionGroup(title: "Filters, of an index") var filters: FilterOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try source.check(filters)
    guard tokens.areGiven else {
      throw ValidationError(
        "expected --tokenizer or --first-token, since the format has the model's tokens, found neither")
    }
  }

  func execute(_ console: Console) async throws {
    try Output.check(
      [.file(output)],
      reading: source.paths + [tokens.tokenizer, ids, filters.allow, filters.deny].compactMap(\.self))
    let catalogue = try source.catalogue(filters, ids: ids, namesItems: true, firstToken: tokens.firstToken, console)
    let known = try tokens.tokens(catalogue.shape.levelSizes)
    let (written, seconds) = try await timed {
      try await console.step("writing", total: catalogue.count, unit: "items") { step in
        try SemanticItemLines.write(catalogue, tokens: known, to: output, progress: step.update)
      }
    }
    if let told = written.told { console.note(told) }
    var summary = ExportSummary("sid-gr", catalogue, output: output, seconds: seconds)
    summary.vocabularySize = written.vocabularySize
    try console.print(summary, text: summary.text)
  }
}
