public import Clustering
public import Vectors

/// The parameters of residual k-means.
public struct RQKMeansOptions: Hashable, Sendable, Codable {
  /// The codebook size of every level, first to last; each in 1...65,536.
  public var levelSizes = [256, 256, 256]
  /// `l2` or `cosine`, where vectors are scaled to unit length first, then treated as `l2`.
  public var metric = Metric.l2
  /// Scale each residual to unit length before its level (the FAISS tutorial's variant). The codes of such a model
  /// tell directions only: they do not decode by summing, and `decode` refuses.
  public var normalizesResiduals = false
  /// Rows that training looks at, drawn evenly. nil: 1,024 a code of the largest codebook, and 262,144 at least, beyond
  /// which codewords hardly move; all of them where codes are balanced, since balance is of all rows.
  public var sampleSize: Int?
  /// As many rows as training looks at, at most.
  var rowLimit: Int {
    sampleSize ?? (balance == .none ? max(1 << 18, 1024 * (levelSizes.max() ?? 0)) : .max)
  }
  /// Whether codes are made to be used evenly.
  public var balance = Balance.none
  /// The k-means that trains each level.
  public var kMeans = KMeansOptions()
  /// Partial codes that encoding keeps of every vector at every level; 1, the nearest codeword alone, is greedy.
  public var beam = 1
  /// Rounds, at most, that move the codewords of all levels together once the levels are trained: each encodes the rows
  /// and solves for all codewords at once. With a beam, so many go by greedy codes first, and as many by the beam's then.
  /// The error only falls; tens of rounds still lower it.
  public var refinement = 0
  /// The last levels that quantize subspaces of a learnt rotation (OPQ), each its own, instead of the whole residual.
  ///
  /// A residual level looks at distances alone, which no rotation changes: rotating does nothing for it. Levels of
  /// subspaces do not depend on one another, which a model may want; their error is higher than residual levels' of the
  /// same sizes: by 5 to 13 % on the sets measured, by 1 to 3 % once refined and encoded with a beam.
  public var subspaceLevels = 0

  /// Rounds of refinement that may be asked for.
  package static let refinementRange = 0...1_000_000
  /// The metrics that k-means has means for.
  package static let metrics = [Metric.l2, .cosine]
  /// Partial codes that encoding may keep.
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

  /// - Throws: `InputError` naming the parameter that cannot be.
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
