/// Predicts sizes that were not measured: every quantity is a line a + b·N, fitted to the measured sizes.
package struct GrowthModel: Codable, Hashable, Sendable {
  /// a + b·N with a, b ≥ 0.
  package struct Line: Codable, Hashable, Sendable {
    package var constant: Double
    package var perItem: Double
    /// The greatest deviation of a measured value from the line, as a share of the value.
    package var worstDeviation: Double

    package func callAsFunction(_ items: Int) -> Double { constant + perItem * Double(items) }

    /// The line with the least sum of squared relative deviations, so that small sizes count as much as large ones. nil
    /// with fewer than two sizes.
    package init?(_ points: [(items: Int, value: Double)]) {
      let points = points.filter { $0.value > 0 && $0.value.isFinite && $0.items > 0 }
      guard Set(points.map(\.items)).count > 1 else { return nil }
      // Σ ((a + b·n) / y − 1)²: the normal equations of u = 1/y and v = n/y.
      var (uu, uv, vv, u1, v1) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for point in points {
        let (u, v) = (1 / point.value, Double(point.items) / point.value)
        uu += u * u
        uv += u * v
        vv += v * v
        u1 += u
        v1 += v
      }
      let determinant = uu * vv - uv * uv
      constant = (u1 * vv - v1 * uv) / determinant
      perItem = (v1 * uu - u1 * uv) / determinant
      // Where one of the two would be negative, it is 0.
      if !(constant >= 0) { (constant, perItem) = (0, v1 / vv) }
      if !(perItem >= 0) { (constant, perItem) = (u1 / uu, 0) }
      worstDeviation = 0
      worstDeviation = points.map { abs(self($0.items) / $0.value - 1) }.max() ?? 0
    }
  }

  package var encodeSeconds: Line
  package var buildSeconds: Line
  package var openSeconds: Line
  package var searchMicroseconds: Line?
  package var hammingMicroseconds: Line
  package var indexBytes: Line
  package var peakMemoryBytes: Line
  /// Time of training, which is on a sample: that of the largest size.
  package var trainSeconds: Double
  /// The largest size that was measured.
  package var measuredItems: Int

  /// nil with fewer than two sizes.
  package init?(_ report: GrowthReport) {
    func line(_ value: (GrowthReport.Row) -> Double?) -> Line? {
      Line(report.rows.compactMap { row in value(row).map { (row.items, $0) } })
    }
    guard let last = report.rows.last, let encode = line(\.encodeSeconds), let build = line(\.buildSeconds),
      let open = line(\.openSeconds), let hamming = line(\.hammingMicroseconds),
      let bytes = line({ Double($0.indexBytes) }), let memory = line({ Double($0.peakMemoryBytes) })
    else { return nil }
    encodeSeconds = encode
    buildSeconds = build
    openSeconds = open
    searchMicroseconds = line(\.searchMicroseconds)
    hammingMicroseconds = hamming
    indexBytes = bytes
    peakMemoryBytes = memory
    trainSeconds = last.trainSeconds
    measuredItems = last.items
  }

  /// A prediction for a catalogue cut into equal parts, one per machine.
  package struct Prediction: Codable, Hashable, Sendable {
    package var items: Int
    package var machines: Int
    package var itemsPerMachine: Int
    /// The items of a machine over the largest size that was measured; above 1 the line is extrapolated.
    package var beyondMeasured: Double
    /// Time of training, then of encoding and building side by side.
    package var makeSeconds: Double
    package var openSeconds: Double
    /// Time of the slowest machine, without the network; nil where the search was not measured.
    package var searchMicroseconds: Double?
    package var hammingMicroseconds: Double
    package var indexBytesPerMachine: Double
    package var indexBytes: Double
    package var peakMemoryBytesPerMachine: Double
  }

  package func prediction(items: Int, machines: Int) -> Prediction {
    let share = (items + machines - 1) / machines
    return Prediction(
      items: items, machines: machines, itemsPerMachine: share,
      beyondMeasured: Double(share) / Double(max(1, measuredItems)),
      makeSeconds: trainSeconds + encodeSeconds(share) + buildSeconds(share), openSeconds: openSeconds(share),
      searchMicroseconds: searchMicroseconds.map { $0(share) }, hammingMicroseconds: hammingMicroseconds(share),
      indexBytesPerMachine: indexBytes(share), indexBytes: indexBytes(share) * Double(machines),
      peakMemoryBytesPerMachine: peakMemoryBytes(share))
  }

  /// What a prediction assumes.
  package static let assumptions = [
    "every quantity is a + b·N: cache misses, pages read from disk and the logarithm in sorting are not modelled",
    "machines as this one, with the same number of threads, each with an equal part of the items drawn at random",
    "one model, trained on a sample of the same size, for all parts",
    "codebooks of the same size at every N; a larger part would take larger ones, and search less of itself",
    "every query goes to all machines at the same time; it takes as long as one part, and the network beside it",
    "merging k answers a machine costs nothing beside the search",
    "the part of each machine fits into its memory",
    "real items cluster as the made-up ones do: recall at a budget depends on the data",
  ]
}
