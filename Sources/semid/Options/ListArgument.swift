import ArgumentParser
import SemanticID

/// Options that take several values, with commas between.
enum ListArgument {
  /// A default as `numbers` reads it, for help.
  static func list(_ numbers: [some CustomStringConvertible]) -> String {
    numbers.map(\.description).joined(separator: ",")
  }

  static func numbers(_ option: String) -> @Sendable (String) throws -> [Int] {
    { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        guard let number = Int(part), (1...1 << 40).contains(number) else {
          throw ValidationError("\(option): expected numbers from 1 to 2⁴⁰ with commas between, found \"\(text)\"")
        }
        return number
      }
    }
  }

  /// Rules of candidates: those of `--expand`, distance and decoded.
  static func rules(_ text: String) throws -> [CandidateRule] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      switch part {
      case "distance": .distance
      case "decoded": .decoded
      default: .expansion(try ExpansionArgument(parsing: String(part), others: ["distance", "decoded"]).rule)
      }
    }
  }
}
