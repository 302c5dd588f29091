import Foundation

/// Figures as a report writes them, with English separators in any locale.
enum Numerals {
  /// `1204` as `1,204`.
  static func count(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value.magnitude).enumerated() {
      if index > 0, (String(value.magnitude).count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + text
  }

  /// Exact below 10¹⁵, otherwise three digits and a power of ten.
  static func count(_ value: Double) -> String {
    abs(value) < 1e15 ? count(Int(value.rounded())) : String(format: "%.3g", value)
  }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "n/a"
  }

  /// Three significant digits.
  static func significant(_ value: Double) -> String {
    guard value.isFinite else { return "n/a" }
    if value == 0 { return "0" }
    let size = abs(value)
    if size >= 1000 { return count(value) }
    return size < 1e-4 ? String(format: "%.2e", value) : fixed(value, max(0, 2 - Int(log10(size).rounded(.down))))
  }

  static func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }
}
