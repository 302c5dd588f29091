import CFaiss
package import Vectors

/// A FAISS index. It is filled when it is made or read from a file, and searched from then on, by any number of threads
/// at once.
///
/// `@unchecked Sendable` because the handle is a C++ object. Nothing changes it after `init`, and FAISS's const methods
/// may run side by side.
package final class FaissIndex: @unchecked Sendable {
  /// The metrics of FAISS that the engine uses.
  package enum Metric: Int32, Sendable {
    case innerProduct = 0
    case l2 = 1
  }

  /// What a search found: k labels and distances per query, nearest first, label −1 where there were fewer. k is at most
  /// the number of vectors.
  package struct Neighbors: Sendable {
    package let k: Int
    package let labels: [Int64]
    /// Squared for `l2`; for `innerProduct` the product, so that larger is nearer.
    package let distances: [Float]
  }

  private let handle: OpaquePointer
  package let metric: Metric
  package let dimension: Int
  package let count: Int

  /// The version of FAISS in use.
  package static let version = String(cString: semid_faiss_version())

  /// Makes the index that `factory` describes (such as `SQ8`, `PQ32`, `IVF256,Flat`, `HNSW32`), trains it where it
  /// needs training, and adds `count` vectors, piece by piece.
  ///
  /// - Parameters:
  ///   - training: gives the vectors to train on; called only when the index needs them.
  ///   - piece: gives the vectors of a range, each of length `dimension`.
  /// - Throws: `InputError` for a string whose file could not be checked, or with FAISS's own reason when it refuses
  ///   the string, the training or the vectors.
  package init(
    factory: String, metric: Metric, dimension: Int, count: Int, training: () throws -> Matrix,
    piece: (Range<Int>) throws -> Matrix
  ) throws {
    let handle = try Self.empty(factory, metric, dimension: dimension, count: count)
    do {
      if semid_faiss_is_trained(handle) == 0 {
        let sample = try training()
        try sample.withUnsafeBufferPointer { values in
          try Self.check(
            "FAISS \(factory): training", semid_faiss_train(handle, Int64(sample.rows), values.baseAddress))
        }
      }
      for start in stride(from: 0, to: count, by: 1 << 14) {
        let vectors = try piece(start..<min(count, start + 1 << 14))
        try vectors.withUnsafeBufferPointer { values in
          try Self.check("FAISS \(factory): adding", semid_faiss_add(handle, Int64(vectors.rows), values.baseAddress))
        }
      }
    } catch {
      semid_faiss_free(handle)
      throw error
    }
    self.handle = handle
    self.metric = metric
    self.dimension = dimension
    self.count = count
  }

  /// Reads an index file into memory.
  ///
  /// The file may come from anyone: `FaissFileReader` checks all of it before FAISS reads the same bytes.
  ///
  /// - Throws: `InputError` for a file that is not an index of a type that can be checked, or is not whole.
  package convenience init(readingFrom path: String) throws { try self.init(reading: MappedFile(path: path)) }

  /// Reads an index from a mapped file, as `init(readingFrom:)` does. The file is not needed afterwards.
  init(reading file: MappedFile) throws {
    defer { withExtendedLifetime(file) {} }
    let header = try FaissFileReader.check(file.bytes, source: file.path)
    var read: OpaquePointer?
    try Self.check(
      file.path, semid_faiss_read(file.bytes.baseAddress, file.count, file.path, &read), kind: .malformed)
    guard let handle = read else {
      throw InputError(.malformed, file.path, expected: "a FAISS index", found: "nothing")
    }
    self.handle = handle
    metric = header.metric
    dimension = header.dimension
    count = header.count
  }

  /// Checks whether an index can be made by `factory`, without vectors.
  ///
  /// - Throws: `InputError` as `init` does, but for faults that only training shows.
  static func check(factory: String, _ metric: Metric, dimension: Int, count: Int) throws {
    semid_faiss_free(try empty(factory, metric, dimension: dimension, count: count))
  }

  private static func empty(
    _ factory: String, _ metric: Metric, dimension: Int, count: Int
  ) throws -> OpaquePointer {
    let source = "FAISS factory \"\(factory)\""
    guard let width = Int32(exactly: dimension), (1...1 << 20).contains(width) else {
      throw InputError(.usage, source, expected: "a dimension from 1 to \(1 << 20)", found: "\(dimension)")
    }
    let parsed = try FaissFactory(factory)
    guard parsed.lists <= max(count, 1) else {
      throw InputError(
        .usage, source, expected: "at most \(count) inverted lists, one a vector", found: "\(parsed.lists)")
    }
    var made: OpaquePointer?
    try check(source, semid_faiss_create(width, factory, metric.rawValue, &made))
    guard let made else { throw InputError(.usage, source, found: "no index") }
    // Some of FAISS's indexes have a metric of their own, whatever metric the caller gives.
    guard semid_faiss_metric(made) == metric.rawValue else {
      semid_faiss_free(made)
      throw InputError(
        .usage, source, expected: "an index of the metric \(metric == .l2 ? "l2" : "inner product, as for cosine")",
        found: "one that FAISS \(version) makes for another only")
    }
    return made
  }

  deinit { semid_faiss_free(handle) }

  /// Writes the index to a file that FAISS reads in any language.
  package func write(to path: String) throws {
    try Self.check(path, semid_faiss_write(handle, path), kind: .cannotCreate)
  }

  /// The k nearest of each query by the index's own search.
  ///
  /// - Parameter probes: lists visited, for an inverted-file index; nil leaves the index's own setting.
  package func search(_ queries: Matrix, k: Int, probes: Int? = nil) throws -> Neighbors {
    try checkWidth(queries.columns)
    let k = max(0, min(k, count))
    return try Self.neighbors(of: queries, k: k) { values, distances, labels in
      semid_faiss_search(
        self.handle, Int64(queries.rows), values, Int64(k), Int64(probes ?? 0), distances, labels)
    }
  }

  /// The vector held for `label`: exact, or an approximation where the index compresses.
  package func reconstruct(_ label: Int) throws -> [Float] {
    var vector = [Float](repeating: 0, count: dimension)
    try Self.check("FAISS index, vector \(label)", semid_faiss_reconstruct(handle, Int64(label), &vector))
    return vector
  }

  /// Writes the distances, in the index's metric, of `query` to the vectors with the given labels.
  func distances(
    _ query: UnsafePointer<Float>, _ labels: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Float>
  ) throws {
    try Self.check("FAISS index", semid_faiss_distances(handle, query, labels, count, out))
  }

  /// FAISS's exact search on rows of floats in place.
  static func searchRows(
    _ rows: UnsafePointer<Float>, count: Int, metric: Metric, _ queries: Matrix, k: Int
  ) throws -> Neighbors {
    try neighbors(of: queries, k: k) { values, distances, labels in
      semid_faiss_search_rows(
        rows, Int64(count), Int32(queries.columns), metric.rawValue, Int64(queries.rows), values, Int64(k), distances,
        labels)
    }
  }

  private static func neighbors(
    of queries: Matrix, k: Int,
    _ search: (UnsafePointer<Float>?, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Int64>) ->
      UnsafeMutablePointer<CChar>?
  ) throws -> Neighbors {
    var distances = [Float](repeating: .infinity, count: queries.rows * k)
    var labels = [Int64](repeating: -1, count: queries.rows * k)
    guard queries.rows > 0, k > 0 else { return Neighbors(k: k, labels: labels, distances: distances) }
    try queries.withUnsafeBufferPointer { values in
      try check("FAISS search", search(values.baseAddress, &distances, &labels))
    }
    return Neighbors(k: k, labels: labels, distances: distances)
  }

  private func checkWidth(_ columns: Int) throws {
    guard columns == dimension else {
      throw InputError(.mismatch, "queries", expected: "vectors of length \(dimension)", found: "\(columns)")
    }
  }

  private static func check(
    _ source: String, _ message: UnsafeMutablePointer<CChar>?, kind: InputError.Kind = .usage
  ) throws {
    guard let message else { return }
    defer { semid_faiss_free_message(message) }
    throw InputError(kind, source, found: String(cString: message))
  }
}
