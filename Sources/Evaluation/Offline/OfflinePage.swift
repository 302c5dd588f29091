import Vectors

/// A page that shows an offline evaluation: the table, and recall against the number of candidates. One file, no other
/// needed.
package struct OfflinePage: Sendable {
  package var title: String
  package var report: OfflineReport
  /// What a reader should know before the figures, a paragraph each.
  package var notes: [String]

  package init(title: String, report: OfflineReport, notes: [String] = []) {
    self.title = title
    self.report = report
    self.notes = notes
  }

  /// - Throws: `InputError` for a fault of the template.
  package func html() throws -> String {
    try Page(title: title, lead: lead, notes: notes).html(Self.body, values())
  }

  /// The chart and the table, to stand in another page.
  func section() throws -> String { try MarkupTemplate(source: Self.body).render(values()) }

  private func values() throws -> [String: Any] {
    let measures = report.cutoffs.map { "Recall@\($0)" } + report.cutoffs.map { "NDCG@\($0)" } + ["MRR"]
    return [
      "measures": measures,
      "rows": report.rows.map { row -> [String: Any] in
        let estimates = row.recall + row.ndcg + [row.reciprocalRank]
        return [
          "name": Markup.escape(name(row)),
          "values": estimates.map { estimate -> [String: Any] in
            [
              "mean": Numerals.fixed(estimate.mean, 4),
              "interval": "\(Numerals.fixed(estimate.low, 4)) to \(Numerals.fixed(estimate.high, 4))",
            ]
          },
          "candidateRecall": row.candidateRecall.map { Numerals.fixed($0, 4) } ?? "",
          "candidates": row.candidates.map(Numerals.significant) ?? "",
          "without": row.withoutCandidates.map { Numerals.fixed($0 * 100, 1) + "%" } ?? "",
          "ceiling": row.ofCeiling.map { Numerals.fixed($0 * 100, 1) + "%" } ?? "",
        ]
      },
      "chart": try chart().svg(),
    ]
  }

  var lead: String {
    let leftOut = report.coldStartSkipped
    return "\(Numerals.count(report.cases)) held-out interactions, \(Numerals.count(report.items)) items, metric "
      + "\(report.metric.rawValue), \(Numerals.count(report.budget)) candidates wanted. Items of a user's history are "
      + (report.keepsSeen ? "ranked, too." : "not ranked.")
      + (leftOut == 0
        ? ""
        : " Left out: \(Numerals.count(report.withoutVector)) interactions of items without a vector, "
          + "\(Numerals.count(report.withoutHistory)) of users without a history.")
  }

  private func name(_ row: OfflineReport.Row) -> String {
    row.rule == "last item" ? row.rule : [row.model, row.profile, row.rule].compactMap(\.self).joined(separator: ", ")
  }

  /// Recall at the first cutoff against the mean number of candidates, a curve for each model.
  private func chart() -> LineChart {
    let cutoff = report.cutoffs.first ?? 10
    var names: [String] = []
    for row in report.rows { if let model = row.model, !names.contains(model) { names.append(model) } }
    let series = names.map { name in
      LineChart.Series(
        name: name,
        points: report.rows.filter { $0.model == name && ($0.candidates ?? 0) > 0 }
          .map { row in
            .init(
              x: row.candidates ?? 1, y: row.recall[0].mean,
              detail: "\(self.name(row)): \(Numerals.significant(row.candidates ?? 0)) candidates, "
                + "Recall@\(cutoff) \(Numerals.fixed(row.recall[0].mean, 4))",
              label: row.rule)
          }, isJoined: false)
    }
    let references = report.rows.filter { $0.model == nil }.map {
      LineChart.Reference(y: $0.recall[0].mean, label: "\(name($0)) \(Numerals.fixed($0.recall[0].mean, 4))")
    }
    let most = max((series.flatMap(\.points).map(\.y) + references.map(\.y)).max() ?? 1, 1e-3)
    return LineChart(
      title: "\(title): Recall@\(cutoff) against candidates",
      subtitle: "up and to the left is better; dashed: all items ranked, without codes",
      x: .logarithmic("candidates per user", around: series.flatMap { $0.points.map(\.x) }),
      y: ChartAxis(
        label: "Recall@\(cutoff)", scale: .linear, first: 0, last: ColumnChart.ticks(to: most).last ?? most,
        ticks: ColumnChart.ticks(to: most).map { .init(value: $0, label: Numerals.trimmed($0)) }),
      series: series, references: references)
  }

  private static let body = """
    <figure>
    {{chart}}
    </figure>
    <div class="scroll"><table>
    <thead><tr><td></td>{{#measures}}<th scope="col">{{.}}</th>{{/measures}}<th scope="col">found</th>\
    <th scope="col">candidates</th><th scope="col">without</th><th scope="col">of ceiling</th></tr></thead>
    <tbody>
    {{#rows}}
    <tr><th scope="row">{{name}}</th>{{#values}}<td title="95 %: {{interval}}">{{mean}}</td>{{/values}}\
    <td>{{candidateRecall}}</td><td>{{candidates}}</td><td>{{without}}</td><td>{{ceiling}}</td></tr>
    {{/rows}}
    </tbody>
    </table></div>
    <footer>“found” is the share of interactions whose item is among the candidates, “candidates” their mean number per
    user who has some, “without” the share of interactions whose user has none, “of ceiling” the first recall over that of
    brute force with the same profile. Items at equal distance have no order: measures are means over all their orders. Intervals of 95 % are by
    the Poisson bootstrap.</footer>

    """
}
