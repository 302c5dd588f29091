import Clustering
import Vectors

/// Improves the codebooks of all levels together: encodes, solves for all codewords at once, and repeats.
///
/// Training level by level fits every codebook to what the codebooks before leave over, without regard to those after
/// it. Each round here takes the codes that the model gives, with its beam, and moves all codewords to the least
/// squared error for these codes. The model with the least error is kept, and the rounds end when the error no longer
/// falls. So the result is never worse than the start.
///
/// A model with a beam is refined by greedy codes first, as one without a beam would be, and then by its own codes. Its
/// codes are never worse than greedy ones, so it ends no worse than the model without a beam. Beam codes from the start
/// lead to codebooks that fit few rows: with few rows per code, they end worse.
struct Refinement {
  struct Result {
    var model: RQKMeans
    /// The codes that the model gives the rows.
    var codes: Codes
    var report: CodesReport
    /// The error of the start, after the greedy rounds where there are any, and after every later round that lowered it.
    var errors: [Double]
  }

  let rounds: Int
  let pool: ThreadPool
  let source: String

  /// - Parameters:
  ///   - rows: the rows on which the error is measured; of unit length for a cosine model.
  ///   - progress: called with each round's number, from 1 on, and the error so far.
  func refined(
    _ model: RQKMeans, on rows: Matrix, progress: (_ round: Int, _ error: Double) throws -> Void
  ) throws -> Result {
    let beam = model.options.beam
    var best = try measured(model, rows, beam)
    best.errors = [objective(best)]
    var done = 0
    if beam > 1, rounds > 0 {
      let greedy = try improved(try measured(model, rows, 1), on: rows, beam: 1, done: &done, progress)
      var start = try measured(greedy.model, rows, beam)
      let error = objective(start)
      if error < objective(best) {
        start.errors = best.errors + [error]
        best = start
      }
    }
    return try improved(best, on: rows, beam: beam, done: &done, progress)
  }

  /// Rounds with one beam, until they no longer help.
  private func improved(
    _ start: Result, on rows: Matrix, beam: Int, done: inout Int, _ progress: (Int, Double) throws -> Void
  ) throws -> Result {
    var best = start
    for _ in 0..<rounds {
      guard let next = try step(best, rows) else { break }
      var candidate = try measured(next, rows, beam)
      let (error, last) = (objective(candidate), objective(best))
      done += 1
      try progress(done, min(error, last))
      guard error < last else { break }
      candidate.errors = best.errors + [error]
      best = candidate
      if last - error < best.model.options.kMeans.tolerance * error { break }
    }
    return best
  }

  private func measured(_ model: RQKMeans, _ rows: Matrix, _ beam: Int) throws -> Result {
    let codes = try model.encode(rows, beam: beam, pool: pool, source: source)
    let report = CodesReport(rows, codes, model.codebooks, pool: pool)
    return Result(model: model, codes: codes, report: report, errors: [])
  }

  /// What encoding minimizes: the squared error plus the prices of the codewords.
  private func objective(_ result: Result) -> Double {
    var sum = result.report.errors.last ?? 0
    for (level, prices) in result.model.prices.enumerated() {
      for index in stride(from: level, to: result.codes.values.count, by: result.codes.levels) {
        sum += Double(prices[Int(result.codes.values[index])])
      }
    }
    return sum
  }

  private func step(_ current: Result, _ rows: Matrix) throws -> RQKMeans? {
    let membership = Membership(current.codes)
    let codebooks = current.model.codebooks
    let d = codebooks.dimension
    let sizes = codebooks.levelSizes
    let previous = Matrix(
      rows: membership.count, columns: d, values: Buffer(codebooks.levels.flatMap { $0.values.array }))
    let squares = JointLeastSquares(rows: rows, membership: membership, pool: pool)
    guard let solution = squares.solution(near: previous) else { return nil }
    var levels: [Matrix] = []
    var first = 0
    for size in sizes {
      levels.append(solution[rows: first..<first + size])
      first += size
    }
    let revived = Revival(rows: rows, membership: membership, errors: current.report.rowErrors).revived(levels)
    return try RQKMeans(
      codebooks: Codebooks(levels: revived), options: current.model.options, prices: current.model.prices)
  }
}
