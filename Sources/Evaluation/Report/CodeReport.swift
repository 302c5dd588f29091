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

  /// - Throws: `InputError` for a fault of the template.
  package func html() throws -> String {
    try Page(title: title, lead: lead, notes: notes).html(
      Self.body,
      [
        "figures": figures, "footer": Markup.escape(footer), "sections": try zip(evaluations, histograms).map(section),
      ])
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

  /// One row per figure, one column per set of codes; empty without sets.
  private var figures: [[String: Any]] {
    let columns = evaluations.map(\.figures)
    guard let first = columns.first else { return [] }
    let isAlone = evaluations.count == 1
    let groups = EvaluationFigure.Group.allCases.compactMap { group -> [String: Any]? in
      let rows = first.indices.filter { first[$0].group == group }
      guard !rows.isEmpty else { return nil }
      return [
        "name": Markup.escape(group.rawValue), "span": evaluations.count + (isAlone ? 2 : 1),
        "rows": rows.map { row -> [String: Any] in
          [
            "name": Markup.escape(first[row].name), "meaning": Markup.escape(first[row].meaning),
            "values": columns.map { Markup.escape($0[row].value) },
          ]
        },
      ]
    }
    return [["isAlone": isAlone, "names": evaluations.map { Markup.escape($0.name) }, "groups": groups]]
  }

  private func section(_ evaluation: CodeEvaluation, _ histograms: CodeHistograms) throws -> [String: Any] {
    let charts = HistogramCharts(statistics: evaluation.statistics, histograms: histograms)
    var cards = [
      try card(charts.treeWidths, "A level that adds few prefixes tells little that the levels before it did not."),
      try card(
        charts.bucketSizes,
        "\(Numerals.count(evaluation.statistics.itemsSharingAnID)) items share their ID with others."),
    ]
    for (level, statistics) in evaluation.statistics.levels.enumerated() {
      let usage = """
        \(Numerals.count(statistics.usage.used)) of \(Numerals.count(statistics.usage.size)) codes are used; \
        perplexity \(Numerals.fixed(statistics.perplexity, 1)), Gini \(Numerals.fixed(statistics.gini, 3)).
        """
      cards.append(try card(charts.sortedUsage(level: level), usage))
      cards.append(
        try card(
          charts.usageByCode(level: level),
          "The most frequent code has \(Numerals.count(statistics.largestCode)) items."))
    }
    var section: [String: Any] = ["cards": cards]
    if evaluations.count > 1 { section["heading"] = Markup.escape(evaluation.name) }
    return section
  }

  private func card(_ chart: ColumnChart, _ caption: String) throws -> [String: Any] {
    ["title": Markup.escape(chart.title), "svg": try chart.svg(), "caption": Markup.escape(caption)]
  }
}
