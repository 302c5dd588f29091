import Vectors

/// A text put together from an item's fields: `{title}. {description}`.
///
/// A field is empty where it is missing or holds white space alone. What stands between two fields is written when the
/// field behind it has text and one before it had; what stands before the first field and behind the last is written when
/// any field has text. An item whose fields are all empty has no text. Braces themselves are `{{` and `}}`.
///
///     {title}. {description}      "Bolt. Steel." · without a description "Bolt" · without a title "Steel."
package struct TextTemplate: Hashable, Sendable {
  /// The names of the fields, in their order.
  package let fields: [String]
  /// What stands before each field, and behind the last.
  let literals: [String]
  /// The template as it was written.
  package let text: String

  /// - Throws: `InputError` of kind `usage` for a brace without its other half, a field without a name, or no field.
  package init(_ text: String) throws {
    func fault(_ expected: String, _ found: String) -> InputError {
      InputError(
        .usage, "--template", expected: expected, found: found, remedy: "write fields as {title}, braces as {{ and }}")
    }
    var fields: [String] = [], literals: [String] = [], current = ""
    var rest = Array(text)[...]
    while let character = rest.popFirst() {
      switch character {
      case "{" where rest.first == "{", "}" where rest.first == "}":
        rest.removeFirst()
        current.append(character)
      case "{":
        guard let end = rest.firstIndex(of: "}") else {
          throw fault("a closing brace", "\"{\(String(rest.prefix(20)))\"")
        }
        let name = String(rest[..<end])
        guard !name.isEmpty, !name.contains("{") else { throw fault("the name of a field", "\"{\(name)}\"") }
        literals.append(current)
        current = ""
        fields.append(name)
        rest = rest[(end + 1)...]
      case "}": throw fault("an opening brace before it", "\"}\"")
      default: current.append(character)
      }
    }
    guard !fields.isEmpty else { throw fault("at least one field", "\"\(text)\"") }
    self.fields = fields
    self.literals = literals + [current]
    self.text = text
  }

  /// The text of an item; empty where all fields are.
  ///
  /// - Parameter values: one for each of `fields`; an empty text is a missing one.
  package func render(_ values: [String]) -> String {
    precondition(values.count == fields.count, "a value for each field")
    var result = ""
    var hasText = false
    for (place, value) in values.enumerated() where !value.allSatisfy(\.isWhitespace) {
      result += (hasText ? literals[place] : literals[0]) + value
      hasText = true
    }
    return hasText ? result + literals[fields.count] : ""
  }
}
