import CKernels
public import Clustering
import Dispatch
import Formats
public import Vectors

extension RQKMeans {
  /// Learns L codebooks: k-means on the vectors, then on what each level leaves over.
  ///
  /// Memory besides the input: 6d + 4·K/16 + 20 bytes per training row. Same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - vectors: N×d, finite, N at least the largest codebook.
  ///   - progress: called after every round, on the caller's thread; an error that it throws ends the training.
  ///   - warn: called before training when a few rows make up most of the variance.
  /// - Throws: `InputError` when there are fewer rows than codes, when an option is out of range, when a row is not
  ///   finite or, under metric cosine, zero, and when values are too large or too small to square.
  public static func train(
    _ vectors: Matrix, options: RQKMeansOptions = RQKMeansOptions(), pool: ThreadPool = ThreadPool(),
    source: String = "vectors", progress: (TrainingProgress) throws -> Void = { _ in },
    warn: (DominantRows) -> Void = { _ in }
  ) throws -> (model: RQKMeans, report: TrainingReport) {
    let start = DispatchTime.now()
    try options.check(vectors, pool: pool, source: source)
    let trainer = Trainer(options: options, pool: pool, rows: vectors.rows)
    let working = try trainer.workingCopy(vectors, source: source)
    let scale = VectorScale(
      rows: working.count, columns: working.dimension, pool: pool, row: { UnsafePointer(working.row($0)) },
      name: { trainer.name($0) })
    try scale.check(vectors, source: source)
    if let dominant = scale.dominant { warn(dominant) }
    // Residuals of unit length depend on where the origin is: it stays.
    let origin = options.normalizesResiduals ? nil : Origin(of: working, at: scale)
    origin?.subtract(from: working, pool: pool)
    let variance = max(
      options.normalizesResiduals ? Double(working.count) : scale.variance, .leastNonzeroMagnitude)

    var codebooks: [Matrix] = []
    var prices: [[Float]] = []
    var lastProgress: TrainingProgress?
    var subspaces: Subspaces?
    var report = TrainingReport(levels: [], rows: working.count, dimension: working.dimension, seconds: 0)
    for (level, size) in options.levelSizes.enumerated() {
      trainer.prepare(working, level: level)
      let subspace = level - (options.levelSizes.count - options.subspaceLevels)
      if subspace == 0 { subspaces = Subspaces(working, count: options.subspaceLevels, pool: pool) }
      let projected = subspaces?.projected(working, onto: subspace, pool)
      // The part outside the level's subspace stays as it is.
      let rest = projected.map { trainer.squaredNorm(working) - trainer.squaredNorm($0) } ?? 0
      func tell(_ restart: Int, _ round: Int, _ error: Double) throws {
        let now = TrainingProgress(
          level: level, levels: options.levelSizes.count, restart: restart, round: round,
          rounds: options.kMeans.iterations, relativeError: (error + rest) / variance)
        lastProgress = now
        try progress(now)
      }
      var result: KMeans.Result
      if options.balance == .none {
        result = try KMeans(options: options.kMeans, pool: pool).run(
          projected ?? working, clusters: size, stream: UInt64(level), progress: tell)
      } else {
        let balanced = try BalancedKMeans(options: options.kMeans, pool: pool).run(
          projected ?? working, clusters: size, stream: UInt64(level), progress: tell)
        result = balanced.result
        prices.append(balanced.prices)
      }
      if let subspaces { result.centroids = subspaces.expanded(result.centroids, of: subspace) }
      let error = trainer.subtract(result.centroids, result.assignment, from: working)
      codebooks.append(level == 0 ? origin?.added(to: result.centroids) ?? result.centroids : result.centroids)
      report.levels.append(
        .init(
          level: level, size: size, rounds: result.history.count - 1,
          squaredErrorPerItem: error / Double(working.count),
          relativeError: error / variance, usage: result.assignment, repaired: result.repaired))
    }
    var model = try RQKMeans(codebooks: Codebooks(levels: codebooks), options: options, prices: prices)
    if options.refinement > 0 || options.beam > 1 {
      // The final codes are not those of the levels' own training: encode anew, refine, and report.
      let result = try Refinement(rounds: options.refinement, pool: pool, source: source)
        .refined(model, on: trainer.trainingRows(vectors)) { round, error in
          guard var last = lastProgress else { return }
          last.refinement = round
          last.relativeError = error / variance
          try progress(last)
        }
      model = result.model
      report.take(result, variance: variance)
    }
    report.seconds = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
    return (model, report)
  }
}

extension RQKMeansOptions {
  /// - Throws: `InputError` naming the parameter that is out of range, when there are fewer rows than codes, or when a row
  ///   is zero under metric cosine.
  package func check(_ vectors: Matrix, pool: ThreadPool, source: String) throws {
    try validate()
    let needed = levelSizes.max() ?? 0
    guard vectors.columns > 0, vectors.rows >= needed else {
      throw InputError(
        .mismatch, source, expected: "at least \(needed) rows for codebooks of \(needed)",
        found: "\(vectors.rows) × \(vectors.columns)",
        remedy: "lower the codebook size or bring more vectors")
    }
    guard subspaceLevels <= vectors.columns else {
      throw InputError(
        .mismatch, source, expected: "at least a dimension for each of \(subspaceLevels) subspaces",
        found: "\(vectors.columns)")
    }
    if metric == .cosine { try vectors.checkDirections(source: source, pool: pool) }
  }
}

extension TrainingReport.Level {
  fileprivate init(
    level: Int, size: Int, rounds: Int, squaredErrorPerItem: Double, relativeError: Double,
    usage assignment: [UInt32], repaired: Int
  ) {
    var counts = [Int](repeating: 0, count: size)
    for code in assignment { counts[Int(code)] += 1 }
    let usage = CodeUsage(counts: counts)
    self.init(
      level: level, size: size, rounds: rounds, squaredErrorPerItem: squaredErrorPerItem,
      relativeError: relativeError, used: usage.used, perplexity: usage.perplexity, repaired: repaired)
  }
}

extension TrainingReport {
  /// Replaces the measurements of the levels' own training by those of the final codes.
  fileprivate mutating func take(_ result: Refinement.Result, variance: Double) {
    for level in levels.indices {
      levels[level].squaredErrorPerItem = result.report.errors[level] / Double(rows)
      levels[level].relativeError = result.report.errors[level] / variance
      levels[level].used = result.report.usage[level].used
      levels[level].perplexity = result.report.usage[level].perplexity
    }
    refinement = result.errors.count > 1 ? result.errors.map { $0 / variance } : []
  }
}

/// The steps of training on one working copy.
private struct Trainer {
  let options: RQKMeansOptions
  let pool: ThreadPool
  /// Rows a task takes.
  let piece = 512

  /// The rows that training looks at; nil: all.
  private let sample: [Int]?

  init(options: RQKMeansOptions, pool: ThreadPool, rows: Int) {
    self.options = options
    self.pool = pool
    let size = options.rowLimit
    var random = CounterRandom(seed: options.kMeans.seed, stream: .max)
    sample = size < rows ? random.sample(size, below: rows) : nil
  }

  /// The number, among the vectors, of a row that training looks at.
  func name(_ row: Int) -> Int { sample?[row] ?? row }

  /// The training rows once more, as they are quantized.
  func trainingRows(_ vectors: Matrix) -> Matrix {
    let rows = sample.map { vectors.gathered($0) } ?? vectors
    guard options.metric == .cosine else { return rows }
    let scaled = WorkingVectors(count: rows.rows, dimension: rows.columns)
    return Matrix(rows: rows.rows, columns: rows.columns) { target in
      rows.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        pool.run(over: rows.rows, inPiecesOf: piece) { range in
          scaled.row(range.lowerBound).update(
            from: source + range.lowerBound * rows.columns, count: range.count * rows.columns)
          scaled.normalize(range)
          target.advanced(by: range.lowerBound * rows.columns).update(
            from: scaled.row(range.lowerBound), count: range.count * rows.columns)
        }
      }
    }
  }

  /// The training rows as floats that may be changed, scaled to unit length where the metric asks for it.
  func workingCopy(_ vectors: Matrix, source: String) throws -> WorkingVectors {
    let d = vectors.columns
    let working = WorkingVectors(count: sample?.count ?? vectors.rows, dimension: d)
    vectors.withUnsafeBufferPointer { source in
      pool.run(over: working.count, inPiecesOf: piece) { range in
        for row in range {
          working.row(row).update(from: source.baseAddress.unsafelyUnwrapped + (sample?[row] ?? row) * d, count: d)
        }
      }
    }
    if let row = working.firstNonFiniteRow(pool) {
      throw InputError(
        .malformed, source, at: "row \(name(row))", expected: "finite values", found: "NaN or infinity",
        remedy: "drop or repair that row")
    }
    guard options.metric == .cosine else { return working }
    pool.run(over: working.count, inPiecesOf: piece) { working.normalize($0) }
    return working
  }

  /// Σ|x|².
  func squaredNorm(_ working: WorkingVectors) -> Double { working.sumOfSquares(pool) }

  func prepare(_ working: WorkingVectors, level: Int) {
    pool.run(over: working.count, inPiecesOf: piece) { range in
      if options.normalizesResiduals { working.normalize(range) }
      working.round(range)
    }
  }

  /// - Returns: Σ|r|² of what is left, added up row by row: where lengths differ by much, no sum of squares of the rows
  ///   themselves would have the digits.
  func subtract(_ centroids: Matrix, _ assignment: [UInt32], from working: WorkingVectors) -> Double {
    var partial = [Double](repeating: 0, count: (working.count + piece - 1) / piece)
    partial.withUnsafeMutableBufferPointer { partial in
      centroids.withUnsafeBufferPointer { centroids in
        pool.run(over: working.count, inPiecesOf: piece) { range in
          guard let base = centroids.baseAddress else { return }
          var sum = 0.0
          for row in range {
            sum += Double(
              semid_subtract(working.row(row), base + Int(assignment[row]) * working.dimension, working.dimension))
          }
          partial[range.lowerBound / piece] = sum
        }
      }
    }
    return partial.reduce(0, +)
  }
}
