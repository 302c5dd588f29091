import CKernels
import Dispatch
public import Vectors

extension RQKMeans {
  /// Learns L codebooks: k-means on the vectors, then on what each level leaves over.
  ///
  /// Memory beside the input: 6d + 4·K/16 + 20 bytes a training row. Same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - vectors: N×d, finite, N at least the largest codebook.
  ///   - progress: called after every round, on the caller's thread; what it throws ends the training.
  /// - Throws: `InputError` when there are fewer rows than codes, or when an option cannot be.
  public static func train(
    _ vectors: Matrix, options: RQKMeansOptions = RQKMeansOptions(), pool: ThreadPool = ThreadPool(),
    source: String = "vectors", progress: (TrainingProgress) throws -> Void = { _ in }
  ) throws -> (model: RQKMeans, report: TrainingReport) {
    try options.validate()
    let start = DispatchTime.now()
    let needed = options.levelSizes.max() ?? 0
    guard vectors.columns > 0, vectors.rows >= needed else {
      throw InputError(
        .mismatch, source, expected: "at least \(needed) rows for codebooks of \(needed)",
        found: "\(vectors.rows) × \(vectors.columns)",
        remedy: "lower the codebook size or bring more vectors")
    }
    let trainer = Trainer(options: options, pool: pool)
    let working = try trainer.workingCopy(vectors, source: source)
    let mean = trainer.center(working)
    let variance = max(trainer.squaredNorm(working), .leastNonzeroMagnitude)

    var codebooks: [Matrix] = []
    var prices: [[Float]] = []
    var report = TrainingReport(levels: [], rows: working.count, dimension: working.dimension, seconds: 0)
    for (level, size) in options.levelSizes.enumerated() {
      trainer.prepare(working, level: level)
      func tell(_ restart: Int, _ round: Int, _ error: Double) throws {
        try progress(
          TrainingProgress(
            level: level, levels: options.levelSizes.count, restart: restart, round: round,
            rounds: options.kMeans.iterations, relativeError: error / variance))
      }
      let result: KMeans.Result
      if options.balance == .none {
        result = try KMeans(options: options.kMeans, pool: pool).run(
          working, clusters: size, stream: UInt64(level), progress: tell)
      } else {
        let balanced = try BalancedKMeans(options: options.kMeans, pool: pool).run(
          working, clusters: size, stream: UInt64(level), progress: tell)
        result = balanced.result
        prices.append(balanced.prices)
      }
      trainer.subtract(result.centroids, result.assignment, from: working)
      let first = level == 0 && !options.normalizesResiduals
      codebooks.append(first ? trainer.shifted(result.centroids, by: mean) : result.centroids)
      report.levels.append(
        .init(
          level: level, size: size, rounds: result.history.count - 1, error: result.error / Double(working.count),
          relativeError: result.error / variance, usage: result.assignment, repaired: result.repaired))
    }
    report.seconds = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
    let model = try RQKMeans(codebooks: Codebooks(levels: codebooks), options: options, prices: prices)
    return (model, report)
  }
}

extension TrainingReport.Level {
  fileprivate init(
    level: Int, size: Int, rounds: Int, error: Double, relativeError: Double, usage assignment: [UInt32], repaired: Int
  ) {
    var counts = [Int](repeating: 0, count: size)
    for code in assignment { counts[Int(code)] += 1 }
    let usage = CodeUsage(counts: counts)
    self.init(
      level: level, size: size, rounds: rounds, error: error, relativeError: relativeError, used: usage.used,
      perplexity: usage.perplexity, repaired: repaired)
  }
}

/// The steps of training on one working copy.
private struct Trainer {
  let options: RQKMeansOptions
  let pool: ThreadPool
  /// Rows a task takes.
  let piece = 512

  /// The training rows as floats that may be changed, scaled to unit length where the metric asks for it.
  func workingCopy(_ vectors: Matrix, source: String) throws -> WorkingVectors {
    var sample: [Int]?
    if let size = options.sampleSize, size < vectors.rows {
      var random = CounterRandom(seed: options.kMeans.seed, stream: .max)
      sample = random.sample(size, below: vectors.rows)
    }
    let d = vectors.columns
    let working = WorkingVectors(count: sample?.count ?? vectors.rows, dimension: d)
    vectors.withUnsafeBufferPointer { source in
      pool.run(over: working.count, inPiecesOf: piece) { range in
        for row in range {
          working.row(row).update(from: source.baseAddress.unsafelyUnwrapped + (sample?[row] ?? row) * d, count: d)
        }
        if options.metric == .cosine { working.normalize(range) }
      }
    }
    if let row = working.firstNonFiniteRow(pool) {
      throw InputError(
        .malformed, source, at: "row \(sample?[row] ?? row)", expected: "finite values", found: "NaN or infinity")
    }
    return working
  }

  /// Moves the origin to the mean of the rows; distances between them stay, roundings become finer.
  ///
  /// Not where residuals are scaled to unit length: that depends on the origin.
  func center(_ working: WorkingVectors) -> [Float] {
    let d = working.dimension
    let pieces = (working.count + piece - 1) / piece
    var partial = [Double](repeating: 0, count: pieces * d)
    partial.withUnsafeMutableBufferPointer { partial in
      pool.run(over: working.count, inPiecesOf: piece) { range in
        guard let sum = partial.baseAddress.map({ $0 + range.lowerBound / piece * d }) else { return }
        for row in range { semid_accumulate(sum, working.row(row), d, 1) }
      }
    }
    var mean = [Double](repeating: 0, count: d)
    for index in partial.indices { mean[index % d] += partial[index] }
    let values = mean.map { Float($0 / Double(working.count)) }
    guard !options.normalizesResiduals else { return values }
    pool.run(over: working.count, inPiecesOf: piece) { range in
      for row in range { _ = semid_subtract(working.row(row), values, d) }
    }
    return values
  }

  /// Σ|x|², or with residuals scaled to unit length the number of rows.
  func squaredNorm(_ working: WorkingVectors) -> Double {
    if options.normalizesResiduals { return Double(working.count) }
    return working.sumOfSquares(pool)
  }

  func prepare(_ working: WorkingVectors, level: Int) {
    pool.run(over: working.count, inPiecesOf: piece) { range in
      if options.normalizesResiduals { working.normalize(range) }
      working.round(range)
    }
  }

  func subtract(_ centroids: Matrix, _ assignment: [UInt32], from working: WorkingVectors) {
    centroids.withUnsafeBufferPointer { centroids in
      pool.run(over: working.count, inPiecesOf: piece) { range in
        guard let base = centroids.baseAddress else { return }
        for row in range {
          _ = semid_subtract(working.row(row), base + Int(assignment[row]) * working.dimension, working.dimension)
        }
      }
    }
  }

  func shifted(_ centroids: Matrix, by mean: [Float]) -> Matrix {
    Matrix(rows: centroids.rows, columns: centroids.columns) { target in
      centroids.withUnsafeBufferPointer { source in
        for index in source.indices { target[index] = source[index] + mean[index % mean.count] }
      }
    }
  }
}
