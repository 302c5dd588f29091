package import Vectors

/// The result of one setting, as ann-benchmarks stores it, so that its own tools plot it with other systems.
///
/// There is one file per setting and mode, `<dataset>/<count>/<algorithm>[-batch]/<arguments>.hdf5`, with the datasets
/// `times`, `neighbors` and `distances`, and the run's figures as attributes.
package struct ANNBenchmarkRun: Sendable {
  /// The name under which all settings are one line of a plot.
  package var algorithm: String
  /// Name of the data set: its file without the extension.
  package var dataset: String
  package var metric: Metric
  /// The name of the setting, for people and as a part of the file's name.
  package var name: String
  package var arguments: String
  /// Whether all queries were searched at once.
  package var isBatch: Bool
  /// Number of neighbors per query.
  package var count: Int
  /// Rounds, of which the best counts.
  package var rounds: Int
  /// Seconds per query in the best round.
  package var bestSearchSeconds: Double
  package var buildSeconds: Double
  package var indexBytes: Int
  /// Distances computed, in all rounds together.
  package var distanceComputations: Int
  /// Seconds of every query.
  package var seconds: [Double]
  /// By query, nearest first, at most `count`: rows of items, and their distances in ann-benchmarks' unit.
  package var neighbors: [[(row: Int, distance: Float)]]

  package init(
    algorithm: String, dataset: String, metric: Metric, name: String, arguments: String,
    isBatch: Bool, count: Int, rounds: Int, bestSearchSeconds: Double, buildSeconds: Double, indexBytes: Int,
    distanceComputations: Int, seconds: [Double], neighbors: [[(row: Int, distance: Float)]]
  ) {
    self.algorithm = algorithm
    self.dataset = dataset
    self.metric = metric
    self.name = name
    self.arguments = arguments
    self.isBatch = isBatch
    self.count = count
    self.rounds = rounds
    self.bestSearchSeconds = bestSearchSeconds
    self.buildSeconds = buildSeconds
    self.indexBytes = indexBytes
    self.distanceComputations = distanceComputations
    self.seconds = seconds
    self.neighbors = neighbors
  }

  /// Writes the file below `folder`, ann-benchmarks' `results`, whose folders are made where they lack.
  ///
  /// - Returns: its path.
  /// - Throws: `InputError` when a folder or the file cannot be written, or a query has more neighbors than `count`.
  @discardableResult
  package func write(into folder: String) throws -> String {
    guard neighbors.allSatisfy({ $0.count <= count }), neighbors.count == seconds.count else {
      throw InputError(
        .mismatch, folder, expected: "at most \(count) neighbors of each of \(seconds.count) queries", found: "others")
    }
    let place = Self.place(in: folder, algorithm: algorithm, dataset: dataset, count: count, isBatch: isBatch)
    let path = place + "/" + Self.plain(arguments) + ".hdf5"
    let rows = neighbors.flatMap { found in
      found.map { Int32(truncatingIfNeeded: $0.row) } + Array(repeating: -1, count: count - found.count)
    }
    let distances = neighbors.flatMap { found in
      found.map(\.distance) + Array(repeating: .infinity, count: count - found.count)
    }
    try HDF5Writer.write(to: path) { file in
      try file.set(algorithm, attribute: "algo")
      try file.set(isBatch, attribute: "batch_mode")
      try file.set(bestSearchSeconds, attribute: "best_search_time")
      try file.set(buildSeconds, attribute: "build_time")
      try file.set(
        Double(neighbors.reduce(0) { $0 + $1.count }) / Double(max(1, neighbors.count)), attribute: "candidates")
      try file.set(count, attribute: "count")
      try file.set(dataset, attribute: "dataset")
      try file.set(distanceComputations, attribute: "dist_comps")
      try file.set(metric.annBenchmarksName, attribute: "distance")
      try file.set(false, attribute: "expect_extra")
      try file.set(Double(indexBytes) / 1024, attribute: "index_size")
      try file.set(name, attribute: "name")
      try file.set(rounds, attribute: "run_count")
      try file.write(Buffer(seconds.map { Float($0) }), as: "times")
      try file.write(Buffer(rows), rows: neighbors.count, columns: count, as: "neighbors")
      try file.write(
        Matrix(rows: neighbors.count, columns: count, values: distances), as: "distances")
    }
    return path
  }

  /// The folders that runs are written to, for `Output.check`. Result files of other programs there are not replaced.
  ///
  /// - Parameter folder: ann-benchmarks' `results`.
  package static func outputs(in folder: String, algorithm: String, dataset: String, count: Int) -> [Output] {
    let kind = DirectoryKind("result files of \(algorithm)") { directory in
      try FileSystem.names(in: directory).first { name in
        guard name.hasSuffix(".hdf5"), !TemporaryName.isTemporary(name) else { return false }
        return (try? HDF5File(path: directory + "/" + name))?.attribute("algo") != algorithm
      }
    }
    return [false, true].map { isBatch in
      .directory(place(in: folder, algorithm: algorithm, dataset: dataset, count: count, isBatch: isBatch), kind)
    }
  }

  private static func place(
    in folder: String, algorithm: String, dataset: String, count: Int, isBatch: Bool
  ) -> String {
    [folder, plain(dataset), String(count), plain(algorithm) + (isBatch ? "-batch" : "")].joined(separator: "/")
  }

  /// A name of letters, digits, `-` and `_`, which is one folder's everywhere.
  static func plain(_ text: String) -> String {
    let plain = text.unicodeScalars.map { scalar -> Character in
      let isPlain =
        scalar == "-" || scalar == "_" || scalar.properties.numericType != nil || scalar.properties.isAlphabetic
      return isPlain ? Character(scalar) : "_"
    }
    return plain.isEmpty ? "_" : String(plain)
  }
}
