import CKernels
import Vectors

/// Chooses the first centroids.
struct Seeding {
  let vectors: WorkingVectors
  let clusters: Int
  let options: KMeansOptions
  let pool: ThreadPool
  private var random: CounterRandom

  /// - Parameter stream: separates levels and restarts of one seed.
  init(_ vectors: WorkingVectors, clusters: Int, options: KMeansOptions, stream: UInt64, pool: ThreadPool) {
    self.vectors = vectors
    self.clusters = clusters
    self.options = options
    self.pool = pool
    random = CounterRandom(seed: options.seed, stream: stream)
  }

  /// K×d, K ≤ N: rows of the vectors, drawn in towards the mean of all; with `Start.automatic`, whatever a trial of these
  /// and of others shows to be best.
  mutating func centroids() -> Matrix {
    if options.start == .automatic, vectors.dimension == 1, clusters <= LineStart.mostClusters {
      return LineStart(vectors, clusters: clusters).centroids(clusters)
    }
    let rows = rows()
    let drawnIn = drawnIn(rows)
    guard options.start == .automatic, clusters > 1 else { return drawnIn }
    var trial = StartTrial(vectors, clusters: clusters, random: random, pool: pool)
    return trial.best(of: drawnIn, or: options.seedReach < 1 ? rows : nil)
  }

  private func drawnIn(_ rows: Matrix) -> Matrix {
    guard options.seedReach < 1 else { return rows }
    let mean = vectors.mean(pool)
    return Matrix(rows: rows.rows, columns: rows.columns) { target in
      rows.withUnsafeBufferPointer { rows in
        for index in rows.indices {
          let center = mean[index % mean.count]
          target[index] = Float(center + options.seedReach * (Double(rows[index]) - center))
        }
      }
    }
  }

  private mutating func rows() -> Matrix {
    switch options.start {
    case .random: return vectors.gathered(random.sample(clusters, below: vectors.count))
    case .kMeansPlusPlus:
      let sample = sampled(rowsPerCentroid: max(1, options.seedRowsPerCentroid / 8))
      return plusPlus(among: sample.gathered(0..<sample.count), weights: nil, count: clusters)
    case .kMeansParallel, .automatic: return parallel()
    }
  }

  /// k-means++ among `candidates`, O(M·count·d); each draws with its weight times its squared distance.
  private mutating func plusPlus(among candidates: Matrix, weights: [Double]?, count: Int) -> Matrix {
    let d = candidates.columns
    var chosen = [draw(weights ?? Array(repeating: 1, count: candidates.rows))]
    var distances = [Float](repeating: .infinity, count: candidates.rows)
    var fresh = [Float](repeating: 0, count: candidates.rows)
    candidates.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      while chosen.count < count {
        let last = base + chosen[chosen.count - 1] * d
        fresh.withUnsafeMutableBufferPointer { fresh in
          pool.run(over: candidates.rows, inPiecesOf: 1024) { piece in
            semid_l2_rows(
              last, base + piece.lowerBound * d, d, piece.count,
              fresh.baseAddress.unsafelyUnwrapped + piece.lowerBound)
          }
        }
        for row in distances.indices { distances[row] = min(distances[row], fresh[row]) }
        let chances = distances.indices.map { Double(distances[$0]) * (weights?[$0] ?? 1) }
        // All rows are chosen or equal to one that is: any row that is left will do.
        if let total = Optional(chances.reduce(0, +)), total > 0, total.isFinite {
          chosen.append(draw(chances))
        } else {
          let taken = Set(chosen)
          chosen += candidates.rows < count ? [0] : (0..<candidates.rows).lazy.filter { !taken.contains($0) }.prefix(1)
        }
      }
    }
    return candidates.gathered(chosen)
  }

  /// An index drawn in proportion to its chance.
  private mutating func draw(_ chances: [Double]) -> Int {
    var target = random.uniform() * chances.reduce(0, +)
    for (index, chance) in chances.enumerated() where chance > 0 {
      target -= chance
      if target < 0 { return index }
    }
    return chances.lastIndex { $0 > 0 } ?? 0
  }

  /// k-means‖ on the sample: five rounds, each drawing about K/2 rows in proportion to their squared distance.
  private mutating func parallel() -> Matrix {
    let sample = sampled(rowsPerCentroid: options.seedRowsPerCentroid)
    var drawn = [random.below(sample.count)]
    var nearest = [UInt32](repeating: 0, count: sample.count)
    var distances = [Float](repeating: .infinity, count: sample.count)
    var fresh = drawn
    for _ in 0..<5 {
      lower(&distances, &nearest, of: sample, by: fresh, numberedFrom: drawn.count - fresh.count)
      let total = distances.reduce(0.0) { $0 + Double($1) }
      guard total > 0 else { break }
      let factor = Double(clusters) / 2 / total
      fresh = distances.indices.filter { row in
        let chance = random.uniform()
        return chance < factor * Double(distances[row])
      }
      drawn += fresh
    }
    lower(&distances, &nearest, of: sample, by: fresh, numberedFrom: drawn.count - fresh.count)
    if drawn.count < clusters {
      // Fewer distinct rows than clusters were drawn: fill up with rows at random.
      let taken = Set(drawn)
      let rest = (0..<sample.count).filter { !taken.contains($0) }
      drawn += random.sample(clusters - drawn.count, below: rest.count).map { rest[$0] }
      return sample.gathered(drawn)
    }
    var weights = [Double](repeating: 0, count: drawn.count)
    for candidate in nearest { weights[Int(candidate)] += 1 }
    return plusPlus(among: sample.gathered(drawn), weights: weights, count: clusters)
  }

  /// The rows that seeds are drawn from, as vectors of their own unless they are all there are.
  private mutating func sampled(rowsPerCentroid: Int) -> WorkingVectors {
    let size = rowsPerCentroid * clusters
    guard size < vectors.count else { return vectors }
    return vectors.copied(random.sample(size, below: vectors.count), pool)
  }

  /// Brings every row's nearest candidate and squared distance up to date with new candidates.
  private func lower(
    _ distances: inout [Float], _ nearest: inout [UInt32], of sample: WorkingVectors, by rows: [Int],
    numberedFrom first: Int
  ) {
    guard !rows.isEmpty else { return }
    let candidates = sample.gathered(rows)
    let book = PackedCodebook(candidates)
    let d = sample.dimension
    var found = [UInt32](repeating: 0, count: sample.count)
    candidates.withUnsafeBufferPointer { values in
      found.withUnsafeMutableBufferPointer { found in
        distances.withUnsafeMutableBufferPointer { distances in
          nearest.withUnsafeMutableBufferPointer { nearest in
            guard let found = found.baseAddress, let base = values.baseAddress else { return }
            pool.run(over: sample.count, inPiecesOf: 512) { range in
              book.nearest(sample, range, found)
              for row in range {
                var distance: Float = 0
                semid_l2_rows(sample.row(row), base + Int(found[row]) * d, d, 1, &distance)
                if distance < distances[row] {
                  distances[row] = distance
                  nearest[row] = UInt32(first) + found[row]
                }
              }
            }
          }
        }
      }
    }
  }
}
