import Vectors

/// Reads predicates by recursive descent.
struct AttributePredicateParser {
  private enum Token: Equatable {
    case word(String)
    case quoted(String)
    case symbol(String)
    case end

    var description: String {
      switch self {
      case .word(let text), .symbol(let text): "\"\(text)\""
      case .quoted(let text): "the text \"\(text)\""
      case .end: "the end"
      }
    }
  }

  /// The deepest nesting of parentheses and `not`s, which the stack holds with ease.
  private static let maximumDepth = 200
  private static let keywords: Set<String> = ["and", "or", "not", "in", "is", "null"]

  private var tokens: [(token: Token, place: Int)]
  private var next = 0
  private var depth = 0

  init(_ text: String) throws {
    tokens = try Self.tokens(text)
  }

  // MARK: Grammar

  mutating func predicate() throws -> AttributePredicate.Node {
    var parts = [try chain()]
    while takeKeyword("or") { parts.append(try chain()) }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  mutating func end() throws {
    guard tokens[next].token == .end else { throw unexpected("\"and\", \"or\" or the end") }
  }

  private mutating func chain() throws -> AttributePredicate.Node {
    var parts = [try condition()]
    while takeKeyword("and") { parts.append(try condition()) }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  private mutating func condition() throws -> AttributePredicate.Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw unexpected("at most \(Self.maximumDepth) parentheses and \"not\"s inside each other")
    }
    if takeKeyword("not") { return .not(try condition()) }
    if take("(") {
      let inner = try predicate()
      guard take(")") else { throw unexpected("\")\"") }
      return inner
    }
    let column = try word("a column, or a value before \"in\"")
    if takeKeyword("is") {
      let isNot = takeKeyword("not")
      guard takeKeyword("null") else { throw unexpected(isNot ? "\"null\"" : "\"null\" or \"not null\"") }
      return isNot ? .not(.isNull(column)) : .isNull(column)
    }
    if takeKeyword("in") { return try membership(of: column) }
    if case .word(let text) = tokens[next].token, text.lowercased() == "not" {
      next += 1
      guard takeKeyword("in") else { throw unexpected("\"in\"") }
      let membership = try membership(of: column)
      // As `!=`: an item without a value is in no list and out of none.
      let asked = if case .contains(let lists, _) = membership { lists } else { column }
      return .and([.not(membership), .not(.isNull(asked))])
    }
    guard case .symbol(let symbol) = tokens[next].token,
      let comparison = AttributePredicate.Comparison(rawValue: ["==": "=", "<>": "!="][symbol] ?? symbol)
    else { throw unexpected("a comparison, \"in\" or \"is\"") }
    next += 1
    return .compare(column, comparison, try word("a value"))
  }

  /// What follows `in`: a list of values for a column, or a column of lists for a value.
  private mutating func membership(of word: AttributePredicate.Word) throws -> AttributePredicate.Node {
    if case .symbol = tokens[next].token { return .isIn(word, try list()) }
    return .contains(try self.word("\"(\" and a list of values, or a column of lists"), word)
  }

  private mutating func list() throws -> [AttributePredicate.Word] {
    guard take("(") else { throw unexpected("\"(\" and a list of values") }
    var values = [try word("a value")]
    while take(",") { values.append(try word("a value")) }
    guard take(")") else { throw unexpected("\",\" or \")\"") }
    return values
  }

  // MARK: Tokens

  private mutating func take(_ symbol: String) -> Bool {
    guard tokens[next].token == .symbol(symbol) else { return false }
    next += 1
    return true
  }

  private mutating func takeKeyword(_ keyword: String) -> Bool {
    guard case .word(let text) = tokens[next].token, text.lowercased() == keyword else { return false }
    next += 1
    return true
  }

  private mutating func word(_ expected: String) throws -> AttributePredicate.Word {
    let place = tokens[next].place
    switch tokens[next].token {
    case .word(let text) where !Self.keywords.contains(text.lowercased()), .quoted(let text):
      next += 1
      return AttributePredicate.Word(text: text, place: place)
    case .word(let text):
      throw unexpected(expected, remedy: "in quotes \"\(text)\" is no keyword")
    default:
      throw unexpected(expected)
    }
  }

  private func unexpected(_ expected: String, remedy: String? = nil) -> InputError {
    Self.fault(tokens[next].place, expected, tokens[next].token.description, remedy)
  }

  static func fault(_ place: Int, _ expected: String, _ found: String, _ remedy: String? = nil) -> InputError {
    InputError(.usage, "filter", at: "character \(place)", expected: expected, found: found, remedy: remedy)
  }

  private static func tokens(_ text: String) throws -> [(Token, Int)] {
    var tokens: [(Token, Int)] = []
    let characters = Array(text)
    var index = 0
    while index < characters.count {
      let character = characters[index]
      let place = index + 1
      if character.isWhitespace {
        index += 1
      } else if character == "'" || character == "\"" {
        var quoted = ""
        index += 1
        while true {
          guard index < characters.count else { throw fault(place, "a quote that ends the text", "none") }
          if characters[index] == character {
            guard index + 1 < characters.count, characters[index + 1] == character else { break }
            index += 1
          }
          quoted.append(characters[index])
          index += 1
        }
        index += 1
        tokens.append((.quoted(quoted), place))
      } else if isWord(character) {
        let end = characters[index...].firstIndex { !isWord($0) } ?? characters.count
        tokens.append((.word(String(characters[index..<end])), place))
        index = end
      } else {
        let pair = String(characters[index..<min(index + 2, characters.count)])
        let symbol = ["<=", ">=", "!=", "<>", "=="].contains(pair) ? pair : String(character)
        guard ["(", ")", ",", "=", "<", ">"].contains(symbol) || symbol.count == 2 else {
          throw fault(place, "a column, a value or a comparison", "\"\(symbol)\"", "put text with it in quotes")
        }
        tokens.append((.symbol(symbol), place))
        index += symbol.count
      }
    }
    tokens.append((.end, characters.count + 1))
    return tokens
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "_.-+:/".contains(character)
  }
}
