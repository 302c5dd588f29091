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

  var svg: String {
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

    var svg = """
      <svg viewBox="0 0 \(c(Self.width)) \(c(Self.height))" role="img" aria-label="\(Markup.escape(title))">

      """
    for tick in ticks {
      svg += """
        <line class="grid" x1="\(c(Self.left))" x2="\(c(Self.width - Self.right))" y1="\(c(y(tick)))" y2="\(c(y(tick)))"/>
        <text class="tick" x="\(c(Self.left - 6))" y="\(c(y(tick) + 3.5))" text-anchor="end">\(Numerals.short(tick))</text>

        """
    }
    for (index, item) in items.enumerated() {
      let x = Self.left + step * (Double(index) + gap / 2)
      // Columns that touch overlap a little. Otherwise their edges would show as stripes.
      let width = step * (1 - gap) + (gap == 0 ? 0.2 : 0)
      let top = y(item.value)
      if item.value > 0 {
        // Every column is visible, however low.
        let height = max(base - top, 0.8)
        svg += """
          <rect class="bar" x="\(c2(x))" y="\(c2(base - height))" width="\(c2(width))" height="\(c2(height))">\
          <title>\(Markup.escape(item.detail))</title></rect>

          """
      }
      let middle = Self.left + step * (Double(index) + 0.5)
      if !item.label.isEmpty {
        svg += """
          <text class="tick" x="\(c(middle))" y="\(c(base + 14))" text-anchor="middle">\(Markup.escape(item.label))</text>

          """
      }
    }
    if let reference {
      let line = y(reference.value)
      svg += """
        <line class="reference" x1="\(c(Self.left))" x2="\(c(Self.width - Self.right))" y1="\(c(line))" y2="\(c(line))"/>
        <text class="reference" x="\(c(Self.width - Self.right))" y="10" text-anchor="end">\
        – – \(Markup.escape(reference.label))</text>

        """
    }
    for (index, item) in items.enumerated() where !item.caption.isEmpty {
      let middle = Self.left + step * (Double(index) + 0.5)
      svg += """
        <text class="value" x="\(c(middle))" y="\(c(y(item.value) - 4))" text-anchor="middle">\
        \(Markup.escape(item.caption))</text>

        """
    }
    return svg + """
      <line class="axis" x1="\(c(Self.left))" x2="\(c(Self.width - Self.right))" y1="\(c(base))" y2="\(c(base))"/>
      <text class="label" x="\(c(Self.left + plotWidth / 2))" y="\(c(Self.height - 6))" text-anchor="middle">\
      \(Markup.escape(xLabel))</text>
      <text class="label" x="\(c(Self.left))" y="10" text-anchor="start">\(Markup.escape(yLabel))</text>
      </svg>
      """
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
