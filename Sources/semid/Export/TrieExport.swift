import ArgumentParser
import SemanticID

/// The options of formats that hold the trie as arrays.
struct TrieExportOptions: ParsableArguments {
  @OptionGroup var source: CatalogueSourceOptions
  @OptionGroup var tokens: ExportTokenOptions
  @Option(
    help: ArgumentHelp(
      "Levels that are looked up in tables, of as many cells as the vocabulary has to the power of this; by default 2 "
        + "where tokens are codes, and 1 for the tokens of a model.", valueName: "n"))
  var denseLevels: Int?
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file.npz"))
  var output: String
  @OptionGroup(title: "Filters, of an index") var filters: FilterOptions

  func validate() throws {
    try source.check(filters)
    try InputError.check("--dense-levels", denseLevels, in: 1...126)
  }

  /// Opens the catalogue, has `write` put it into the output, and prints what came of it.
  func run(
    _ format: String, fewestLevels: Int, _ console: Console,
    write: @escaping @Sendable (_ trie: TokenTrie, _ denseLevels: Int, _ output: String) throws -> Void
  ) async throws {
    try Output.check(
      [.file(output)], reading: source.paths + [tokens.tokenizer, filters.allow, filters.deny].compactMap(\.self))
    let catalogue = try source.catalogue(filters, namesItems: false, firstToken: tokens.firstToken, console)
    try catalogue.check(fewestLevels: fewestLevels, for: format)
    let known = try tokens.tokens(catalogue.shape.levelSizes)
    let dense =
      denseLevels
      ?? StaticArrays.denseLevels(levels: catalogue.shape.levels, areCodes: !tokens.areGiven)
    let (vocabularySize, seconds) = try await timed {
      try await console.step("writing", unit: "prefixes") { _ in
        let trie = try TokenTrie(catalogue.trie, tokens: known, source: catalogue.source, pool: console.pool)
        try write(trie, dense, output)
        return trie.vocabularySize
      }
    }
    var summary = ExportSummary(format, catalogue, output: output, seconds: seconds)
    summary.vocabularySize = vocabularySize
    summary.denseLevels = dense
    try console.print(summary, text: summary.text)
  }
}

struct ExportStatic: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "static", abstract: "The arrays that STATIC's decoders take.",
    discussion: """
      Examples:
        semid export static index --tokenizer tokenizer -o static.npz
        semid export static index -o static.npz

      packed_csr, indptr, layer_max_branches, start_mask, dense_mask and dense_states: what build_static_index of \
      youtube/static-constraint-decoding returns for the same IDs. Tokens are those of --tokenizer, or from --first-token \
      on; without them tokens are codes. A table of one dense level has as many cells as the vocabulary, of two its square.
      """)

  @OptionGroup var options: TrieExportOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try await options.run("static", fewestLevels: 2, console) {
      try StaticArrays.write($0, denseLevels: $1, to: $2)
    }
  }
}

struct ExportRecTokens: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "rectokens", abstract: "The table that RecTokens decodes with, its CompactCSRTrie.",
    discussion: """
      Examples:
        semid export rectokens index --tokenizer tokenizer --spelling rectokens -o trie.npz
        semid export rectokens index -o trie.npz

      The fields of CompactCSRTrie by their names, dense_mask_by_layer as dense_mask_by_layer.0 and so on: what its \
      from_sorted_batch returns for the same IDs. Tokens are those of --tokenizer, or from --first-token on; without them \
      tokens are codes.
      """)

  @OptionGroup var options: TrieExportOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try await options.run("rectokens", fewestLevels: 1, console) {
      try RecTokensTable.write($0, denseLevels: $1, to: $2)
    }
  }
}
