import Formats
import Vectors

/// A whole folder of a Hugging Face tokenizer with the tokens of a vocabulary, each with one id in every file.
///
/// transformers uses `added_tokens_decoder` of `tokenizer_config.json` wherever there is one, as in every folder that
/// its versions 4.34 to 4.x wrote. Version 5 then passes over `added_tokens` of `tokenizer.json` for most kinds of
/// models. So the tokens are written to both, and to `added_tokens.json` and the lists of special tokens where these
/// are there. The bytes of all files are kept but for the new entries. Other files are copied.
package enum TokenizerFolder {
  package struct Report: Hashable, Sendable, Encodable {
    package var tokenizer: TokenizerJSON.Report
    /// Names of the files that got entries; nil: it was a lone `tokenizer.json`.
    package var changed: [String]?

    package init(tokenizer: TokenizerJSON.Report, changed: [String]?) {
      (self.tokenizer, self.changed) = (tokenizer, changed)
    }
  }

  /// Where the folder with the tokens goes.
  package enum Output: Hashable, Sendable {
    /// A folder that is not there yet, or is empty.
    case folder(String)
    /// The place of the folder itself, replaced in one step.
    case inPlace
  }

  static let tokenizerName = "tokenizer.json"
  static let configName = "tokenizer_config.json"
  static let mapName = "special_tokens_map.json"
  static let addedName = "added_tokens.json"

  /// - Throws: `InputError` when files of the folder contradict each other, naming the token and both ids; otherwise as
  ///   `TokenizerJSON.merge`. Nothing has changed then.
  package static func merge(
    _ vocabulary: TokenVocabulary, into folder: String, output: Output, existing: TokenizerJSON.Existing = .error
  ) throws -> Report {
    let merge = try FolderMerge(vocabulary, folder, existing)
    try FolderCopy(of: folder).write(to: output) { staged in
      for (name, file, insertions) in merge.files {
        try staged.write(name) { try insertions.write(file, to: $0) }
      }
    }
    return Report(tokenizer: merge.report, changed: merge.files.map(\.name))
  }

  package static func isFolder(_ path: String) -> Bool { TokenizerPath(path).folder == path }

  /// The folder that a `tokenizer.json` lies in.
  package static func folder(of path: String) -> String { TokenizerPath(path).folder }

  /// The file beside a lone `tokenizer.json` that libraries use, and that lacks tokens of the vocabulary; nil: there is
  /// none. A file of that name with other contents does not count.
  package static func neighborThatRules(_ path: String, _ vocabulary: TokenVocabulary) -> String? {
    let path = TokenizerPath(path)
    func lacks(_ listed: some Sequence<TokenText>) -> Bool {
      let listed = Set(listed)
      return (0..<vocabulary.count).contains { !listed.contains(TokenText(vocabulary[$0])) }
    }
    if let source = path.neighbor(configName), let config = try? TokenizerConfig(MappedFile(path: source)),
      config.decoderPlace != nil, lacks(config.decoder.map(\.content))
    {
      return source
    }
    guard let source = path.neighbor(addedName), let list = try? AddedTokenIDs(MappedFile(path: source)) else {
      return nil
    }
    return lacks(list.ids.keys) ? source : nil
  }
}

/// The entries that the files of a folder get.
private struct FolderMerge {
  typealias Name = TokenizerFolder

  let report: TokenizerJSON.Report
  /// Files with new entries.
  let files: [(name: String, file: MappedFile, insertions: JSONInsertions)]

  init(_ vocabulary: TokenVocabulary, _ folder: String, _ existing: TokenizerJSON.Existing) throws {
    let path = TokenizerPath(folder)
    let file = try MappedFile(path: path.file)
    var tokenizer = try TokenizerFile(file)
    let config = try path.neighbor(Name.configName).map { try TokenizerConfig(MappedFile(path: $0)) }
    let map = try path.neighbor(Name.mapName).map { try TokenizerConfig(MappedFile(path: $0)) }
    let isListedTwice = config?.decoderPlace != nil

    // Tokens that only the other file has come first: the library adds them when it has read the first file.
    var entries: [String] = []
    for entry in try config?.lacking(in: tokenizer) ?? [] {
      entries.append(entry.flags.addedToken(entry.content.text, id: try tokenizer.add(entry.content, entry.flags)))
    }
    try config?.checkNamed(in: tokenizer)
    let merge = try TokenizerJSON.Merge(vocabulary, tokenizer, existing)
    report = merge.report
    entries += merge.entries
    var insertions = JSONInsertions()
    insertions.add(entries, at: tokenizer.insertion, isFirst: tokenizer.addedTokensIsEmpty, indent: "    ")
    var files = [(name: Name.tokenizerName, file: file, insertions: insertions)]

    if let config {
      var insertions = JSONInsertions()
      if let place = config.decoderPlace {
        let listed = Set(config.decoder.map(\.content))
        let others = tokenizer.added.filter { !listed.contains($0.content) }
          .map { $0.flags.decoderEntry($0.content.text, id: $0.id) }
        let ours = merge.lacking.map {
          vocabulary.flags($0).decoderEntry(vocabulary[$0], id: merge.report.ids[$0])
        }
        insertions.add(others + ours, at: place.insertion, isFirst: place.isEmpty, indent: "    ")
      }
      if isListedTwice || config.specialsPlace != nil { config.add(specials: vocabulary.specials, to: &insertions) }
      files.append((Name.configName, config.file, insertions))
    }
    if let map {
      var insertions = JSONInsertions()
      map.add(specials: vocabulary.specials, to: &insertions)
      files.append((Name.mapName, map.file, insertions))
    }
    if let path = path.neighbor(Name.addedName) {
      let list = try AddedTokenIDs(MappedFile(path: path))
      var insertions = JSONInsertions()
      let lacking = try (0..<vocabulary.count).filter { try !list.holds(vocabulary[$0], id: merge.report.ids[$0]) }
      insertions.add(
        lacking.map { "\(jsonString(vocabulary[$0])): \(merge.report.ids[$0])" }, at: list.place.insertion,
        isFirst: list.place.isEmpty, indent: "  ")
      files.append((Name.addedName, list.file, insertions))
    }
    self.files = files.filter { !$0.insertions.isEmpty }
  }
}

extension TokenizerConfig {
  /// Entries of the decoder that the tokenizer lacks, in the order in which they are numbered.
  ///
  /// - Throws: `InputError` for the first entry whose id is not that of the tokenizer, or not the one it would get.
  func lacking(in tokenizer: TokenizerFile) throws -> [Entry] {
    var lacking: [Entry] = []
    for entry in decoder where !entry.content.bytes.isEmpty {
      let id =
        try tokenizer.ids[entry.content] ?? tokenizer.newID(of: entry.content.text, place: lacking.count)
      guard id == entry.id else {
        throw InputError(
          .mismatch, source, at: "added_tokens_decoder, \(entry.content.text)",
          expected: "id \(id), as with \(tokenizer.source)", found: "id \(entry.id)", remedy: Self.remedy)
      }
      if tokenizer.ids[entry.content] == nil { lacking.append(entry) }
    }
    return lacking
  }

  /// Refuses a token with a role that no file numbers: when the tokenizer is loaded, it would get another id than
  /// before, behind those of IDs.
  func checkNamed(in tokenizer: TokenizerFile) throws {
    for (member, token) in named where !token.isEmpty && tokenizer.ids[TokenText(token)] == nil {
      throw InputError(
        .mismatch, source, at: member, expected: "a token of \(tokenizer.source)", found: token, remedy: Self.remedy)
    }
  }

  private static let remedy =
    "write the folder anew with the library's own ids: AutoTokenizer.from_pretrained(…).save_pretrained(…)"
}

/// An `added_tokens.json`: an object of tokens and their ids.
struct AddedTokenIDs {
  let file: MappedFile
  private(set) var ids: [TokenText: Int] = [:]
  private(set) var place: TokenizerConfig.Place

  init(_ file: MappedFile) throws {
    self.file = file
    defer { withExtendedLifetime(file) {} }
    var scanner = JSONScanner(bytes: file.bytes, source: file.path)
    guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.unexpected("an object of tokens and ids") }
    place = TokenizerConfig.Place(insertion: scanner.position + 1)
    try scanner.object { token, scanner in
      ids[TokenText(token)] = try scanner.count()
      place = TokenizerConfig.Place(insertion: scanner.position, isEmpty: false)
    }
    try scanner.end()
  }

  /// Whether the token is there.
  ///
  /// - Throws: `InputError` when it has another id.
  func holds(_ token: String, id: Int) throws -> Bool {
    guard let found = ids[TokenText(token)] else { return false }
    guard found == id else {
      throw InputError(.mismatch, file.path, at: token, expected: "id \(id)", found: "id \(found)")
    }
    return true
  }
}
