/// How codes are chosen in training and how codewords are learnt.
public struct QuantizerOptions: Hashable, Sendable, Codable {
  /// What moves the codewords.
  public enum Learning: String, Hashable, Sendable, Codable, CaseIterable {
    /// The gradient of their squared distance from the vectors they stand for.
    case gradient
    /// The moving average of those vectors (van den Oord et al. 2017, appendix A.1).
    case ema
  }

  /// What replaces the gradient of the quantization, which is zero almost everywhere.
  public enum Estimator: String, Hashable, Sendable, Codable, CaseIterable {
    /// The identity (Bengio et al. 2013).
    case straightThrough = "straight-through"
    /// The rotation and scaling that takes the vector to its codeword, as a constant (Fifty et al. 2024).
    case rotation
  }

  /// How the first codewords are chosen.
  public enum Start: String, Hashable, Sendable, Codable, CaseIterable {
    /// Residual k-means on the encoder's output for many rows.
    case kMeans = "k-means"
    /// Uniform in ±1/K: semantic-id's default, from which codebooks tend to collapse.
    case uniform
  }

  /// What moves the codewords in training.
  public var learning: Learning = .ema
  /// The share of the old average that each step keeps.
  public var emaDecay = 0.99
  /// How the gradient passes through the quantization.
  public var estimator: Estimator = .straightThrough
  /// β, the weight of the term that pulls encoder outputs towards their codewords.
  public var commitment = 0.25
  /// The weight of the quantization terms relative to the reconstruction, whose values have variance 1.
  public var weight = 0.1
  /// The weight of the term ln K − H(p̄), where p̄ is the mean of a batch's soft assignments to a level's codes; 0: no
  /// such term.
  public var entropyWeight = 0.0
  /// ε of the balanced assignment of training batches, one per level (Sinkhorn); 0 or no entry: the nearest codeword.
  public var sinkhornEpsilons: [Double] = []
  /// Alternations of row and column scaling in a balanced assignment.
  public var sinkhornIterations = 50
  /// How the first codewords are chosen.
  public var start: Start = .kMeans
  /// The most rows that the k-means start uses.
  public var startRows = 65_536
  /// A codeword whose average use falls below this share of the mean use is moved to a vector of the batch; 0: never.
  public var revivalShare = 0.05

  package static let sinkhornRange = 1...100_000

  /// Default options.
  public init() {}
}
