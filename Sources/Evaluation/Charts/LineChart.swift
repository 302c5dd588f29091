import Foundation

/// Curves over two axes, as a standalone SVG image. It is light or dark by the reader's setting, and curves differ in
/// color and in the shape of their marks.
struct LineChart {
  struct Point: Hashable {
    var x: Double
    var y: Double
    /// The tooltip of the mark.
    var detail = ""
    /// Beside the mark; empty for none.
    var label = ""
  }

  struct Series: Hashable {
    var name: String
    var points: [Point]
    /// Whether a line joins the points: where they are settings of one thing.
    var isJoined = true
  }

  /// A horizontal line to compare the curves with.
  struct Reference: Hashable {
    var y: Double
    var label: String
  }

  var title: String
  var subtitle = ""
  var x: ChartAxis
  var y: ChartAxis
  var series: [Series]
  var references: [Reference] = []

  private static let width = 760.0
  private static let left = 64.0
  private static let right = 20.0
  private static let plotHeight = 340.0

  /// - Throws: `InputError` for a fault of the template.
  func svg() throws -> String {
    let legend = LegendLayout(series.map(\.name), width: Self.width - Self.left - Self.right)
    let top = 52 + 18 * Double(legend.rows)
    let height = top + Self.plotHeight + 48
    let plotWidth = Self.width - Self.left - Self.right
    func c(_ value: Double) -> String { Markup.coordinate(value) }
    func px(_ value: Double) -> Double { Self.left + plotWidth * x.share(value) }
    func py(_ value: Double) -> Double { top + Self.plotHeight * (1 - y.share(value)) }
    func color(_ number: Int) -> Int { number % Self.colors }

    return try Self.template.render([
      "width": c(Self.width), "height": c(height), "style": Self.style,
      "left": c(Self.left), "right": c(Self.width - Self.right), "top": c(top), "bottom": c(top + Self.plotHeight),
      "title": Markup.escape(title), "subtitle": Markup.escape(subtitle),
      "legend": legend.entries.enumerated().map { number, entry -> [String: Any] in
        let (markX, markY) = (Self.left + entry.x + 10, 56 + 18 * Double(entry.row))
        return [
          "color": color(number), "from": c(markX - 9), "to": c(markX + 9), "y": c(markY),
          "mark": mark(number, markX, markY), "textX": c(markX + 14), "textY": c(markY + 4),
          "name": Markup.escape(series[number].name),
        ]
      },
      "xTicks": x.ticks.map { tick -> [String: Any] in
        [
          "place": c(px(tick.value)), "textY": c(top + Self.plotHeight + 16), "label": Markup.escape(tick.label),
        ]
      },
      "yTicks": y.ticks.map { tick -> [String: Any] in
        [
          "place": c(py(tick.value)), "textX": c(Self.left - 8), "textY": c(py(tick.value) + 4),
          "label": Markup.escape(tick.label),
        ]
      },
      "references": references.map { reference -> [String: Any] in
        [
          "place": c(py(reference.y)), "textX": c(Self.left + 6), "textY": c(py(reference.y) - 5),
          "label": Markup.escape(reference.label),
        ]
      },
      "curves": series.enumerated().filter { !$1.points.isEmpty }.map { number, curve -> [String: Any] in
        [
          "color": color(number),
          "joined": curve.isJoined
            ? [curve.points.map { "\(c(px($0.x))) \(c(py($0.y)))" }.joined(separator: "L")] : [],
          "marks": curve.points.map { point -> [String: Any] in
            var values: [String: Any] = ["mark": mark(number, px(point.x), py(point.y))]
            if !point.detail.isEmpty { values["detail"] = Markup.escape(point.detail) }
            if !point.label.isEmpty {
              // To the left of the mark near the right end.
              let isLeft = x.share(point.x) > 0.8
              values["label"] =
                [
                  "text": Markup.escape(point.label), "x": c(px(point.x) + (isLeft ? -8 : 8)),
                  "y": c(py(point.y) + 4), "anchor": isLeft ? "end" : "start",
                ] as [String: Any]
            }
            return values
          },
        ]
      },
      "middle": c(Self.left + plotWidth / 2), "xLabelY": c(height - 10), "xLabel": Markup.escape(x.label),
      "yMiddle": c(top + Self.plotHeight / 2), "yLabel": Markup.escape(y.label),
    ])
  }

  /// One of four shapes, so that curves differ without color too.
  private func mark(_ number: Int, _ x: Double, _ y: Double) -> String {
    func c(_ value: Double) -> String { Markup.coordinate(value) }
    return switch number % 4 {
    case 0: "M\(c(x - 4)) \(c(y))a4 4 0 1 0 8 0a4 4 0 1 0 -8 0"
    case 1: "M\(c(x - 3.5)) \(c(y - 3.5))h7v7h-7z"
    case 2: "M\(c(x)) \(c(y - 5))l4.5 8h-9z"
    default: "M\(c(x)) \(c(y - 5))l5 5l-5 5l-5 -5z"
    }
  }

  private static let colors = 8
  private static let light = [
    "#2f6fde", "#b4472f", "#2b8a3e", "#8a3fb0", "#b7791f", "#0f7f86", "#c2255c", "#5b6570",
  ]
  private static let dark = [
    "#6aa1ff", "#ff9b7d", "#69db7c", "#d0a0f0", "#ffc857", "#63d3da", "#ff8fb1", "#adb5bd",
  ]

  private static let style: String = {
    func palette(_ colors: [String]) -> String {
      colors.enumerated().map { ".s\($0.offset) .curve{stroke:\($0.element)}.s\($0.offset) .mark{fill:\($0.element)}" }
        .joined()
    }
    func tones(page: String, ink: String, soft: String, rule: String) -> String {
      ".page{fill:\(page)}text{fill:\(soft)}.title{fill:\(ink)}.grid{stroke:\(rule)}.axis{stroke:\(soft)}"
        + ".reference{stroke:\(soft)}text.reference{stroke:none}"
    }
    return "text{font:12px system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif}"
      + ".title{font-size:15px;font-weight:600}.tick{font-size:11px}path{fill:none;stroke-width:1}"
      + ".curve{stroke-width:2;stroke-linejoin:round}.mark{stroke:none}path.reference{stroke-dasharray:5 4}"
      + tones(page: "#ffffff", ink: "#1b1f24", soft: "#5b6570", rule: "#e3e7ec") + palette(light)
      + "@media(prefers-color-scheme:dark){"
      + tones(page: "#1d2126", ink: "#e7eaee", soft: "#9aa4af", rule: "#2f353c") + palette(dark) + "}"
  }()
}

/// The places of the curves' names: side by side, as many per row as fit.
private struct LegendLayout {
  private(set) var entries: [(x: Double, row: Int)] = []
  private(set) var rows = 0

  init(_ names: [String], width: Double) {
    var x = 0.0
    for name in names {
      // A letter of this size is some seven units wide.
      let needed = 42 + 6.8 * Double(name.count)
      if rows == 0 || x + needed > width {
        rows += 1
        x = 0
      }
      entries.append((x, rows - 1))
      x += needed
    }
  }
}
