import ArgumentParser
import SemanticID

/// An expansion's rule as it is typed: its name, and after a colon its parameter.
struct ExpansionArgument: Hashable, Sendable {
  let rule: Expansion

  init(parsing text: String) throws { try self.init(parsing: text, others: []) }

  /// - Parameter others: rules that the option knows beside expansions, for errors.
  init(parsing text: String, others: [String]) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Int(parts[1]) : nil
    let isWhole = parts.count == 1 || Ranges.itemsOrNone.contains(number ?? -1)
    switch (String(parts[0]), isWhole) {
    case ("exact", true) where parts.count == 1: rule = .exact
    case ("prefix", true) where parts.count == 1: rule = .prefix
    case ("hamming", true): rule = .hamming(number ?? 1)
    case ("per-level", true) where number != 0: rule = .perLevel(number ?? 2)
    case ("product", true) where number != 0: rule = .product(number ?? 2)
    default:
      let known = ["exact", "prefix", "hamming[:levels]", "per-level[:codewords]", "product[:codewords]"] + others
      throw ValidationError(
        "expected \(known.dropLast().joined(separator: ", ")) or \(known[known.count - 1]), found \"\(text)\"")
    }
  }
}
