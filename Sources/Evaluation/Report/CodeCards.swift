import Tokenizers

/// The charts of one set of codes, with what to see in each.
struct CodeCards {
  let statistics: CodeStatistics
  let histograms: CodeHistograms

  init(_ statistics: CodeStatistics, _ histograms: CodeHistograms) {
    self.statistics = statistics
    self.histograms = histograms
  }

  /// Put in where a template has the values under `cards`.
  static let markup = """
    <div class="charts">
    {{#cards}}
    <figure><h3>{{title}}</h3>
    {{svg}}
    <figcaption>{{caption}}</figcaption></figure>
    {{/cards}}
    </div>

    """

  /// - Throws: `InputError` for a fault of a template.
  func values() throws -> [[String: Any]] {
    let charts = HistogramCharts(statistics: statistics, histograms: histograms)
    var cards = [
      try card(charts.treeWidths, "A level that adds few prefixes tells little that the levels before it did not."),
      try card(
        charts.bucketSizes,
        "\(Numerals.count(statistics.itemsSharingAnID)) items share their ID with others."),
    ]
    for (level, statistics) in statistics.levels.enumerated() {
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
    return cards
  }

  private func card(_ chart: ColumnChart, _ caption: String) throws -> [String: Any] {
    ["title": Markup.escape(chart.title), "svg": try chart.svg(), "caption": Markup.escape(caption)]
  }
}
