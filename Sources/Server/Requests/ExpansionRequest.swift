import Retrieval
import Vectors

/// An expansion's rule as text: its name, and after a colon its parameter.
enum ExpansionRequest {
  static func rule(_ text: String, at place: String) throws -> Expansion {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Int(parts[1]) : nil
    if parts.count == 1 || (number.map { (0...65_536).contains($0) } ?? false) {
      switch parts[0] {
      case "exact" where parts.count == 1: return .exact
      case "prefix" where parts.count == 1: return .prefix
      case "hamming": return .hamming(number ?? 1)
      case "per-level" where number != 0: return .perLevel(number ?? 2)
      case "product" where number != 0: return .product(number ?? 2)
      default: break
      }
    }
    throw InputError(
      .mismatch, "body", at: place, expected: "exact, prefix, hamming:LEVELS, per-level:CODEWORDS or product:CODEWORDS",
      found: "\"\(text.prefix(40))\"")
  }
}
