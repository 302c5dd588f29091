import Formats
import Vectors

extension TextTokenizer {
  /// BERT's tokenizer from its `vocab.txt` alone: a token a line, whose number is its id.
  ///
  /// - Parameter configuration: `tokenizer_config.json`, which says whether text is lowered.
  /// - Throws: `InputError` when one of the special tokens is not there.
  package init(vocabulary path: String, configuration: JSONFields?) throws {
    let file = try MappedFile(path: path)
    guard file.count <= 1 << 28 else {
      throw InputError(.malformed, path, expected: "a vocabulary of at most 256 MiB", found: "\(file.count) bytes")
    }
    var vocabulary = TokenVocabulary()
    withExtendedLifetime(file) {
      let bytes = file.bytes.bindMemory(to: UInt8.self)
      var start = 0
      var id: Int32 = 0
      while start < bytes.count {
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        let hasReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
        vocabulary.set(UnsafeBufferPointer(rebasing: bytes[start..<(hasReturn ? end - 1 : end)]), id)
        id += 1
        start = end + 1
      }
    }
    func special(_ key: String, _ usual: String) throws -> (String, Int32) {
      let token = try configuration?.token(key) ?? usual
      guard let id = vocabulary.id(token) else {
        throw InputError(.missing, path, expected: "the token \(token) on a line of its own", found: "no such line")
      }
      return (token, id)
    }
    let unknown = try special("unk_token", "[UNK]")
    let first = try special("cls_token", "[CLS]"), last = try special("sep_token", "[SEP]")
    let others = [("pad_token", "[PAD]"), ("mask_token", "[MASK]")].compactMap { try? special($0.0, $0.1) }
    let all = [unknown, first, last] + others
    self.init(
      normalizer: .bert(
        BERTNormalizer(
          lowercases: try configuration?.flag("do_lower_case", default: true) ?? true,
          stripsAccents: try configuration?.has("strip_accents") == true
            ? configuration?.flag("strip_accents", default: true) : nil,
          spacesIdeographs: try configuration?.flag("tokenize_chinese_chars", default: true) ?? true)),
      splitter: .bert, model: WordPiece(vocabulary: vocabulary, unknown: unknown.1),
      special: SpecialTokens(before: [first.1], after: [last.1]),
      added: all.map { AddedTokens.Token(content: Array($0.0.unicodeScalars), id: $0.1) },
      specialIDs: Set(all.map(\.1)))
  }
}

extension JSONFields {
  /// A token's text: as it is, or in an object under `content`.
  func token(_ key: String) throws -> String? {
    if case .object = value(key) { return try fields(key)?.text("content") }
    return try text(key)
  }
}
