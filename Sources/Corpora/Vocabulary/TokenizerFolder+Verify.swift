import Formats
import Vectors

extension TokenizerFolder {
  /// The result of a verification without a fault.
  package struct Verification: Hashable, Sendable, Encodable {
    /// Tokens that were looked up in every file.
    package var tokens: Int
    /// The id of every token, in the vocabulary's order.
    package var ids: [Int]
    package var files: [String]
  }

  /// Checks that every token of a vocabulary is one id, and the same id in every file of a folder.
  ///
  /// Each token must be an added one, at which text is cut before the model sees it, in `tokenizer.json` and in
  /// `added_tokens_decoder` of `tokenizer_config.json` where that is there. Both lists must hold the same tokens, since
  /// ids follow from their order. An `added_tokens.json` must hold the tokens that the model's own vocabulary does not.
  ///
  /// - Throws: `InputError` for the first fault: file, token, expected and found.
  package static func verify(_ vocabulary: TokenVocabulary, in folder: String) throws -> Verification {
    let path = TokenizerPath(folder)
    let tokenizer = try TokenizerFile(MappedFile(path: path.file))
    var result = Verification(tokens: vocabulary.count, ids: [], files: [path.file])
    let added = Dictionary(tokenizer.added.map { ($0.content, $0) }) { first, _ in first }
    var owners: [Int: String] = [:]
    for index in 0..<vocabulary.count {
      let token = vocabulary[index]
      guard let entry = added[TokenText(token)] else {
        throw InputError(
          .mismatch, path.file, expected: "the added token \(token)",
          found: tokenizer.ids[TokenText(token)].map { "a token of the model's, \($0), at which text is not cut" }
            ?? "none",
          remedy: "merge the tokens into the folder (semid corpus vocabulary --merge-into)")
      }
      try check(entry.flags, of: token, path.file)
      if let other = owners.updateValue(token, forKey: entry.id) {
        throw InputError(
          .mismatch, path.file, at: token, expected: "an id of its own", found: "\(entry.id), that of \(other)")
      }
      result.ids.append(entry.id)
    }
    if let source = path.neighbor(configName) {
      let config = try TokenizerConfig(MappedFile(path: source))
      result.files.append(source)
      if config.decoderPlace != nil { try check(config, against: tokenizer, vocabulary) }
    }
    if let source = path.neighbor(addedName) {
      let list = try AddedTokenIDs(MappedFile(path: source))
      result.files.append(source)
      for index in 0..<vocabulary.count {
        guard try !list.holds(vocabulary[index], id: result.ids[index]), result.ids[index] >= tokenizer.modelSize else {
          continue
        }
        throw InputError(
          .mismatch, source, expected: "the token \(vocabulary[index]), id \(result.ids[index])", found: "none")
      }
    }
    return result
  }

  private static func check(
    _ config: TokenizerConfig, against tokenizer: TokenizerFile, _ vocabulary: TokenVocabulary
  ) throws {
    let listed = Dictionary(config.decoder.map { ($0.content, $0) }) { first, _ in first }
    for token in tokenizer.added {
      guard let entry = listed[token.content] else {
        throw InputError(
          .mismatch, config.source, at: "added_tokens_decoder",
          expected: "the token \(token.content.text), id \(token.id), as in \(tokenizer.source)", found: "none",
          remedy: "transformers 5 goes by this list: merge the tokens into the folder, not into tokenizer.json alone")
      }
      guard entry.id == token.id else {
        throw InputError(
          .mismatch, config.source, at: "added_tokens_decoder, \(token.content.text)",
          expected: "id \(token.id), as in \(tokenizer.source)", found: "id \(entry.id)")
      }
    }
    for entry in config.decoder where !tokenizer.isAdded(entry.content) {
      throw InputError(
        .mismatch, config.source, at: "added_tokens_decoder, \(entry.content.text)",
        expected: "an added token of \(tokenizer.source)", found: "none there")
    }
    for index in 0..<vocabulary.count {
      if let entry = listed[TokenText(vocabulary[index])] {
        try check(entry.flags, of: vocabulary[index], config.source)
      }
    }
  }

  /// Whether a token is found wherever it stands, and takes nothing of the text beside it.
  private static func check(_ flags: AddedTokenFlags, of token: String, _ source: String) throws {
    var flags = flags
    flags.special = false
    guard flags == AddedTokenFlags() else {
      throw InputError(
        .mismatch, source, at: token, expected: "single_word, lstrip, rstrip and normalized all false",
        found: "one of them true", remedy: "text with the token would be cut otherwise than by the token alone")
    }
  }
}
