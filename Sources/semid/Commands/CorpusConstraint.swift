import ArgumentParser
import Foundation
import SemanticID

struct CorpusConstraint: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "constraint", abstract: "Write what keeps a language model's beams inside a catalogue.",
    discussion: """
      Examples:
        semid corpus constraint index --tokenizer tokenizer.json --end "<|im_end|>" --output constraint.npz
        semid corpus constraint index --format static --output static.npz
        semid corpus constraint index --filter "price < 20" --output cheap.npz
        semid corpus constraint index --tokenizer tokenizer.json --format prefixes --output prefixes.json

      csr       Arrays of the trie: token and children of every node (node 0 is the root; node n leads to nodes \
      children[n] to children[n + 1] - 1), where each depth starts, is_id, and the special tokens.
      static    The six arrays of STATIC (youtube/static-constraint-decoding), by their names there. Its tokens are codes.
      prefixes  A dictionary for Hugging Face's generate(prefix_allowed_tokens_fn=…):

        import json
        constraint = json.load(open("prefixes.json"))
        def allowed(batch, tokens):
            written = tokens[prompt_length:].tolist()
            while "-".join(map(str, written)) not in constraint["allowed"] and written[-1] in constraint["padding"]:
                written.pop()
            return constraint["allowed"]["-".join(map(str, written))]
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csr, `static`, prefixes
  }

  @Argument(help: "Index directory, or codes (.npy of N × L integers).", completion: .directory)
  var index: String
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file"))
  var output: String
  @Option(help: "Form of the file: csr, static or prefixes.")
  var format = Format.csr
  @OptionGroup var options: ConstraintOptions
  @Option(help: ArgumentHelp("With --format static: levels that are looked up in one table.", valueName: "n"))
  var denseLevels: Int?
  @OptionGroup(title: "Filters, of an index") var filters: FilterOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    if filters.isGiven, index.hasSuffix(".npy") {
      throw ValidationError("--filter, --allow and --deny: expected an index, found codes alone")
    }
    guard format == .static else {
      if denseLevels != nil { throw ValidationError("--dense-levels: expected --format static beside it") }
      return
    }
    if options.namesTokens {
      throw ValidationError("--format static: expected no tokens of a tokenizer, whose place codes have in its arrays")
    }
  }

  func execute(_ console: Console) async throws {
    let trie = try trie(console)
    let ids = trie.levels.last?.count ?? 0
    let prefixes = trie.levels.reduce(0) { $0 + $1.count }
    var vocabulary = options.vocabularySize ?? trie.levelSizes.reduce(0, max)
    let (_, seconds) = try await timed {
      try await console.step("writing", unit: "prefixes") { _ in
        if format == .static {
          return try StaticArrays.write(
            trie, vocabularySize: options.vocabularySize, denseLevels: denseLevels ?? 2, to: output)
        }
        let tokens = try options.tokens(levelSizes: trie.levelSizes)
        let constraint = try DecodingConstraint(trie, tokens: tokens, pool: console.pool)
        vocabulary = constraint.vocabularySize
        try format == .csr ? constraint.write(arrays: output) : constraint.write(prefixes: output)
      }
    }
    let size = (try? FileManager.default.attributesOfItem(atPath: output)[.size] as? Int) ?? 0
    let summary = Summary(
      output: output, format: format.rawValue, ids: ids, prefixes: prefixes, levelSizes: trie.levelSizes,
      vocabularySize: vocabulary, bytes: size, seconds: seconds)
    try console.print(summary) {
      """
      wrote \(output): \(Text.count(ids, "ID")), \(Text.count(prefixes)) prefixes, a vocabulary of \
      \(Text.count(vocabulary)) tokens, \(Text.bytes(size)), in \(Text.duration(seconds: seconds))
      """
    }
  }

  /// The IDs that a model may write: those of the index, or what the filter leaves of them.
  private func trie(_ console: Console) throws -> CodeTrie {
    if index.hasSuffix(".npy") { return try CodeTrie(Codes(opening: index), pool: console.pool) }
    let index = try SemanticIndex(opening: index, pool: console.pool)
    return try filters.resolved(in: index, console).map { try index.trie(allowing: $0) } ?? index.trie
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
