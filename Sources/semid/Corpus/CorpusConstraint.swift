import ArgumentParser
import Foundation
import SemanticID

struct CorpusConstraint: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "constraint", abstract: "Write what keeps a language model's beams inside a catalogue.",
    discussion: """
      Examples:
        semid corpus constraint index --tokenizer tokenizer -o constraint.npz
        semid corpus constraint ids.parquet --tokenizer tokenizer.json \\
          --end "<|im_end|>" -o constraint.npz
        semid corpus constraint index --format static -o static.npz
        semid corpus constraint index --filter "price < 20" -o cheap.npz
        semid corpus constraint index --tokenizer tokenizer \\
          --format prefixes -o prefixes.json

      csr       Arrays of the trie: token and children of every node (node 0 is the root; node n leads to nodes \
      children[n] to children[n + 1] - 1), where each depth starts, is_id, and the special tokens.
      static    The six arrays of STATIC (youtube/static-constraint-decoding), by their names there. Its tokens are codes; \
      semid export static writes them with a model's tokens, too.
      prefixes  A dictionary for Hugging Face's generate, which needs a token that ends an ID. A prefix that no ID has \
      raises an error: nothing is ever allowed by default. Decoders, and decoders behind an encoder (T5, BART):

      \(Text.indented(DecodingConstraint.example, by: 4))

      --trigger "<|sid_begin|>" constrains IDs in the midst of text: all is free until the token is written, then only \
      an ID and its end are allowed, then all is free again. Decoders of any kind:

      \(Text.indented(DecodingConstraint.triggerExample, by: 4))
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csr, `static`, prefixes
  }

  @OptionGroup var source: CatalogueSourceOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file"))
  var output: String
  @Option(help: "Form of the file: csr, static or prefixes.")
  var format = Format.csr
  @OptionGroup var options: ConstraintOptions
  @Option(
    help: ArgumentHelp("With --format static: levels that are looked up in one table; by default 2.", valueName: "n"))
  var denseLevels: Int?
  @OptionGroup(title: "Filters, of an index") var filters: FilterOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--dense-levels", denseLevels, in: 1...126)
    try source.check(filters)
    guard format == .static else {
      if denseLevels != nil { throw ValidationError("--dense-levels: expected --format static beside it") }
      return
    }
    if options.namesTokens {
      throw ValidationError("--format static: expected no tokens of a tokenizer, whose place codes have in its arrays")
    }
  }

  func execute(_ console: Console) async throws {
    try Output.check(
      [.file(output)],
      reading: source.paths + [options.tokenizer, filters.allow, filters.deny].compactMap(\.self))
    let catalogue = try catalogue(console)
    let levelSizes = catalogue.levelSizes
    var (ids, prefixes) = (0, 0)
    var vocabulary = options.vocabularySize ?? levelSizes.reduce(0, max)
    let (_, seconds) = try await timed {
      try await console.step("writing", unit: "prefixes") { _ in
        if format == .static {
          let trie = try catalogue.trie(console.pool)
          (ids, prefixes) = (trie.levels.last?.count ?? 0, trie.levels.reduce(0) { $0 + $1.count })
          return try StaticArrays.write(
            trie, vocabularySize: options.vocabularySize, denseLevels: denseLevels ?? 2, to: output)
        }
        let (tokens, told) = try options.tokens(levelSizes: levelSizes)
        for line in told { console.note(line) }
        let constraint = try catalogue.constraint(tokens, console.pool)
        vocabulary = constraint.vocabularySize
        (ids, prefixes) = (constraint.idCount, constraint.prefixCount)
        try format == .csr ? constraint.write(arrays: output) : constraint.write(prefixes: output)
      }
    }
    let size = (try? FileManager.default.attributesOfItem(atPath: output)[.size] as? Int) ?? 0
    let summary = Summary(
      output: output, format: format.rawValue, ids: ids, prefixes: prefixes, levelSizes: levelSizes,
      vocabularySize: vocabulary, bytes: size, seconds: seconds)
    try console.print(summary) {
      """
      wrote \(output): \(Text.count(ids, "ID")), \(Text.count(prefixes)) prefixes, a vocabulary of \
      \(Text.count(vocabulary)) tokens, \(Text.bytes(size)), in \(Text.duration(seconds: seconds))
      """
    }
  }

  /// What the constraint is compiled from: of an index, the IDs that a filter leaves.
  private struct Catalogue {
    var levelSizes: [Int]
    var trie: (ThreadPool) throws -> CodeTrie
    var constraint: (ConstraintTokens, ThreadPool) throws -> DecodingConstraint
  }

  private func catalogue(_ console: Console) throws -> Catalogue {
    if let index = try source.openIndex(console) {
      let shape = index.shape
      let trie = try filters.resolved(in: index, console).map { try index.trie(allowing: $0) } ?? index.trie
      return Catalogue(levelSizes: shape.levelSizes) { _ in
        guard !shape.mayEndEarly else { throw Self.severalLengths(index.path) }
        return trie
      } constraint: {
        try DecodingConstraint(trie, shape: shape, tokens: $0, pool: $1)
      }
    }
    let table = try source.openCodes(firstToken: options.firstToken, console)
    return Catalogue(levelSizes: table.codes.levelSizes) { pool in
      guard table.lengths == nil else { throw Self.severalLengths(table.source) }
      return try CodeTrie(table.codes, pool: pool)
    } constraint: {
      try DecodingConstraint(codes: table.codes, lengths: table.lengths, tokens: $0, pool: $1)
    }
  }

  private static func severalLengths(_ source: String) -> InputError {
    InputError(.unsupported, source, expected: "IDs of one length, for STATIC", found: "several lengths")
  }

  struct Summary: Encodable {
    var output: String
    var format: String
    var ids: Int
    var prefixes: Int
    var levelSizes: [Int]
    var vocabularySize: Int
    var bytes: Int
    var seconds: Double
  }
}
