package import Vectors

/// A data set in the layout of ann-benchmarks (https://github.com/erikbern/ann-benchmarks): vectors to index, queries,
/// and the true nearest neighbors of each query.
package struct ANNBenchmark: Sendable {
  package let path: String
  /// As the file's attribute `distance` says.
  package let metric: Metric
  /// items × components.
  package let train: Matrix
  /// queries × components.
  package let test: Matrix
  /// How many true neighbors each query has.
  package let neighborsPerQuery: Int
  /// queries × `neighborsPerQuery` row numbers of `train`, nearest first.
  package let neighbors: Buffer<Int32>
  /// queries × `neighborsPerQuery`; nil where a file leaves them out.
  package let distances: Matrix?

  /// - Throws: `InputError` naming the dataset that is missing, has another shape than the others ask for, or points
  ///   outside `train`.
  package init(path: String, options: HDF5File.Options = .init()) throws {
    let file = try HDF5File(path: path, options: options)
    self.path = path
    metric = try Self.metric(of: file)
    train = try file.matrix("train")
    test = try file.matrix("test")
    guard train.columns == test.columns else {
      throw InputError(
        .mismatch, path, at: HDF5File.place("test"), expected: "\(train.columns) columns, as train has",
        found: "\(test.columns)")
    }
    let found = try file.integers("neighbors", as: Int32.self)
    guard found.rows == test.rows, try file.dataset("neighbors").shape.count == 2 else {
      throw InputError(
        .mismatch, path, at: HDF5File.place("neighbors"), expected: "\(test.rows) rows, one for each of test",
        found: "\(found.rows)")
    }
    neighbors = found.values
    neighborsPerQuery = found.columns
    try Self.check(found.values, columns: found.columns, items: train.rows, path: path)
    let hasDistances = file.datasets.contains { $0.name == "distances" }
    distances = hasDistances ? try file.matrix("distances") : nil
    if let distances, (distances.rows, distances.columns) != (found.rows, found.columns) {
      throw InputError(
        .mismatch, path, at: HDF5File.place("distances"),
        expected: "\(found.rows) × \(found.columns), as neighbors has",
        found: "\(distances.rows) × \(distances.columns)")
    }
  }

  /// The true neighbors of one query, nearest first.
  package func neighbors(of query: Int) -> Buffer<Int32> {
    neighbors[slice: query * neighborsPerQuery..<(query + 1) * neighborsPerQuery]
  }

  private static func metric(of file: HDF5File) throws -> Metric {
    switch file.attribute("distance")?.lowercased() {
    case "euclidean", "l2": return .l2
    case "angular", "cosine": return .cosine
    case "dot", "ip", "inner_product", "innerproduct": return .innerProduct
    case let other:
      throw InputError(
        other == nil ? .missing : .unsupported, file.path, at: "attribute \"distance\"",
        expected: "euclidean, angular or dot", found: other ?? "no such attribute")
    }
  }

  private static func check(_ neighbors: Buffer<Int32>, columns: Int, items: Int, path: String) throws {
    let wrong = neighbors.withUnsafeBufferPointer { $0.firstIndex { $0 < 0 || Int($0) >= items } }
    guard let wrong else { return }
    throw InputError(
      .malformed, path, at: HDF5File.place("neighbors") + ", row \(wrong / columns) (from 0)",
      expected: "row numbers of train, 0 to \(items - 1)", found: "\(neighbors[wrong])")
  }
}

extension Metric {
  /// The name that files in the layout of ann-benchmarks have for it.
  package var annBenchmarksName: String {
    switch self {
    case .l2: "euclidean"
    case .cosine: "angular"
    case .innerProduct: "dot"
    }
  }
}
