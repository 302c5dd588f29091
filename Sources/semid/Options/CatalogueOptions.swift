import ArgumentParser
import SemanticID

/// The catalogue that IDs are looked up in: an index, or a file of codes alone.
struct CatalogueOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Index directory; by default none, see --codes.", valueName: "directory"), completion: .directory
  )
  var index: String?

  @Option(
    help: ArgumentHelp(
      "Codes of the items in place of an index: .npy, .parquet, .csv, .tsv, .jsonl, or an index.json of MiniOneRec or "
        + "LC-Rec; by default none, see --index.", valueName: "file"),
    completion: .file())
  var codes: String?

  @OptionGroup var codesFile: CodesFileOptions

  @Option(
    help: ArgumentHelp(
      "Codes of every level, for --codes: one number, or one a level; by default each level's largest code plus one.",
      valueName: "k"),
    transform: LevelOptions.sizes)
  var codebookSize: [Int] = []

  func validate() throws {
    guard (index == nil) != (codes == nil) else {
      throw ValidationError("expected --index or --codes, found \(index == nil ? "neither" : "both")")
    }
  }

  func open(_ console: Console) throws -> SemanticIndex {
    if let index { return try SemanticIndex(opening: index, pool: console.pool) }
    var options = codesFile.options(codebookSize.isEmpty ? .observed : .given(codebookSize))
    options.looksBeside = true
    let table = try CodesTable(opening: codes ?? "", options: options, pool: console.pool)
    console.tell(table.summary)
    return try SemanticIndex(of: table, pool: console.pool)
  }
}
