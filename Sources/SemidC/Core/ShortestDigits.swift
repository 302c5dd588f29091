import Foundation

/// Numbers as C++ writes them with std::to_chars: the fewest digits that read back as the number, in the shorter of 12.5 and
/// 1.25e+01. The reader of Parquet makes text of the elements of lists so, and an index keeps that text.
enum ShortestDigits {
  static func text(of value: Double) -> String { text(value.description, whole: value) }
  static func text(of value: Float) -> String { text(value.description, whole: Double(value)) }

  /// - Parameter description: Swift's, which has the same digits in another layout.
  private static func text(_ description: String, whole value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let sign = description.hasPrefix("-") ? "-" : ""
    let parts = description.drop { $0 == "-" }.split(separator: "e")
    let number = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let written = number.joined()
    let digits = written.drop { $0 == "0" }
    guard !digits.isEmpty else { return sign + "0" }
    /// The power of ten of the first digit.
    let power =
      (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + number[0].count - 1 - (written.count - digits.count)
    var kept = String(digits)
    while kept.hasSuffix("0") { kept.removeLast() }

    let scale = String(abs(power))
    let mantissa = kept.count > 1 ? "\(kept.prefix(1)).\(kept.dropFirst(1))" : kept
    let scientific = mantissa + (power < 0 ? "e-" : "e+") + (scale.count < 2 ? "0" + scale : scale)
    let fixed: String
    if power < 0 {
      fixed = "0." + String(repeating: "0", count: -power - 1) + kept
    } else if kept.count <= power + 1 {
      // All digits, also those beyond what the type tells apart, as printf has them.
      fixed = kept.count == power + 1 ? kept : String(format: "%.0f", abs(value))
    } else {
      fixed = "\(kept.prefix(power + 1)).\(kept.dropFirst(power + 1))"
    }
    return sign + (fixed.count <= scientific.count ? fixed : scientific)
  }
}
