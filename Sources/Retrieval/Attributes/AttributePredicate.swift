/// A condition on the attributes of an item.
///
///     price < 20 and brand in (Acme, "Smith & Sons")
///     not (category = Toys or stock is null)
///     released >= 2024-01-31
///     "wooden toys" in categories
///
/// In order of precedence:
///
///     condition = column ("=" | "!=" | "<" | "<=" | ">" | ">=") value
///               | column ["not"] "in" "(" value {"," value} ")"
///               | value ["not"] "in" column
///               | column "is" ["not"] "null"
///               | "(" predicate ")" | "not" condition
///     and-chain = condition {"and" condition}
///     predicate = and-chain {"or" and-chain}
///
/// A column or value of other characters than letters, digits and `_ . - + : /` stands in quotes, single or double; a quote
/// inside is doubled. Keywords may be in capitals. Text is compared by its bytes, times are `2024-01-31` or
/// `2024-01-31T12:30:00` (UTC), booleans `true` and `false`. Of lists `=` and `in` ask whether one of the elements is such,
/// `!=` and `not in` whether none is.
///
/// An item without a value meets no condition on it but `is null`, `!=` included; `not` turns any answer around.
public struct AttributePredicate: Hashable, Sendable {
  /// A comparison with one value.
  enum Comparison: String, Hashable, Sendable {
    case equal = "="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  /// A name or a value as it stands in the text, and its place.
  struct Word: Hashable, Sendable {
    var text: String
    /// The character, from 1.
    var place: Int
  }

  indirect enum Node: Hashable, Sendable {
    case compare(Word, Comparison, Word)
    case isIn(Word, [Word])
    /// Whether a column of lists has a value.
    case contains(Word, Word)
    case isNull(Word)
    case not(Node)
    case and([Node])
    case or([Node])
  }

  /// The text that was parsed.
  public let text: String
  let root: Node

  /// - Throws: `InputError` with the character at which the text stops being a predicate.
  public init(parsing text: String) throws {
    self.text = text
    var parser = try AttributePredicateParser(text)
    root = try parser.predicate()
    try parser.end()
  }
}
