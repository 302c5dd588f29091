import Vectors

/// The tokens around an ID as a user names them: by their numbers, or by their texts in a tokenizer.
package struct TokenNames: Hashable, Sendable {
  /// nil: the spelling's own.
  package var begin: [String]?
  /// nil: the spelling's own end and, behind it, the tokenizer's end of a text, unless text goes on behind an ID.
  package var end: [String]?
  /// nil: the tokenizer's own.
  package var padding: [String]?
  /// Tokens that begin an ID wherever they stand. A begin of the spelling that is among them is not written again.
  package var triggers: [String]

  package init(begin: [String]? = nil, end: [String]? = nil, padding: [String]? = nil, triggers: [String] = []) {
    (self.begin, self.end, self.padding, self.triggers) = (begin, end, padding, triggers)
  }
}

extension TokenNames {
  /// The numbers of all tokens of a vocabulary, and of those around an ID.
  ///
  /// - Parameters:
  ///   - tokenizer: knows the tokens of all codes, and texts; nil: tokens are numbers.
  ///   - firstToken: without a tokenizer, the token of the first code, after which the others follow; nil: the token of
  ///     a code is the code.
  /// - Returns: the tokens, and a line for each token that the tokenizer's files named, and not the user.
  /// - Throws: `InputError` for a token that the tokenizer does not have, or a text without a tokenizer.
  package func resolved(
    _ vocabulary: TokenVocabulary, tokenizer: TokenizerTokens?, firstToken: Int?
  ) throws -> (tokens: ConstraintTokens, told: [String]) {
    var tokens =
      try tokenizer?.tokens(levelSizes: vocabulary.levelSizes, spelling: vocabulary.token)
      ?? ConstraintTokens(firstToken.map { .offset(from: $0) } ?? .codes)
    var told: [String] = []
    let named = tokenizer?.named
    func own(_ text: String) throws -> [Int32] {
      guard let tokenizer, !text.isEmpty else { return [] }
      return [try tokenizer.number(of: text)]
    }
    func own(_ text: String?, _ option: String, _ meaning: String) throws -> [Int32] {
      guard let tokenizer, let named, let text else { return [] }
      do {
        let number = try tokenizer.number(of: text)
        told.append("\(meaning): \(text) (\(number)), from \(named.source)")
        return [number]
      } catch var error as InputError {
        error.remedy = "\(named.source) names it; name another with \(option), or \(option) \"\" for none"
        throw error
      }
    }
    tokens.triggers = try Self.numbers(triggers, "--trigger", tokenizer)
    let goesOn = !tokens.triggers.isEmpty
    tokens.begin =
      try begin.map { try Self.numbers($0, "--begin", tokenizer) }
      ?? own(vocabulary.spelling.begin).filter { !tokens.triggers.contains($0) }
    if let end {
      tokens.end = try Self.numbers(end, "--end", tokenizer)
    } else {
      tokens.end = try own(vocabulary.spelling.end)
      if !goesOn { tokens.end += try own(named?.end, "--end", "end of an ID").filter { !tokens.end.contains($0) } }
    }
    tokens.padding =
      try padding.map { try Self.numbers($0, "--padding", tokenizer) }
      ?? (goesOn ? [] : own(named?.padding, "--padding", "padding"))
    return (tokens, told)
  }

  /// An empty name stands for none.
  private static func numbers(_ names: [String], _ option: String, _ tokenizer: TokenizerTokens?) throws -> [Int32] {
    try names.filter { !$0.isEmpty }.map { name in
      if let number = Int32(name) { return number }
      guard let tokenizer else {
        throw InputError(
          .usage, option, expected: "a token's number", found: "\"\(name)\"",
          remedy: "give the --tokenizer that knows it")
      }
      return try tokenizer.number(ofText: name)
    }
  }
}
