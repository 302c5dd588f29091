import Foundation

/// Figures as people read them. Always with English marks: logs and scripts should not depend on the machine's locale.
enum Text {
  /// `1204` as `1,204`.
  static func count(_ value: some BinaryInteger) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// `value` with a fixed number of digits after the point.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return nonFinite(value) }
    let text = String(format: "%.\(max(0, digits))f", value)
    // -0.004 to two digits is zero, not minus zero.
    return text.hasPrefix("-") && text.allSatisfy { "-0.".contains($0) } ? String(text.dropFirst()) : text
  }

  /// `value` to three significant figures, with thousands grouped: `0.0123`, `1.23`, `123`, `12,346`.
  static func figure(_ value: Double) -> String {
    guard value.isFinite else { return nonFinite(value) }
    let size = abs(value)
    if size >= 99.95 {
      guard size < 1e15 else { return String(format: "%.3g", value) }
      return count(Int(value.rounded()))
    }
    if size >= 9.995 { return fixed(value, 1) }
    if size >= 0.9995 { return fixed(value, 2) }
    if size == 0 { return "0" }
    return size >= 0.0001 ? fixed(value, 2 - Int(log10(size).rounded(.down))) : String(format: "%.2e", value)
  }

  /// `0.9812` as `98.1%`.
  static func percent(_ share: Double, digits: Int = 1) -> String {
    share.isFinite ? fixed(share * 100, digits) + "%" : nonFinite(share)
  }

  /// A size in binary units: `512 B`, `1.5 MiB`.
  static func bytes(_ value: some BinaryInteger) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var size = Double(value)
    var unit = 0
    // 1023.95 would be printed as 1024.0 of the smaller unit.
    while abs(size) >= (unit == 0 ? 1024 : 1023.95), unit < units.count - 1 {
      size /= 1024
      unit += 1
    }
    return (unit == 0 ? String(Int64(size)) : fixed(size, 1)) + " " + units[unit]
  }

  /// A time in the unit that suits it: `380 ns`, `12.3 µs`, `4.05 ms`, `2.34 s`, `1 min 05 s`, `2 h 03 min`.
  static func duration(_ duration: Duration) -> String { self.duration(seconds: duration / .seconds(1)) }

  static func duration(seconds: Double) -> String {
    guard seconds.isFinite else { return nonFinite(seconds) }
    if seconds < 0 { return "-" + duration(seconds: -seconds) }
    if seconds == 0 { return "0 s" }
    if seconds < 0.9995e-6 { return "\(Int((seconds * 1e9).rounded())) ns" }
    if seconds < 0.9995e-3 { return figure(seconds * 1e6) + " µs" }
    if seconds < 0.9995 { return figure(seconds * 1e3) + " ms" }
    if seconds < 59.95 { return figure(seconds) + " s" }
    guard seconds < 1e9 else { return figure(seconds) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    let minutes = Int((seconds / 60).rounded())
    return "\(count(minutes / 60)) h \(twoDigits(minutes % 60)) min"
  }

  /// `1 item`, `2 items`, `1,204 items`.
  static func count(_ value: some BinaryInteger, _ unit: String, plural: String? = nil) -> String {
    count(value) + " " + (value == 1 ? unit : plural ?? unit + "s")
  }

  /// Lines moved to the right, but for empty ones.
  static func indented(_ text: String, by spaces: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : String(repeating: " ", count: spaces) + $0 }.joined(separator: "\n")
  }

  private static func twoDigits(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }

  private static func nonFinite(_ value: Double) -> String { value.isNaN ? "n/a" : value < 0 ? "-∞" : "∞" }
}
