import Foundation
import Formats
import Vectors

/// A copy of a Hugging Face `tokenizer.json` in which every token of a vocabulary is one id.
///
/// The text of the file is kept byte for byte but for the entries that are put at the end of its `added_tokens`. Ids
/// follow the rule by which the `tokenizers` library numbers added tokens when it reads a file: the next after the
/// model's own and the added ones.
public enum TokenizerJSON {
  /// What to do about a token that the tokenizer has already.
  public enum Existing: String, Hashable, Sendable, CaseIterable {
    /// Stop, and name it.
    case error
    /// Keep its id. One that was in the model's own vocabulary only becomes an added token with that id, so that text is
    /// cut at it.
    case keep
  }

  /// What merging came to.
  public struct Report: Hashable, Sendable, Encodable {
    /// The id of every token, in the vocabulary's order.
    public var ids: [Int]
    /// Tokens that got a new id.
    public var added: Int
    /// Tokens that were there, and kept their ids.
    public var kept: Int
    /// Rows that the model's embedding table needs.
    public var vocabularySize: Int
  }

  /// - Throws: `InputError` when the file is no `tokenizer.json`, when its own ids leave no room, or for the first token
  ///   that it has already, unless those are kept. Nothing is written then.
  @discardableResult
  public static func merge(
    _ vocabulary: TokenVocabulary, into path: String, output: String, existing: Existing = .error
  ) throws -> Report {
    let file = try MappedFile(path: path)
    let contents = try Contents(file, wanted: Set((0..<vocabulary.count).map { vocabulary[$0] }))
    var report = Report(ids: [], added: 0, kept: 0, vocabularySize: 0)
    var next = contents.nextID
    var entries: [String] = []
    for index in 0..<vocabulary.count {
      let token = vocabulary[index]
      let known = contents.added[token] ?? contents.model[token]
      if let known, existing == .error {
        throw InputError(
          .mismatch, path, expected: "a tokenizer without the token \(token)", found: "it, with id \(known)",
          remedy: "choose another spelling, or keep the ids of tokens that are there")
      }
      let id = known ?? next
      if known == nil { next += 1 }
      if contents.added[token] == nil { entries.append(vocabulary.addedToken(index, id: id)) }
      report.ids.append(id)
      report.added += known == nil ? 1 : 0
      report.kept += known == nil ? 0 : 1
    }
    report.vocabularySize = next
    guard Set(report.ids).count == report.ids.count else {
      throw InputError(
        .malformed, path, expected: "an id for every token", found: "two of the tokens that are there with one id")
    }
    try AtomicFile.write(to: output) { writer in
      try writer.write(UnsafeRawBufferPointer(rebasing: file.bytes[..<contents.insertion]))
      for (index, entry) in entries.enumerated() {
        try writer.write((index == 0 && contents.addedTokensIsEmpty ? "\n    " : ",\n    ") + entry)
      }
      try writer.write(UnsafeRawBufferPointer(rebasing: file.bytes[contents.insertion...]))
    }
    withExtendedLifetime(file) {}
    return report
  }

  /// What matters of a file: where added tokens go, and which ids are taken.
  private struct Contents {
    /// The byte behind the last entry of `added_tokens`.
    var insertion = 0
    var addedTokensIsEmpty = true
    /// Ids of the wanted tokens that are there.
    var added: [String: Int] = [:]
    var model: [String: Int] = [:]
    var nextID = 0

    init(_ file: MappedFile, wanted: Set<String>) throws {
      // The scanner below follows only the members that it knows; this checks the rest.
      do {
        _ = try JSONSerialization.jsonObject(with: Data(file.bytes))
      } catch {
        throw InputError(
          .malformed, file.path, expected: "a tokenizer.json",
          found: "text that is no JSON: \(error.localizedDescription)")
      }
      var scanner = JSONScanner(bytes: file.bytes, source: file.path)
      var largestAdded = -1
      var largestInModel = -1
      var modelSize: Int?
      var hasAddedTokens = false
      try scanner.object { key, scanner in
        switch key {
        case "added_tokens":
          hasAddedTokens = true
          guard scanner.peek() == UInt8(ascii: "[") else { throw scanner.unexpected("a list of tokens") }
          insertion = scanner.position + 1
          try scanner.array { _, scanner in
            let (content, id) = try Self.entry(&scanner)
            if wanted.contains(content) { added[content] = id }
            largestAdded = max(largestAdded, id)
            insertion = scanner.position
            addedTokensIsEmpty = false
          }
        case "model":
          try scanner.object { key, scanner in
            guard key == "vocab" else { return try scanner.skip() }
            var size = 0
            func take(_ token: String, _ id: Int) {
              size += 1
              largestInModel = max(largestInModel, id)
              if wanted.contains(token) { model[token] = id }
            }
            if scanner.peek() == UInt8(ascii: "{") {
              try scanner.object { token, scanner in take(token, try scanner.count()) }
            } else {
              // Unigram: pairs of a token and its score, ids by position.
              try scanner.array { id, scanner in
                try scanner.array { part, scanner in
                  if part == 0 { take(try scanner.string(), id) } else { try scanner.skip() }
                }
              }
            }
            modelSize = size
          }
        default: try scanner.skip()
        }
      }
      guard hasAddedTokens, let modelSize else {
        throw InputError(
          .malformed, file.path, expected: "a tokenizer.json with added_tokens and model.vocab",
          found: hasAddedTokens ? "no model.vocab" : "no added_tokens")
      }
      nextID = max(modelSize, largestAdded + 1)
      guard largestInModel < nextID else {
        throw InputError(
          .unsupported, file.path, expected: "ids of the model's vocabulary without gaps",
          found: "the id \(largestInModel) among \(modelSize) tokens",
          remedy: "the tokenizers library would give new tokens ids that are taken")
      }
    }

    private static func entry(_ scanner: inout JSONScanner) throws -> (content: String, id: Int) {
      var content: String?
      var id: Int?
      try scanner.object { key, scanner in
        switch key {
        case "content": content = try scanner.string()
        case "id": id = try scanner.count()
        default: try scanner.skip()
        }
      }
      guard let content, let id else { throw scanner.unexpected("an entry with id and content before this") }
      return (content, id)
    }
  }
}
