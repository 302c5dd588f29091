import ArgumentParser
import SemanticID

struct ExportFlashRec: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "flashrec", abstract: "The catalogue that FlashRec's --sid-vocab-file opens.",
    discussion: """
      Examples:
        semid export flashrec index --tokenizer tokenizer -o catalogue.json
        semid export flashrec ids.parquet --codebook-size 256 -o catalogue.json

      A JSON object with a key for each ID, codes with commas between: {"12,4,9":1}. FlashRec computes the token of a code \
      from where the first token stands and from the sizes of the levels. With --tokenizer or --first-token the verb checks \
      that the model's tokens stand so, and prints FlashRec's --sid. Without, FlashRec finds them by their spelling, \
      openonerec.

      FlashRec takes a last level of 2 codes, and a fourth level where it looks for tokens itself, for the tokens around an \
      ID: give it --sid. It has no place for IDs of one code or of two lengths: they are refused.
      """)

  @OptionGroup var source: CatalogueSourceOptions
  @OptionGroup var tokens: ExportTokenOptions
  @Flag(help: "Write the ids of an ID's items as its value, a list; by default 1, since FlashRec reads the keys alone.")
  var withItems = false
  @Option(
    help: ArgumentHelp(
      "With --with-items: ids of the rows of a file of codes (.json, .txt, .npy); of an .npy by default ids.json beside it.",
      valueName: "file"), completion: .file())
  var ids: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file.json"))
  var output: String
  @OptionGroup(title: "Filters, of an index") var filters: FilterOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try source.check(filters)
    guard tokens.areGiven || tokens.vocabularySize == nil else {
      throw ValidationError("--vocabulary-size: expected --tokenizer or --first-token beside it")
    }
    guard withItems || ids == nil else { throw ValidationError("--ids: expected --with-items beside it") }
  }

  func execute(_ console: Console) async throws {
    try Output.check(
      [.file(output)],
      reading: source.paths + [tokens.tokenizer, ids, filters.allow, filters.deny].compactMap(\.self))
    let catalogue = try source.catalogue(
      filters, ids: ids, namesItems: withItems, firstToken: tokens.firstToken, console)
    let sizes = catalogue.shape.levelSizes
    let known = try tokens.tokens(sizes)
    let layout = tokens.areGiven ? try FlashRecCatalogue.layout(known, levelSizes: sizes) : nil
    if sizes.last == 2 || sizes.count == 4 {
      console.note(
        "FlashRec takes \(sizes.last == 2 ? "a last level of 2 codes" : "a fourth level") for the tokens around an ID "
          + "where it looks for tokens itself: give it --sid and --sid-boundary-tokens")
    }
    let (_, seconds) = try await timed {
      try await console.step("writing", total: catalogue.idCount, unit: "IDs") { step in
        try FlashRecCatalogue.write(catalogue, namesItems: withItems, to: output, progress: step.update)
      }
    }
    var summary = ExportSummary("flashrec", catalogue, output: output, seconds: seconds)
    summary.layout = layout
    try console.print(summary, text: summary.text)
  }
}
