extension CandidateReport {
  /// Recall of the candidate set against its size, one curve per rule, as an SVG image.
  ///
  /// - Parameter data: a name for the vectors.
  package func plot(data: String) throws -> String {
    var names: [String] = []
    for row in rows where !names.contains(row.rule) { names.append(row.rule) }
    let series = names.map { name in
      LineChart.Series(
        name: name,
        points: rows.filter { $0.rule == name && $0.size > 0 }.map { row in
          .init(
            x: row.size, y: row.recall,
            detail: "\(name), budget \(Numerals.count(row.budget)): \(Numerals.significant(row.size)) items, recall "
              + Numerals.fixed(row.recall, 4))
        })
    }
    return try LineChart(
      title: "\(data): true neighbors among the candidates",
      subtitle: "\(Numerals.count(items)) items, IDs of \(levelSizes.map(String.init).joined(separator: "×")), "
        + "\(Numerals.count(queries)) queries; up and to the left is better",
      x: .logarithmic("items in the candidate set", around: series.flatMap { $0.points.map(\.x) }),
      y: .share("share of the true \(k) nearest in the set"), series: series
    ).svg()
  }
}
