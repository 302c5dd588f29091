import CKernels
import Clustering
import Vectors

/// One level's codebook under training, with the vectors of the batch that it quantizes.
///
/// Its buffers hold one batch; shards work on their own rows of them.
final class TrainableCodebook {
  let size: Int
  let dimension: Int
  let codewords: Parameter
  /// batch × dimension: what the levels before leave over, the vectors to quantize.
  let vectors: WorkingVectors
  /// The codes of the batch.
  let codes: UnsafeMutablePointer<UInt32>
  /// The number of vectors per code and batch, averaged over steps by `decay`; and, for EMA, the sums of those vectors.
  let averageCounts: UnsafeMutablePointer<Float>
  let averageSums: UnsafeMutablePointer<Float>?
  /// batch × size, where batches are looked at as a whole (Sinkhorn, usage entropy).
  let distances: UnsafeMutablePointer<Float>?

  private let options: QuantizerOptions
  private let memory: FloatMemory
  private let batch: Int
  private var book: PackedCodebook

  /// Codewords per task, in passes over all of them.
  private static let tile = 4096

  init(size: Int, dimension: Int, options: QuantizerOptions, batch: Int, needsDistances: Bool) {
    self.size = size
    self.dimension = dimension
    self.options = options
    self.batch = batch
    codewords = Parameter(rows: size, columns: dimension, decays: false)
    vectors = WorkingVectors(count: batch, dimension: dimension)
    codes = .allocate(capacity: batch)
    codes.initialize(repeating: 0, count: batch)
    let counts = (size + 15) / 16 * 16
    let sums = options.learning == .ema ? (size * dimension + 15) / 16 * 16 : 0
    memory = FloatMemory(counts + sums + (needsDistances ? batch * size : 0))
    averageCounts = memory.start
    averageSums = options.learning == .ema ? memory.start + counts : nil
    distances = needsDistances ? memory.start + counts + sums : nil
    book = PackedCodebook(codewords.matrix)
  }

  deinit { codes.deallocate() }

  /// The number of vectors per batch that a code gets where all are used equally.
  var evenShare: Float { Float(batch) / Float(size) }

  /// Starts from given codewords, each as if it had been used equally.
  func start(from matrix: Matrix) {
    codewords.set(matrix)
    codewords.first.update(repeating: 0, count: codewords.count)
    codewords.second.update(repeating: 0, count: codewords.count)
    averageCounts.update(repeating: evenShare, count: size)
    if let averageSums {
      mapLanes(averageSums, count: size * dimension) { index, count, _ in
        lanes(codewords.values + index, count) * evenShare
      }
    }
  }

  /// Makes the codewords as they are now the ones that `assign` compares with.
  func refresh() {
    let floats = Buffer<Float>(
      unsafe: UnsafeRawPointer(codewords.values), count: size * dimension, keeping: UncheckedSendable(codewords))
    book = PackedCodebook(Matrix(rows: size, columns: dimension, values: floats))
  }

  /// The nearest codewords of the shard's vectors.
  func assign(_ shard: Shard) {
    vectors.round(shard.rows)
    book.nearest(vectors, shard.rows, codes)
  }

  /// The squared distances of the shard's vectors from all codewords.
  func measure(_ shard: Shard) {
    guard let distances else { return }
    let target = distances + shard.rows.lowerBound * size
    BLAS.gemm(
      .no, .yes, m: shard.count, n: size, k: dimension, alpha: -2, vectors.row(shard.rows.lowerBound), lda: dimension,
      codewords.values, ldb: dimension, target, ldc: size)
    var squares = [Float](repeating: 0, count: size)
    for code in 0..<size {
      squares[code] = Float(sumOfSquares(codewords.values + code * dimension, count: dimension))
    }
    squares.withUnsafeBufferPointer { squares in
      guard let squares = squares.baseAddress else { return }
      for row in 0..<shard.count {
        let own = Float(sumOfSquares(vectors.row(shard.rows.lowerBound + row), count: dimension))
        mapLanes(target + row * size, count: size) { index, count, product in
          let distance = product + lanes(squares + index, count) + own
          return distance.replacing(with: 0, where: distance .< 0)
        }
      }
    }
  }

  /// Writes to `next` what each vector of the shard leaves over after its codeword, and adds the codeword to `sum`.
  ///
  /// - Returns: Σ|r − c|².
  func subtract(
    _ shard: Shard, to next: UnsafeMutablePointer<Float>, addingTo sum: UnsafeMutablePointer<Float>
  ) -> Double {
    for row in shard.rows {
      let codeword = codewords.values + Int(codes[row]) * dimension
      let source = vectors.row(row)
      let target = next + row * dimension
      let total = sum + row * dimension
      mapLanes(total, count: dimension) { index, count, value in
        let c = lanes(codeword + index, count)
        let rest = lanes(source + index, count) - c
        count == Lanes.width ? rest.store(to: target + index) : rest.store(to: target + index, count: count)
        return value + c
      }
    }
    return sumOfSquares(next + shard.rows.lowerBound * dimension, count: shard.count * dimension)
  }

  // MARK: Learning

  /// Ranges of codewords for tasks.
  var tiles: [Range<Int>] {
    stride(from: 0, to: size, by: Self.tile).map { $0..<min(size, $0 + Self.tile) }
  }

  /// Adds `factor` · (c − r) to the gradient of every codeword c for every vector r that has its code: the gradient of
  /// ½ · factor · Σ|c − r|². Rows come in order.
  ///
  /// - Parameter rest: batch × dimension, r − c.
  func addGradient(_ range: Range<Int>, rows: Int, rest: UnsafePointer<Float>, factor: Float) {
    for row in 0..<rows where range.contains(Int(codes[row])) {
      let source = rest + row * dimension
      mapLanes(codewords.gradient + Int(codes[row]) * dimension, count: dimension) { index, count, gradient in
        gradient - lanes(source + index, count) * factor
      }
    }
  }

  /// Brings the averages of a range of codes up to date with the batch; with EMA, moves their codewords to the means.
  func average(_ range: Range<Int>, rows: Int) {
    let decay = Float(options.emaDecay)
    let gain = 1 - decay
    let counts = averageCounts
    mapLanes(counts + range.lowerBound, count: range.count) { _, _, count in count * decay }
    if let averageSums {
      mapLanes(averageSums + range.lowerBound * dimension, count: range.count * dimension) { _, _, sum in sum * decay }
    }
    for row in 0..<rows where range.contains(Int(codes[row])) {
      let code = Int(codes[row])
      counts[code] += gain
      guard let averageSums else { continue }
      let source = vectors.row(row)
      mapLanes(averageSums + code * dimension, count: dimension) { index, count, sum in
        sum + lanes(source + index, count) * gain
      }
    }
    guard let averageSums else { return }
    // A code that has not been used for long keeps its place: nothing is left to average.
    for code in range where counts[code] > 1e-6 * evenShare {
      let inverse = 1 / counts[code]
      let sum = averageSums + code * dimension
      mapLanes(codewords.values + code * dimension, count: dimension) { index, count, _ in
        lanes(sum + index, count) * inverse
      }
    }
  }

  /// Moves codewords whose average use has fallen below the share of the mean use to vectors of the batch, drawn at
  /// random. So codewords gather where there are many vectors.
  ///
  /// - Returns: how many moved.
  func revive(rows: Int, random: inout CounterRandom) -> Int {
    let least = Float(options.revivalShare) * evenShare
    guard least > 0 else { return 0 }
    let dead = (0..<size).filter { averageCounts[$0] < least }.prefix(rows)
    guard !dead.isEmpty else { return 0 }
    for (code, row) in zip(dead, random.sample(dead.count, below: rows)) {
      let target = code * dimension
      (codewords.values + target).update(from: vectors.row(row), count: dimension)
      (codewords.first + target).update(repeating: 0, count: dimension)
      (codewords.second + target).update(repeating: 0, count: dimension)
      averageCounts[code] = evenShare
      guard let averageSums else { continue }
      mapLanes(averageSums + target, count: dimension) { index, count, _ in
        lanes(codewords.values + target + index, count) * evenShare
      }
    }
    return dead.count
  }
}

/// Carries a reference into a task that the compiler cannot check: nothing else writes meanwhile.
struct UncheckedSendable<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
