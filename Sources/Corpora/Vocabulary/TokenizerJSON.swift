import Formats
import Vectors

/// A copy of a Hugging Face `tokenizer.json` in which every token of a vocabulary has one id.
///
/// The text of the file is kept byte for byte, but for the entries at the end of its `added_tokens`. Ids are those that
/// the `tokenizers` library gives (`TokenizerFile`).
package enum TokenizerJSON {
  /// What to do about a token that the tokenizer has already.
  package enum Existing: String, Hashable, Sendable, CaseIterable {
    /// Stop, and name it.
    case error
    /// Keep its id. One that was in the model's own vocabulary only becomes an added token with that id, so that text is
    /// cut at it.
    case keep
  }

  /// The result of merging.
  package struct Report: Hashable, Sendable, Encodable {
    /// The id of every token, in the vocabulary's order.
    package var ids: [Int]
    /// Tokens that got a new id.
    package var added: Int
    /// Tokens that were there, and kept their ids.
    package var kept: Int
    /// Number of rows that the model's embedding table needs.
    package var vocabularySize: Int
  }

  /// - Throws: `InputError` when the file is no `tokenizer.json`, when its ids are not the library's or leave no room,
  ///   or for the first token that it has already, unless `existing` keeps those. Nothing is written then.
  @discardableResult
  package static func merge(
    _ vocabulary: TokenVocabulary, into path: String, output: String, existing: Existing = .error
  ) throws -> Report {
    let file = try MappedFile(path: path)
    let tokenizer = try TokenizerFile(file)
    let merge = try Merge(vocabulary, tokenizer, existing)
    var insertions = JSONInsertions()
    insertions.add(merge.entries, at: tokenizer.insertion, isFirst: tokenizer.addedTokensIsEmpty, indent: "    ")
    try AtomicFile.write(to: output) { try insertions.write(file, to: $0) }
    return merge.report
  }

  /// The ids of a vocabulary's tokens in a tokenizer, and the entries that it lacks.
  struct Merge {
    private(set) var report = Report(ids: [], added: 0, kept: 0, vocabularySize: 0)
    /// Tokens that are no added tokens yet, by their number in the vocabulary.
    private(set) var lacking: [Int] = []
    /// Their entries of `added_tokens`.
    let entries: [String]

    init(_ vocabulary: TokenVocabulary, _ tokenizer: TokenizerFile, _ existing: Existing) throws {
      report.ids.reserveCapacity(vocabulary.count)
      for index in 0..<vocabulary.count {
        let token = TokenText(vocabulary[index])
        let known = tokenizer.ids[token]
        if let known, existing == .error {
          throw InputError(
            .mismatch, tokenizer.source, expected: "a tokenizer without the token \(token.text)",
            found: "it, with id \(known)", remedy: "choose another spelling, or keep the ids of tokens that are there")
        }
        report.ids.append(try known ?? tokenizer.newID(of: token.text, place: report.added))
        report.added += known == nil ? 1 : 0
        report.kept += known == nil ? 0 : 1
        if !tokenizer.isAdded(token) { lacking.append(index) }
      }
      report.vocabularySize = max(tokenizer.vocabularySize, tokenizer.nextID + report.added)
      guard Set(report.ids).count == report.ids.count else {
        throw InputError(
          .malformed, tokenizer.source, expected: "an id for every token",
          found: "two of the tokens that are there with one id")
      }
      entries = lacking.map { [ids = report.ids] in vocabulary.addedToken($0, id: ids[$0]) }
    }
  }
}
