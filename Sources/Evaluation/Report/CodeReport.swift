import Tokenizers

/// A page that shows evaluations of codes, with figures and charts. It is one self-contained file.
package struct CodeReport: Sendable {
  package var title: String
  package var evaluations: [CodeEvaluation]
  /// In the order of the evaluations.
  package var histograms: [CodeHistograms]
  /// Length of the vectors; nil without vectors.
  package var dimension: Int?
  /// Notes before the figures, one paragraph each.
  package var notes: [String] = []

  package init(title: String, evaluations: [CodeEvaluation], histograms: [CodeHistograms], dimension: Int? = nil) {
    precondition(evaluations.count == histograms.count, "histograms of every evaluation")
    self.title = title
    self.evaluations = evaluations
    self.histograms = histograms
    self.dimension = dimension
  }

  package var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Markup.escape(title))</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <main>
    <h1>\(Markup.escape(title))</h1>
    <p class="lead">\(([lead] + notes).map(Markup.escape).joined(separator: "<br>"))</p>
    \(figures)
    \(zip(evaluations, histograms).map(section).joined(separator: "\n"))
    <footer>\(Markup.escape(footer))</footer>
    </main>
    </body>
    </html>

    """
  }

  private var lead: String {
    guard let first = evaluations.first else { return "No codes." }
    let items = "\(Numerals.count(first.statistics.items)) items"
    let sets = evaluations.count == 1 ? "" : ", \(evaluations.count) sets of codes"
    return items + (dimension.map { ", vectors of \($0) numbers" } ?? ", no vectors") + sets
  }

  private var footer: String {
    var text = "Levels are numbered from 0."
    if evaluations.contains(where: { $0.neighbors != nil }) {
      text += """
         Neighbors by code come in ties, since whole groups of items are equally near. Items at equal distance count as \
        standing in every order equally often, and the figures are the exact mean over all those orders; an item is not \
        its own neighbor.
        """
    }
    return text
  }

  /// One row per figure, one column per set of codes.
  private var figures: String {
    let columns = evaluations.map(\.figures)
    guard let first = columns.first else { return "" }
    let isAlone = evaluations.count == 1
    let header =
      isAlone
      ? ""
      : "<thead><tr><td></td>" + evaluations.map { "<th scope=\"col\">\(Markup.escape($0.name))</th>" }.joined()
        + "</tr></thead>"
    var body = ""
    for group in EvaluationFigure.Group.allCases {
      let rows = first.indices.filter { first[$0].group == group }
      guard !rows.isEmpty else { continue }
      let span = evaluations.count + (isAlone ? 2 : 1)
      body += "<tbody><tr><th class=\"group\" colspan=\"\(span)\" scope=\"rowgroup\">\(Markup.escape(group.rawValue))"
      body += "</th></tr>\n"
      for row in rows {
        let figure = first[row]
        body += "<tr><th scope=\"row\" title=\"\(Markup.escape(figure.meaning))\">\(Markup.escape(figure.name))</th>"
        for column in columns { body += "<td>\(Markup.escape(column[row].value))</td>" }
        if isAlone { body += "<td class=\"meaning\">\(Markup.escape(figure.meaning))</td>" }
        body += "</tr>\n"
      }
      body += "</tbody>\n"
    }
    return "<div class=\"scroll\"><table\(isAlone ? " class=\"single\"" : "")>\(header)\n\(body)</table></div>"
  }

  private func section(_ evaluation: CodeEvaluation, _ histograms: CodeHistograms) -> String {
    let charts = HistogramCharts(statistics: evaluation.statistics, histograms: histograms)
    var html = "<section>\n"
    if evaluations.count > 1 { html += "<h2>\(Markup.escape(evaluation.name))</h2>\n" }
    html += "<div class=\"charts\">\n"
    html += card(charts.treeWidths, "A level that adds few prefixes tells little that the levels before it did not.")
    html += card(
      charts.bucketSizes,
      "\(Numerals.count(evaluation.statistics.itemsSharingAnID)) items share their ID with others.")
    for (level, statistics) in evaluation.statistics.levels.enumerated() {
      let usage = """
        \(Numerals.count(statistics.usage.used)) of \(Numerals.count(statistics.usage.size)) codes are used; \
        perplexity \(Numerals.fixed(statistics.perplexity, 1)), Gini \(Numerals.fixed(statistics.gini, 3)).
        """
      html += card(charts.sortedUsage(level: level), usage)
      html += card(
        charts.usageByCode(level: level),
        "The most frequent code has \(Numerals.count(statistics.largestCode)) items.")
    }
    return html + "</div>\n</section>"
  }

  private func card(_ chart: ColumnChart, _ caption: String) -> String {
    """
    <figure><h3>\(Markup.escape(chart.title))</h3>
    \(chart.svg)
    <figcaption>\(Markup.escape(caption))</figcaption></figure>

    """
  }
}
