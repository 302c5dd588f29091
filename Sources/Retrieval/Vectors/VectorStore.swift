import CKernels
import Vectors

/// The vectors of an index in ID order, as FAISS holds them, for reranking candidates.
enum VectorStore: Sendable {
  /// A Flat index, mapped: our kernels compute on FAISS's own layout in place.
  case flat(FlatVectorFile)
  /// Any other index, in memory.
  case faiss(FaissIndex)

  var isFlat: Bool { if case .flat = self { true } else { false } }

  /// The vector at `position`, as it is stored: of length 1 under cosine, approximate where the index compresses.
  func vector(at position: Int) throws -> [Float] {
    switch self {
    case .flat(let file): file.vector(at: position)
    case .faiss(let index): try index.reconstruct(position)
    }
  }

  /// Writes the distances, in `metric`'s unit, of `query` to the vectors at `positions`.
  func distances(
    _ metric: Metric, _ query: UnsafePointer<Float>, _ positions: UnsafePointer<UInt32>, count: Int,
    into out: UnsafeMutablePointer<Float>
  ) throws {
    switch self {
    case .flat(let file):
      guard let rows = file.rows else { return }
      switch metric {
      case .l2: semid_l2_gather(query, rows, file.dimension, positions, count, out)
      case .cosine:
        // For unit vectors 1 − cos = ½‖q − x‖². This form has no cancellation: the distance of a vector to itself is 0.
        semid_l2_gather(query, rows, file.dimension, positions, count, out)
        for index in 0..<count { out[index] *= 0.5 }
      case .innerProduct:
        semid_dot_gather(query, rows, file.dimension, positions, count, out)
        for index in 0..<count { out[index] = -out[index] }
      }
      withExtendedLifetime(file) {}
    case .faiss(let index):
      try index.distances(query, positions, count: count, into: out)
      switch metric {
      case .l2: break
      case .cosine: for index in 0..<count { out[index] = 1 - out[index] }
      case .innerProduct: for index in 0..<count { out[index] = -out[index] }
      }
    }
  }

  /// FAISS's own search: exact on Flat storage.
  ///
  /// - Returns: positions, −1 where there are fewer than k, and distances in FAISS's unit.
  func search(_ queries: Matrix, k: Int) throws -> FaissIndex.Neighbors {
    switch self {
    case .flat(let file):
      guard let rows = file.rows else {
        return FaissIndex.Neighbors(k: k, labels: [], distances: [])
      }
      defer { withExtendedLifetime(file) {} }
      return try FaissIndex.searchRows(rows, count: file.count, metric: file.metric, queries, k: k)
    case .faiss(let index):
      return try index.search(queries, k: k)
    }
  }
}

extension Metric {
  /// The metric of the FAISS index that stores the vectors: cosine is the inner product of unit vectors.
  var faiss: FaissIndex.Metric { self == .l2 ? .l2 : .innerProduct }
}
