import Foundation

/// Columns side by side, as an SVG image that takes its colors from the page.
struct ColumnChart {
  struct Item {
    var value: Double
    /// Under the column; empty for none.
    var label = ""
    /// The tooltip of the column.
    var detail = ""
    /// Above the column; empty for none.
    var caption = ""
  }

  var title: String
  var items: [Item]
  var xLabel: String
  var yLabel: String
  /// A horizontal line to compare the columns with.
  var reference: (value: Double, label: String)?
  /// Whether columns show the logarithm of their values, from 1.
  var isLogarithmic = false
  /// Space between columns, as a share of one.
  var gap = 0.0

  private static let width = 440.0
  private static let height = 220.0
  private static let left = 52.0
  private static let right = 12.0
  private static let top = 18.0
  private static let bottom = 40.0

  /// - Throws: `InputError` for a fault of the template.
  func svg() throws -> String {
    let plotWidth = Self.width - Self.left - Self.right
    let plotHeight = Self.height - Self.top - Self.bottom
    let most = max(items.map(\.value).max() ?? 0, reference?.value ?? 0, 1)
    let ticks = isLogarithmic ? Self.powers(to: most) : Self.ticks(to: most)
    let end = max(ticks.last ?? most, most)
    func y(_ value: Double) -> Double {
      let share =
        isLogarithmic
        ? (value < 1 ? 0 : (log10(value) + Self.floor) / (log10(end) + Self.floor)) : value / end
      return Self.top + plotHeight * (1 - min(1, max(0, share)))
    }
    let base = Self.top + plotHeight
    let step = plotWidth / Double(max(1, items.count))
    func c(_ value: Double) -> String { Markup.coordinate(value) }

    func middle(_ index: Int) -> String { c(Self.left + step * (Double(index) + 0.5)) }

    var values: [String: Any] = [
      "width": c(Self.width), "height": c(Self.height), "left": c(Self.left), "right": c(Self.width - Self.right),
      "title": Markup.escape(title), "base": c(base), "labelY": c(base + 14), "center": c(Self.left + plotWidth / 2),
      "xLabelY": c(Self.height - 6), "xLabel": Markup.escape(xLabel), "yLabel": Markup.escape(yLabel),
      "ticks": ticks.map { tick -> [String: Any] in
        ["y": c(y(tick)), "textX": c(Self.left - 6), "textY": c(y(tick) + 3.5), "label": Numerals.short(tick)]
      },
      "columns": items.enumerated().map { index, item -> [String: Any] in
        // Columns that touch overlap a little. Otherwise their edges would show as stripes.
        let width = step * (1 - gap) + (gap == 0 ? 0.2 : 0)
        // Every column is visible, however low.
        let height = max(base - y(item.value), 0.8)
        var column: [String: Any] = ["middle": middle(index)]
        if item.value > 0 {
          column["bar"] =
            [
              "x": c2(Self.left + step * (Double(index) + gap / 2)), "y": c2(base - height), "width": c2(width),
              "height": c2(height), "detail": Markup.escape(item.detail),
            ] as [String: Any]
        }
        if !item.label.isEmpty { column["label"] = Markup.escape(item.label) }
        return column
      },
      "captions": items.enumerated().filter { !$1.caption.isEmpty }.map { index, item -> [String: Any] in
        ["middle": middle(index), "y": c(y(item.value) - 4), "text": Markup.escape(item.caption)]
      },
    ]
    if let reference {
      values["reference"] =
        ["y": c(y(reference.value)), "label": Markup.escape(reference.label)] as [String: Any]
    }
    return try Self.template.render(values)
  }

  /// Where a logarithmic axis begins: a value of 1 stands this many tenfolds above the base, so that it can be seen.
  private static let floor = 0.3

  private func c2(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  /// About four round numbers from 0.
  static func ticks(to most: Double) -> [Double] {
    let power = pow(10, Foundation.floor(log10(most / 4)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { most / $0 <= 4.5 } ?? most
    return Array(stride(from: 0, through: (most / step).rounded(.up) * step * 1.0001, by: max(step, 1e-9)))
  }

  private static func powers(to most: Double) -> [Double] {
    var powers = [1.0]
    while powers[powers.count - 1] < most { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }
}

extension Numerals {
  /// An axis' number: `1,500`, `20k`, `3M`.
  static func short(_ value: Double) -> String {
    func trimmed(_ value: Double, _ unit: String) -> String {
      (value == value.rounded() ? String(Int(value)) : fixed(value, 1)) + unit
    }
    switch value {
    case 1e9...: return trimmed(value / 1e9, "G")
    case 1e6...: return trimmed(value / 1e6, "M")
    case 1e4...: return trimmed(value / 1e3, "k")
    default: return value == value.rounded() ? count(value) : significant(value)
    }
  }
}
