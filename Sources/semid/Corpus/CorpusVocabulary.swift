import ArgumentParser
import SemanticID

struct CorpusVocabulary: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary", abstract: "Write every token that IDs can be made of.",
    discussion: """
      Example: semid corpus vocabulary --model model --output tokens.txt
      Example: semid corpus vocabulary --model model --merge-into t5-small --output t5-with-ids
      Example: semid corpus vocabulary --model model --verify t5-with-ids

      All codes of every level in numeric order, then the special tokens; the list depends on the codebook sizes alone, so \
      it stays as it is when the catalogue grows. A .txt has a token a line; a .json has the entries of added_tokens with \
      ids from --first-id on (--mapping: an object of tokens and ids).

      --merge-into copies the folder of a Hugging Face tokenizer and adds the tokens to each of its files that lists \
      tokens, so that AutoTokenizer of transformers 4 and 5 makes each one id. Ids are those that the tokenizers library \
      gives. It also takes a tokenizer.json alone, for programs that read nothing else. --verify checks such a folder.

      Tokens of codes are not special: decoding with skip_special_tokens leaves IDs in the text, but not the tokens around \
      them. None is normalized, and none strips spaces: each is found as it is spelt, wherever it stands.
      """)

  @OptionGroup var spelling: SpellingOptions
  @Option(
    help: ArgumentHelp(
      "Codes of items, for the number of levels and, without --codebook-size and --model, the largest code of "
        + "each; by default none.",
      valueName: "file"),
    completion: .file())
  var codes: String?
  @OptionGroup var codesFile: CodesFileOptions
  @Option(
    help: ArgumentHelp(
      "Levels, where --codebook-size gives one number; by default as many as it gives.", valueName: "n"))
  var levels: Int?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "What to write: a .txt or .json; with --merge-into, a folder that is not there yet, or a file; by default nothing, "
        + "with --verify or --in-place.", valueName: "path"))
  var output: String?
  @Option(
    name: .customLong("first-id"),
    help: ArgumentHelp("Id of the first token, in a .json, which has no default.", valueName: "n"))
  var firstID: Int?
  @Flag(help: "Write an object of tokens and ids instead of the entries of added_tokens.")
  var mapping = false
  @Option(
    help: ArgumentHelp(
      "A tokenizer's folder, or its tokenizer.json, to copy with the tokens added; by default none.", valueName: "path"),
    completion: .directory)
  var mergeInto: String?
  @Flag(help: "With --merge-into FOLDER: replace the folder, in one step, instead of --output.")
  var inPlace = false
  @Option(
    help: ArgumentHelp(
      "A folder to check: every token is there, is one id, and the same in all files; by default none.",
      valueName: "folder"),
    completion: .directory)
  var verify: String?
  @Option(
    help: ArgumentHelp(
      "With --verify: a constraint of csr or prefixes, whose ids have to be the folder's; by default none.",
      valueName: "file"),
    completion: .file(extensions: ["npz", "json"]))
  var constraint: String?
  @Option(help: "Tokens that the tokenizer has already: error, or keep their ids.")
  var existing = TokenizerJSON.Existing.error
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--levels", levels, in: 1...256)
    try InputError.check("--first-id", firstID, in: 0...1 << 31)
    if verify != nil, output != nil || mergeInto != nil {
      throw ValidationError("--verify: expected no --output and no --merge-into, since it writes nothing")
    }
    if constraint != nil, verify == nil { throw ValidationError("--constraint: expected --verify beside it") }
    if inPlace, mergeInto == nil || output != nil {
      throw ValidationError("--in-place: expected --merge-into and no --output beside it")
    }
    if mergeInto != nil, firstID != nil || mapping {
      throw ValidationError("--merge-into: expected ids that follow the tokenizer's own, found --first-id or --mapping")
    }
    if verify == nil, output == nil, !inPlace { throw ValidationError("expected --output or --verify, found neither") }
  }

  func execute(_ console: Console) async throws {
    let isFolder = mergeInto.map(TokenizerFolder.isFolder) ?? false
    try Output.check(
      [output].compactMap(\.self).map { isFolder ? .directory($0, .new) : .file($0) },
      reading: [spelling.model, mergeInto].compactMap(\.self))
    let vocabulary = try spelling.vocabulary(sizes(console))
    if let verify { return try check(vocabulary, verify, console) }
    var summary = Summary(
      output: output ?? mergeInto ?? "", tokens: vocabulary.count, levelSizes: vocabulary.levelSizes,
      specials: vocabulary.specials, firstID: firstID)
    if let mergeInto {
      summary.take(try merge(vocabulary, into: mergeInto, console))
    } else {
      try write(vocabulary, to: summary.output)
    }
    try console.print(summary) {
      var text =
        "wrote \(summary.output): \(Text.count(vocabulary.count, "token")), \(vocabulary[0]) … "
        + vocabulary[vocabulary.count - 1]
      if let added = summary.added, let kept = summary.kept, let size = summary.vocabularySize {
        text += "\nadded \(Text.count(added)), kept \(Text.count(kept)); the model needs \(Text.count(size)) embeddings"
      }
      if let changed = summary.changed { text += "\nentries in \(changed.joined(separator: ", ")); the rest is copied" }
      return text
    }
  }

  private func write(_ vocabulary: TokenVocabulary, to output: String) throws {
    if output.hasSuffix(".json") {
      guard let firstID else {
        throw InputError(
          .usage, "--first-id", expected: "the id of the first token", found: "none",
          remedy: "give the number of tokens that the model has already")
      }
      if mapping {
        try vocabulary.write(addedTokenIDs: output, firstID: firstID)
      } else {
        try vocabulary.write(addedTokens: output, firstID: firstID)
      }
    } else if output.hasSuffix(".txt") {
      try vocabulary.write(text: output)
    } else {
      throw InputError(.usage, "--output", expected: "a file that ends in .txt or .json", found: output)
    }
  }

  private func merge(_ vocabulary: TokenVocabulary, into path: String, _ console: Console) throws
    -> TokenizerFolder.Report
  {
    if TokenizerFolder.isFolder(path) {
      return try TokenizerFolder.merge(
        vocabulary, into: path, output: output.map { .folder($0) } ?? .inPlace, existing: existing)
    }
    let report = try TokenizerJSON.merge(vocabulary, into: path, output: output ?? path, existing: existing)
    for place in Set([path, output ?? path]).sorted() {
      guard let ruler = TokenizerFolder.neighborThatRules(place, vocabulary) else { continue }
      console.warn(
        "\(ruler) lists added tokens too, and lacks these: transformers goes by it; merge into the whole folder "
          + "(--merge-into \(TokenizerFolder.folder(of: place)))")
    }
    return TokenizerFolder.Report(tokenizer: report, changed: nil)
  }

  private func check(_ vocabulary: TokenVocabulary, _ folder: String, _ console: Console) throws {
    let found = try TokenizerFolder.verify(vocabulary, in: folder)
    let constraintTokens = try constraint.map { try found.check(constraint: $0, vocabulary) }
    let summary = Verified(folder: folder, tokens: found.tokens, files: found.files, constraintTokens: constraintTokens)
    try console.print(summary) {
      var text =
        "\(folder): \(Text.count(found.tokens, "token")), each one id, the same in \(found.files.joined(separator: ", "))"
      if let constraint, let constraintTokens {
        text += "\n\(constraint): its \(Text.count(constraintTokens, "different token")) of codes have these ids"
      }
      return text
    }
  }

  private func sizes(_ console: Console) throws -> [Int] {
    if let codes {
      guard levels == nil else { throw InputError(.usage, "--levels", expected: "none beside --codes", found: "both") }
      return try codesFile.open(codes, spelling.codeSizes(), console).codes.levelSizes
    }
    guard let sizes = try spelling.sizes() else {
      throw InputError(
        .usage, "--model, --codebook-size, --codes", expected: "one of them", found: "none",
        remedy: "the vocabulary has every code of every level, whether items have it or not")
    }
    guard let levels else { return sizes }
    guard sizes.count == 1 || sizes.count == levels, (1...256).contains(levels) else {
      throw InputError(.usage, "--levels", expected: "\(sizes.count), as there are sizes", found: "\(levels)")
    }
    return sizes.count == 1 ? Array(repeating: sizes[0], count: levels) : sizes
  }

  struct Summary: Encodable {
    var output: String
    var tokens: Int
    var levelSizes: [Int]
    var specials: [String]
    var firstID: Int?
    var added: Int?
    var kept: Int?
    var vocabularySize: Int?
    /// Files of a folder that got entries.
    var changed: [String]?

    mutating func take(_ report: TokenizerFolder.Report) {
      firstID = report.tokenizer.ids.first
      added = report.tokenizer.added
      kept = report.tokenizer.kept
      vocabularySize = report.tokenizer.vocabularySize
      changed = report.changed
    }
  }

  struct Verified: Encodable {
    var folder: String
    var tokens: Int
    var files: [String]
    var constraintTokens: Int?
  }
}
