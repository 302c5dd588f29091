import Vectors

/// Text as Python's own writers spell it.
enum PythonText {
  /// The literal of a string, quoted as `repr` quotes it.
  static func literal(_ text: String) -> String {
    let quote: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
    var result = String(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where Character(scalar) == quote: result += "\\" + String(quote)
      case "\u{0}"..<"\u{20}", "\u{7F}":
        let hex = String(scalar.value, radix: 16)
        result += "\\x" + String(repeating: "0", count: 2 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + String(quote)
  }

  /// A list of parts that are literals already.
  static func list(_ parts: some Sequence<String>) -> String { "[" + parts.joined(separator: ", ") + "]" }

  /// A field of a csv file, quoted where it has to be.
  static func field(_ text: String) -> String {
    // Bytes, since \r\n is one character.
    let special = text.utf8.contains { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }
    return special ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }

  /// What pandas reads as a missing value rather than as text.
  static let missingValues: Set<String> = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
  ]
}
