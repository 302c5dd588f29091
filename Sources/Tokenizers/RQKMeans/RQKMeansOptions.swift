public import Clustering
public import Vectors

/// The parameters of residual k-means.
public struct RQKMeansOptions: Hashable, Sendable, Codable {
  /// The codebook size of every level, first to last; each in 1...65,536.
  public var levelSizes = [256, 256, 256]
  /// `l2`, or `cosine`, which scales vectors to unit length first and then treats them as `l2`.
  public var metric = Metric.l2
  /// Whether each residual is scaled to unit length before its level (the FAISS tutorial's variant). The codes of such
  /// a model tell directions only, so `decode` throws.
  public var normalizesResiduals = false
  /// How many rows training uses, drawn evenly. nil: 1,024 per code of the largest codebook and at least 262,144,
  /// beyond which codewords hardly move; all rows where codes are balanced, since balance is of all rows.
  public var sampleSize: Int?
  /// The most rows that training uses.
  package var rowLimit: Int {
    sampleSize ?? (balance == .none ? max(1 << 18, 1024 * (levelSizes.max() ?? 0)) : .max)
  }
  /// Whether, and how, codes are used evenly.
  public var balance = Balance.none
  /// The k-means that trains each level.
  public var kMeans = KMeansOptions()
  /// How many partial codes encoding keeps of every vector at every level; 1 is greedy, the nearest codeword alone.
  public var beam = 1
  /// The most rounds that move the codewords of all levels together, after the levels are trained. Each round encodes
  /// the rows and solves for all codewords at once. With a beam, this many rounds go by greedy codes first, and then as
  /// many by the beam's codes. The error only falls; tens of rounds still lower it.
  public var refinement = 0
  /// How many of the last levels quantize one subspace each of a learnt rotation (OPQ), instead of the whole residual.
  ///
  /// A residual level depends on distances alone, which no rotation changes, so rotating does nothing for it. Levels of
  /// subspaces do not depend on one another. Their error is higher than that of residual levels of the same sizes: by 5
  /// to 13 % on the sets measured, by 1 to 3 % once refined and encoded with a beam.
  public var subspaceLevels = 0

  /// The allowed rounds of refinement.
  package static let refinementRange = 0...1_000_000
  /// The metrics that k-means has means for.
  package static let metrics = [Metric.l2, .cosine]
  /// The allowed beams.
  package static let beamRange = 1...BeamEncoder.largestBeam

  /// Default options: three levels of 256 codes.
  public init() {}

  /// - Throws: `InputError` unless a model of these options can encode with this beam.
  func validate(beam: Int) throws {
    try InputError.check("beam", beam, in: Self.beamRange)
    guard beam == 1 || !normalizesResiduals else {
      throw InputError(
        .usage, "beam", expected: "1 where residuals are scaled to unit length, which leaves no error to add up",
        found: "\(beam)")
    }
  }

  /// - Throws: `InputError` naming the parameter that is out of range.
  func validate() throws {
    _ = try CodeShape(levelSizes, source: "codebook sizes")
    guard Self.metrics.contains(metric) else {
      throw InputError(.usage, "metric", expected: "l2 or cosine", found: metric.rawValue)
    }
    try kMeans.validate()
    try InputError.check("refinement", refinement, in: Self.refinementRange)
    try validate(beam: beam)
    guard balance == .none || refinement == 0 else {
      throw InputError(
        .usage, "refinement", expected: "0 with balance \(balance.rawValue), which moving codewords would undo",
        found: "\(refinement)")
    }
    guard balance != .strict || beam == 1 else {
      throw InputError(
        .usage, "beam", expected: "1 with balance strict, which shares rows out level by level", found: "\(beam)",
        remedy: "use balance price")
    }
    guard refinement == 0 || !normalizesResiduals else {
      throw InputError(
        .usage, "refinement", expected: "0 where residuals are scaled to unit length: their codes do not add up",
        found: "\(refinement)")
    }
    guard subspaceLevels >= 0, subspaceLevels <= levelSizes.count, subspaceLevels == 0 || !normalizesResiduals else {
      throw InputError(
        .usage, "levels of subspaces",
        expected: "0 to \(levelSizes.count), and 0 where residuals are scaled to unit length",
        found: "\(subspaceLevels)")
    }
    if let sampleSize, sampleSize < (levelSizes.max() ?? 0) {
      throw InputError(
        .usage, "sample", expected: "at least as many rows as the largest codebook, \(levelSizes.max() ?? 0)",
        found: "\(sampleSize)")
    }
  }
}

extension RQKMeansOptions: ModelOptions {
  static var ofOldModels: RQKMeansOptions {
    var options = RQKMeansOptions()
    options.kMeans.seedReach = 1
    return options
  }
}
