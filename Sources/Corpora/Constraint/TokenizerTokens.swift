import Formats
import Tokenizers
import Vectors

/// The tokens that a text tokenizer has for codes, read from its `tokenizer.json`.
package struct TokenizerTokens: Sendable {
  /// Token numbers by their text.
  private let numbers: [TokenText: Int]
  private let addedTokens: Set<TokenText>
  private let isByteLevel: Bool
  private let source: String
  /// Size of the vocabulary: the largest number plus one.
  package let vocabularySize: Int
  /// The tokenizer's own end of a text and its padding, where the files beside it name them.
  package let named: NamedTokens?

  /// Reads a folder with a `tokenizer.json` of Hugging Face's tokenizers, such a file by itself, or an object of tokens
  /// and their numbers, such as `added_tokens.json`.
  ///
  /// A `tokenizer_config.json` beside a `tokenizer.json` tells the end of a text and the padding.
  ///
  /// - Throws: `InputError` when it is none of them, or when the ids of a `tokenizer.json` are not those that the
  ///   `tokenizers` library gives.
  package init(path: String) throws {
    let path = TokenizerPath(path).file
    let file = try MappedFile(path: path)
    source = path
    if let numbers = try Self.mapping(file) {
      self.numbers = numbers
      (addedTokens, isByteLevel, named) = ([], false, nil)
      vocabularySize = (numbers.values.max() ?? -1) + 1
    } else {
      let tokenizer = try TokenizerFile(file)
      numbers = tokenizer.ids
      addedTokens = Set(tokenizer.added.map(\.content))
      isByteLevel = tokenizer.isByteLevel
      vocabularySize = tokenizer.vocabularySize
      named = try NamedTokens(beside: path)
    }
    guard vocabularySize > 0 else {
      throw InputError(.malformed, path, expected: "tokens and their numbers", found: "none")
    }
  }

  /// The number of the token with this spelling, byte for byte.
  ///
  /// - Throws: `InputError` when the tokenizer has no such token.
  package func number(of token: String) throws -> Int32 {
    guard let number = numbers[TokenText(token)].flatMap(Int32.init(exactly:)) else {
      throw missing(token, remedy: "add the tokens of semantic IDs to the tokenizer first")
    }
    return number
  }

  /// The number of the token that stands for a text: the one with this spelling, or with the spelling of byte-level BPE
  /// ("\n" as "Ċ").
  ///
  /// - Throws: `InputError` when the tokenizer has neither, or when both are tokens of its model.
  package func number(ofText text: String) throws -> Int32 {
    let token = TokenText(text)
    let exact = numbers[token]
    let spelt = isByteLevel ? numbers[token.byteLevel] : nil
    if let exact, let spelt, exact != spelt, !addedTokens.contains(token) {
      throw InputError(
        .mismatch, source, expected: "one token for \"\(text)\"",
        found: "\(exact), spelt so, and \(spelt), \"\(token.byteLevel.text)\", which stands for it",
        remedy: "give the number of the one that is meant")
    }
    guard let number = (exact ?? spelt).flatMap(Int32.init(exactly:)) else {
      throw missing(text, remedy: "name a token that it has, or give a number")
    }
    return number
  }

  private func missing(_ token: String, remedy: String) -> InputError {
    InputError(.mismatch, source, expected: "the token \"\(token)\"", found: "none", remedy: remedy)
  }

  /// The tokens of every code of every level.
  ///
  /// - Parameter spelling: the text of a level's code.
  /// - Throws: `InputError` naming the first token that is not there.
  package func tokens(
    levelSizes: [Int], spelling: (_ level: Int, _ code: UInt16) -> String = TokenFormat.token(level:code:)
  ) throws -> ConstraintTokens {
    let table = try levelSizes.enumerated().map { level, size in
      try (0..<size).map { try number(of: spelling(level, UInt16($0))) }
    }
    return ConstraintTokens(.table(table), vocabularySize: vocabularySize)
  }

  /// An object of tokens and their numbers; nil when the file's first member is something else.
  private static func mapping(_ file: MappedFile) throws -> [TokenText: Int]? {
    struct SomethingElse: Error {}
    defer { withExtendedLifetime(file) {} }
    var scanner = JSONScanner(bytes: file.bytes, source: file.path)
    var numbers: [TokenText: Int] = [:]
    do {
      try scanner.object { token, scanner in
        let isNumber = scanner.peek().map { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) } ?? false
        if numbers.isEmpty, !isNumber { throw SomethingElse() }
        guard numbers.updateValue(try scanner.count(), forKey: TokenText(token)) == nil else {
          throw InputError(.malformed, file.path, expected: "each token once", found: "\"\(token)\" twice")
        }
      }
      try scanner.end()
      return numbers
    } catch is SomethingElse {
      return nil
    }
  }
}
