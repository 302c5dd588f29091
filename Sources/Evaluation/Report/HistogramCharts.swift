import Tokenizers

/// The charts of one set of codes.
struct HistogramCharts {
  let statistics: CodeStatistics
  let histograms: CodeHistograms

  /// The most columns; more would be narrower than a pixel, so neighbors are shown as their mean.
  static let mostColumns = 256

  /// Items of each code of a level, from the most frequent to the least.
  func sortedUsage(level: Int) -> ColumnChart {
    usage(
      level: level, histograms.codes[level].sorted(by: >), title: "Level \(level): codes by how often they are used",
      xLabel: "codes, from the most used to the least", name: "rank")
  }

  /// Items of each code of a level, in the order of the codes.
  func usageByCode(level: Int) -> ColumnChart {
    usage(
      level: level, histograms.codes[level], title: "Level \(level): items of each code", xLabel: "code", name: "code")
  }

  private func usage(level: Int, _ counts: [Int], title: String, xLabel: String, name: String) -> ColumnChart {
    let size = (counts.count + Self.mostColumns - 1) / Self.mostColumns
    let bins = stride(from: 0, to: counts.count, by: size).map { $0..<min(counts.count, $0 + size) }
    let labelled = Set((0...4).map { $0 * (bins.count - 1) / 4 })
    return ColumnChart(
      title: title,
      items: bins.enumerated().map { index, bin in
        let mean = Double(counts[bin].reduce(0, +)) / Double(bin.count)
        let label = labelled.contains(index) ? Numerals.count(bin.lowerBound) : ""
        let place = bin.count == 1 ? "\(name) \(bin.lowerBound)" : "\(name)s \(bin.lowerBound)–\(bin.upperBound - 1)"
        let value = bin.count == 1 ? Numerals.count(counts[bin.lowerBound]) : Numerals.significant(mean) + " on average"
        return .init(value: mean, label: label, detail: "\(place): \(value) items")
      },
      xLabel: size == 1 ? xLabel : "\(xLabel); each column is the mean of \(size)", yLabel: "items",
      reference: (
        Double(statistics.items) / Double(counts.count),
        "even: \(Numerals.significant(Double(statistics.items) / Double(counts.count)))"
      ))
  }

  /// How many IDs have 1, 2, 3–4, 5–8, … items.
  var bucketSizes: ColumnChart {
    var bins: [ClosedRange<Int>] = [1...1]
    while let last = bins.last, last.upperBound < histograms.buckets.largest {
      bins.append(last.upperBound + 1...last.upperBound * 2)
    }
    let groups = histograms.buckets.groups
    return ColumnChart(
      title: "How many IDs have how many items",
      items: bins.map { bin in
        let ids = bin.reduce(0) { $0 + ($1 < groups.count ? groups[$1] : 0) }
        let label = bin.count == 1 ? "\(bin.lowerBound)" : "\(bin.lowerBound)–\(bin.upperBound)"
        return .init(
          value: Double(ids), label: label, detail: "\(Numerals.count(ids)) IDs with \(label) items",
          caption: Numerals.count(ids))
      }, xLabel: "items under one ID", yLabel: "IDs (logarithmic)", isLogarithmic: true, gap: 0.25)
  }

  /// Number of nodes of the prefix tree at each level, and the largest possible number.
  var treeWidths: ColumnChart {
    ColumnChart(
      title: "Distinct prefixes at each level",
      items: histograms.prefixes.enumerated().map { level, prefixes in
        let possible = statistics.levels[...level].reduce(1) { $0 * Double($1.usage.size) }
        let most = min(possible, Double(statistics.items))
        return .init(
          value: Double(prefixes), label: "\(level + 1)",
          detail:
            "\(Numerals.count(prefixes)) of at most \(Numerals.count(most)) (\(Numerals.count(possible)) possible)",
          caption: Numerals.count(prefixes))
      }, xLabel: "levels of the prefix", yLabel: "distinct prefixes (logarithmic)",
      reference: (Double(statistics.items), "one for every item: \(Numerals.count(statistics.items))"),
      isLogarithmic: true, gap: 0.45)
  }
}
