import ArgumentParser
import SemanticID

/// A catalogue whose IDs are written in another form: an index, or a file of codes.
struct CatalogueSourceOptions: ParsableArguments {
  @Argument(help: "Index directory, or a file of codes.", completion: .file())
  var index: String?
  @Option(
    help: ArgumentHelp(
      "Codes of items, without an index: .npy, .parquet, .csv, .tsv, .jsonl, or an index.json of MiniOneRec or LC-Rec. "
        + "IDs may differ in length. By default those of the index.", valueName: "file"),
    completion: .file())
  var codes: String?
  @OptionGroup var codesFile: CodesFileOptions
  @Option(
    help: ArgumentHelp(
      "Codes of every level, for codes without an index: one number, or one a level; by default each level's largest plus "
        + "one.", valueName: "k"),
    transform: LevelOptions.sizes)
  var codebookSize: [Int] = []

  func validate() throws {
    guard (index == nil) != (codes == nil) else {
      throw ValidationError("expected an index or --codes, found \(index == nil ? "neither" : "both")")
    }
  }

  /// The file of codes, where no index was named.
  var codesPath: String? {
    if let codes { return codes }
    return index.flatMap { path in Self.ends.contains(where: path.lowercased().hasSuffix) ? path : nil }
  }

  private static let ends = [".npy"] + DataTable.extensions.map { "." + $0 }

  /// What is read.
  var paths: [String] { [index, codes].compactMap(\.self) }

  func check(_ filters: FilterOptions) throws {
    if filters.isGiven, codesPath != nil {
      throw ValidationError("--filter, --allow and --deny: expected an index, found codes alone")
    }
  }

  /// The index, where one was named.
  func openIndex(_ console: Console) throws -> SemanticIndex? {
    guard codesPath == nil else { return nil }
    guard codebookSize.isEmpty else {
      throw InputError(.usage, "--codebook-size", expected: "none beside an index, which knows", found: "sizes")
    }
    return try SemanticIndex(opening: index ?? "", pool: console.pool)
  }

  /// The file of codes.
  ///
  /// - Parameters:
  ///   - ids: a file of the rows' ids.
  ///   - looksBeside: whether the ids of an .npy are looked for beside it.
  ///   - firstToken: the numbers of a run of tokens follow from the sizes; those that codes seen happen to have
  ///     would be wrong.
  func openCodes(ids: String? = nil, looksBeside: Bool = false, firstToken: Int?, _ console: Console) throws
    -> CodesTable
  {
    guard !codebookSize.isEmpty || firstToken == nil else {
      throw InputError(
        .usage, "--first-token", expected: "--codebook-size beside it, or an index", found: "codes alone",
        remedy: "tokens of a level follow those of all codes of the levels before")
    }
    var options = codesFile.options(codebookSize.isEmpty ? .observed : .given(codebookSize))
    options.idsPath = ids
    options.looksBeside = looksBeside
    let table = try CodesTable(opening: codesPath ?? "", options: options, pool: console.pool)
    console.tell(table.summary)
    return table
  }
}
