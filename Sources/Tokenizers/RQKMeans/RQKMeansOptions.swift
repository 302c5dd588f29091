import Vectors

/// The parameters of residual k-means.
public struct RQKMeansOptions: Hashable, Sendable, Codable {
  /// What "near" means.
  public enum Metric: String, Hashable, Sendable, Codable, CaseIterable {
    /// Euclidean distance.
    case l2
    /// Angle: vectors are scaled to unit length first, then treated as l2.
    case cosine
  }

  /// The codebook size of every level, first to last; each in 1...65,536.
  public var levelSizes = [256, 256, 256]
  public var metric = Metric.l2
  /// Scale each residual to unit length before its level (the FAISS tutorial's variant). The codes of such a model
  /// tell directions only: they do not decode by summing, and `decode` refuses.
  public var normalizesResiduals = false
  /// Rows that training looks at, drawn evenly; nil: all of them.
  public var sampleSize: Int?
  /// Whether codes are made to be used evenly.
  public var balance = Balance.none
  public var kMeans = KMeansOptions()

  public init() {}

  /// - Throws: `InputError` naming the parameter that cannot be.
  func validate() throws {
    guard !levelSizes.isEmpty, levelSizes.allSatisfy({ (1...65_536).contains($0) }) else {
      throw InputError(
        .usage, "codebook sizes", expected: "at least one level of 1 to 65,536 codes", found: "\(levelSizes)")
    }
    guard kMeans.iterations >= 0, kMeans.restarts >= 1, kMeans.tolerance >= 0, kMeans.seedRowsPerCentroid >= 1 else {
      throw InputError(
        .usage, "k-means", expected: "iterations ≥ 0, restarts ≥ 1, tolerance ≥ 0 and seed rows ≥ 1",
        found: "\(kMeans.iterations), \(kMeans.restarts), \(kMeans.tolerance) and \(kMeans.seedRowsPerCentroid)")
    }
    if let sampleSize, sampleSize < (levelSizes.max() ?? 0) {
      throw InputError(
        .usage, "sample", expected: "at least as many rows as the largest codebook, \(levelSizes.max() ?? 0)",
        found: "\(sampleSize)")
    }
  }
}
