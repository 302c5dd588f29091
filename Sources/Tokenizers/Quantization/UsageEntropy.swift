import Clustering
import Vectors

/// The term ln K − H(p̄) of one level. p̄ is the mean over the batch of softmax(−d/τ), where d are a row's squared
/// distances from the codewords and τ is a constant. The term is zero where codes are used evenly, and has a gradient
/// by vectors and codewords.
///
/// τ is the level's mean squared error so far: the scale at which a code's own vectors spread.
final class UsageEntropy {
  private let codebook: TrainableCodebook
  private let sums: UnsafeMutablePointer<Double>
  private let shards: Int
  /// batch × dimension: the loss by the level's vectors.
  let gradient: UnsafeMutablePointer<Float>
  private let memory: FloatMemory
  /// ln p̄ + 1, by code.
  private var slope: [Float]
  private(set) var value = 0.0
  /// τ
  var temperature = 1.0

  init(_ codebook: TrainableCodebook, batch: Int) {
    self.codebook = codebook
    shards = Shard.most(batch)
    sums = .allocate(capacity: shards * codebook.size)
    memory = FloatMemory(batch * codebook.dimension)
    gradient = memory.start
    slope = Array(repeating: 0, count: codebook.size)
  }

  deinit { sums.deallocate() }

  /// Turns the shard's distances into shares, in place, and adds them up.
  func share(_ shard: Shard) {
    guard let distances = codebook.distances else { return }
    let size = codebook.size
    let target = sums + shard.index * size
    target.update(repeating: 0, count: size)
    let inverse = Float(-1 / max(temperature, 1e-20))
    for row in shard.rows {
      let shares = distances + row * size
      var least = Float.infinity
      for code in 0..<size { least = min(least, shares[code]) }
      mapLanes(shares, count: size) { _, _, distance in Lanes.exp((distance - least) * inverse) }
      var sum = 0.0
      for code in 0..<size { sum += Double(shares[code]) }
      let factor = Float(1 / sum)
      mapLanes(shares, count: size) { _, _, share in share * factor }
      for code in 0..<size { target[code] += Double(shares[code]) }
    }
  }

  /// The term and its slope, from the sums of all shards.
  func finish(shards count: Int, rows: Int) {
    let size = codebook.size
    value = Math.log(Double(size))
    for code in 0..<size {
      var sum = 0.0
      for shard in 0..<count { sum += sums[shard * size + code] }
      let mean = max(sum / Double(rows), 1e-30)
      value += mean * Math.log(mean)
      slope[code] = Float(Math.log(mean) + 1)
    }
  }

  /// Turns the shard's shares into the loss by its distances, in place, and writes the loss by its vectors.
  ///
  /// - Parameter weight: of the term in the loss.
  func backward(_ shard: Shard, rows: Int, weight: Double) {
    guard let shares = codebook.distances else { return }
    let size = codebook.size
    let factor = Float(-weight / (Double(rows) * max(temperature, 1e-20)))
    slope.withUnsafeBufferPointer { slope in
      guard let slope = slope.baseAddress else { return }
      for row in shard.rows {
        let entries = shares + row * size
        var mean = 0.0
        for code in 0..<size { mean += Double(entries[code]) * Double(slope[code]) }
        let offset = Float(mean)
        mapLanes(entries, count: size) { index, count, share in
          share * (lanes(slope + index, count) - offset) * factor
        }
      }
    }
    // Σₖ e = 0 in every row, so that of Σₖ e · 2 (r − cₖ) only the codewords remain.
    let d = codebook.dimension
    BLAS.gemm(
      m: shard.count, n: d, k: size, alpha: -2, shares + shard.rows.lowerBound * size, lda: size,
      codebook.codewords.values, ldb: d, gradient + shard.rows.lowerBound * d, ldc: d)
  }

  /// Adds the loss by the codewords of a range, Σ e · 2 (c − r), to their gradient.
  func addCodewordGradient(_ range: Range<Int>, rows: Int) {
    guard let entries = codebook.distances else { return }
    let (size, d) = (codebook.size, codebook.dimension)
    let first = range.lowerBound
    BLAS.gemm(
      .yes, .no, m: range.count, n: d, k: rows, alpha: -2, entries + first, lda: size, codebook.vectors.rows, ldb: d,
      beta: 1, codebook.codewords.gradient + first * d, ldc: d)
    for code in range {
      var sum = 0.0
      for row in 0..<rows { sum += Double(entries[row * size + code]) }
      let factor = Float(2 * sum)
      let codeword = codebook.codewords.values + code * d
      mapLanes(codebook.codewords.gradient + code * d, count: d) { index, count, gradient in
        gradient + lanes(codeword + index, count) * factor
      }
    }
  }
}
