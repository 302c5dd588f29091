import Foundation

/// An axis of a chart: its label, its range, and how values are placed along it.
struct ChartAxis: Hashable {
  enum Scale: Hashable {
    case linear
    case logarithmic
    /// By the number of nines, −log₁₀(1 − value), so that .9, .99 and .999 are evenly spaced. Values above .9999 are
    /// placed at 1.
    case nines
  }

  struct Tick: Hashable {
    var value: Double
    var label: String
  }

  var label: String
  var scale: Scale
  var first: Double
  var last: Double
  var ticks: [Tick]

  /// The place of `value`: 0 at the axis' beginning, 1 at its end.
  func share(_ value: Double) -> Double {
    let (low, high) = (place(first), place(last))
    guard high > low else { return 0 }
    return min(1, max(0, (place(value) - low) / (high - low)))
  }

  private func place(_ value: Double) -> Double {
    switch scale {
    case .linear: value
    case .logarithmic: log10(max(value, 1e-12))
    case .nines: -log10(max(1 - value, 1e-4))
    }
  }

  /// Recall from the round value below `least` to 1.
  static func recall(_ label: String, from least: Double) -> ChartAxis {
    let steps = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1]
    let first = steps.last { $0 <= min(least, 0.9) } ?? 0
    return ChartAxis(
      label: label, scale: .nines, first: first, last: 1,
      ticks: steps.filter { $0 >= first }.map { Tick(value: $0, label: Numerals.trimmed($0)) })
  }

  /// Powers of ten around `values`, with 2 and 5 between where there are few.
  static func logarithmic(_ label: String, around values: [Double]) -> ChartAxis {
    let positive = values.filter { $0 > 0 }
    let (least, most) = (positive.min() ?? 1, positive.max() ?? 10)
    let isWide = log10(most / least) > 3
    var steps: [Double] = []
    for power in Int(floor(log10(least)))...Int(ceil(log10(most))) {
      for digit in isWide ? [1.0] : [1, 2, 5] { steps.append(digit * pow(10, Double(power))) }
    }
    let first = steps.last { $0 <= least } ?? least
    let last = steps.first { $0 >= most && $0 > first } ?? most
    return ChartAxis(
      label: label, scale: .logarithmic, first: first, last: last,
      ticks: steps.filter { (first...max(first, last)).contains($0) }.map {
        Tick(value: $0, label: $0 < 1 ? Numerals.trimmed($0) : Numerals.short($0))
      })
  }

  /// Shares from 0 to 1.
  static func share(_ label: String) -> ChartAxis {
    ChartAxis(
      label: label, scale: .linear, first: 0, last: 1,
      ticks: (0...5).map { Tick(value: Double($0) / 5, label: Numerals.fixed(Double($0) / 5, 1)) })
  }
}

extension Numerals {
  /// As few digits as the value needs, at most six after the point: `0.5`, `0.995`, `1`.
  static func trimmed(_ value: Double) -> String {
    var text = fixed(value, 6)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }
}
