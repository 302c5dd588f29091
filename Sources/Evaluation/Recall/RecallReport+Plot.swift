import Vectors
import Retrieval

extension RecallReport {
  /// Recall against queries per second, as an SVG image: the front of every mode, and the exact search. The same text
  /// for the same report.
  ///
  /// - Parameter data: a name for the vectors.
  package func plot(data: String) throws -> String {
    let all = exact.speeds.map { speed in (speed, front(speed.mode, threads: speed.threads)) }
    let series = all.map { speed, front in
      LineChart.Series(
        name: Self.name(speed),
        points: zip(front.points, front.indices).map { point, index in
          let options = settings[index].options
          return .init(
            x: point.recall, y: point.queriesPerSecond,
            detail: "recall \(Numerals.fixed(point.recall, 4)), \(Numerals.significant(point.queriesPerSecond)) QPS: "
              + "\(Numerals.count(options?.candidates ?? 0)) of \(Numerals.count(options?.scan ?? 0)) reranked")
        })
    }
    let references = exact.speeds.filter { $0.threads == 1 }.map { speed in
      LineChart.Reference(
        y: speed.queriesPerSecond,
        label: "exact search, \(Self.name(speed)): recall \(Numerals.fixed(exact.recall, 4)), "
          + "\(Numerals.significant(speed.queriesPerSecond)) QPS")
    }
    let points = series.flatMap(\.points)
    return try LineChart(
      title: "\(data): recall@\(k) against queries a second",
      subtitle: "\(Numerals.count(items)) items × \(Numerals.count(dimension)), \(Numerals.count(queries)) queries, "
        + "\(metric.rawValue); best of \(rounds); up and to the right is better",
      x: .recall("recall@\(k), by distance", from: points.map(\.x).min() ?? 0.9),
      y: .logarithmic("queries a second", around: points.map(\.y) + references.map(\.y)),
      series: series, references: references
    ).svg()
  }

  private static func name(_ speed: Speed) -> String {
    let threads = "\(speed.threads) thread\(speed.threads == 1 ? "" : "s")"
    return (speed.mode == .single ? "single queries, " : "batch, ") + threads
  }
}
