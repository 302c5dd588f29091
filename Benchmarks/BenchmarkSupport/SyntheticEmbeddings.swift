public import Vectors

/// Vectors with the traits of item embeddings that matter to k-means and to search: many clusters of unequal weight, a
/// spectrum that decays, and a little noise in every dimension. The same on every machine and for any number of threads.
public struct SyntheticEmbeddings {
  public var clusters = 512
  /// Dimensions of the subspace that the clusters live in.
  public var latent = 32
  /// The standard deviation inside a cluster, beside 1 for the first latent dimension between clusters.
  public var spread: Float = 0.45
  public var noise: Float = 0.05
  public var seed: UInt64 = 1

  public init() {}

  /// `count` vectors of `dimension`, drawn from the rows that start at `first`: other rows, of the same clusters.
  public func vectors(_ count: Int, dimension: Int, first: Int = 0, pool: ThreadPool = ThreadPool()) -> Matrix {
    let spectrum = (0..<latent).map { 1 / Float($0 + 1).squareRoot() }
    let basis = normals(latent * dimension, stream: 0).map { $0 / Float(dimension).squareRoot() }
    let centers = normals(clusters * latent, stream: 1)
    return Matrix(rows: count, columns: dimension) { target in
      guard let base = target.baseAddress else { return }
      let piece = 256
      pool.run(over: count, inPiecesOf: piece) { range in
        var points = [Float](repeating: 0, count: range.count * latent)
        for (index, row) in range.enumerated() {
          var random = CounterRandom(seed: seed, stream: UInt64(2 + first + row))
          // The square makes low-numbered clusters heavier: the tenth part of them holds a third of the rows.
          let share = random.uniform()
          let cluster = Int(share * share * Double(clusters))
          for column in 0..<latent {
            let offset = Float(random.normals().0) * spread
            points[index * latent + column] = spectrum[column] * (centers[cluster * latent + column] + offset)
          }
          for column in 0..<dimension { base[row * dimension + column] = noise * Float(random.uniform() - 0.5) }
        }
        BLAS.gemm(
          m: range.count, n: dimension, k: latent, points, lda: latent, basis, ldb: dimension, beta: 1,
          base + range.lowerBound * dimension, ldc: dimension)
      }
    }
  }

  private func normals(_ count: Int, stream: UInt64) -> [Float] {
    var random = CounterRandom(seed: seed, stream: .max - stream)
    return (0..<count).map { _ in Float(random.normals().0) }
  }
}
