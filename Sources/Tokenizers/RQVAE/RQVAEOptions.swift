/// The parameters of an RQ-VAE, and of its relatives: the VQ-VAE, which has one level, and RQ-KMeans+, whose encoder
/// adds to the vector itself.
public struct RQVAEOptions: Hashable, Sendable, Codable {
  /// Codebook size of every level, 1 to 65,536 each.
  public var levelSizes = [256, 256, 256]
  public var network = NetworkOptions()
  public var quantizer = QuantizerOptions()
  public var optimizer = AdamWOptions()
  public var schedule = TrainingSchedule()

  public init() {}

  /// What the kind's literature takes as its shape.
  ///
  /// - Parameter rows: how many vectors there are to learn from, where that is known.
  public init(kind: TokenizerKind, rows: Int? = nil) {
    switch kind {
    case .vqVAE:
      levelSizes = [Self.singleCodebookSize(rows: rows)]
      network.codeDimension = 64
    case .rqKMeansPlus:
      network.skip = .both
      network.codeDimension = nil
      // The latent vectors start at the vectors' own scale and are to stay near it.
      quantizer.weight = 1
    case .rqVAE, .rqKMeans: break
    }
  }

  /// The options with a learning rate.
  func withLearningRate(_ kind: TokenizerKind) -> RQVAEOptions {
    var options = self
    let suitable =
      switch kind {
      case .rqKMeansPlus: 1e-4
      case .vqVAE: 1e-3
      case .rqVAE, .rqKMeans: quantizer.learning == .ema ? 2e-3 : 1e-3
      }
    options.optimizer.learningRate = optimizer.learningRate ?? suitable
    return options
  }

  /// 4,096 codes; with fewer than four vectors for each, the largest power of two that has four.
  static func singleCodebookSize(rows: Int?) -> Int {
    var size = 4096
    while let rows, size > 1, rows < 4 * size { size /= 2 }
    return size
  }
}

/// The shape of encoder and decoder.
public struct NetworkOptions: Hashable, Sendable, Codable {
  /// Where a network's input is added to its output; code and vector are then equally long.
  public enum Skip: String, Hashable, Sendable, Codable, CaseIterable {
    case none
    /// z = x + MLP(x), its last layer starting at zero: the encoder starts as the identity.
    case encoder
    /// The decoder too: the model starts as the residual k-means that its codebooks come from.
    case both
  }

  /// Widths of the encoder's hidden layers; the decoder has them the other way round.
  public var hidden = [512, 256, 128]
  /// Length of the vectors that are quantised; nil: that of the embeddings.
  public var codeDimension: Int? = 32
  public var activation: Activation = .relu
  /// Share of a layer's inputs that training sets to zero.
  public var dropout = 0.0
  public var hasBatchNorm = false
  public var skip: Skip = .none

  public init() {}
}

/// How codes are chosen in training and how codewords are learnt.
public struct QuantizerOptions: Hashable, Sendable, Codable {
  /// What moves the codewords.
  public enum Learning: String, Hashable, Sendable, Codable, CaseIterable {
    /// The gradient of their squared distance from the vectors they stand for.
    case gradient
    /// The moving average of those vectors (van den Oord et al. 2017, appendix A.1).
    case ema
  }

  /// What stands for the gradient of the quantisation, which has none of its own.
  public enum Estimator: String, Hashable, Sendable, Codable, CaseIterable {
    /// The identity (Bengio et al. 2013).
    case straightThrough = "straight-through"
    /// The rotation and scaling that takes the vector to its codeword, as a constant (Fifty et al. 2024).
    case rotation
  }

  /// The first codewords.
  public enum Start: String, Hashable, Sendable, Codable, CaseIterable {
    /// Residual k-means on the encoder's output for many rows.
    case kMeans = "k-means"
    /// Uniform in ±1/K: semantic-id's default, from which codebooks tend to collapse.
    case uniform
  }

  public var learning: Learning = .ema
  /// What an average keeps of itself a step.
  public var emaDecay = 0.99
  public var estimator: Estimator = .straightThrough
  /// β, the weight of the pull of encoder outputs towards their codewords.
  public var commitment = 0.25
  /// The weight of the quantisation terms beside the reconstruction, whose vectors have variance 1 a value.
  public var weight = 0.1
  /// The weight of the term ln K − H(p̄), where p̄ is how a batch shares out softly over a level's codes.
  public var entropyWeight = 0.0
  /// ε of the balanced assignment of training batches at each level (Sinkhorn); 0, or no entry: the nearest codeword.
  public var sinkhornEpsilons: [Double] = []
  public var sinkhornIterations = 50
  public var start: Start = .kMeans
  /// Rows that the k-means start looks at, at most.
  public var startRows = 65_536
  /// A codeword whose average use falls below this share of an even one is moved to a vector of the batch; 0: never.
  public var revivalShare = 0.05

  public init() {}
}

/// The parameters of AdamW (Loshchilov and Hutter 2019), with a warm-up and a decay along a cosine.
public struct AdamWOptions: Hashable, Sendable, Codable {
  /// The highest rate; nil: 2e-3 where codewords are averages, 1e-3 where they follow gradients and for a VQ-VAE, whose many
  /// codes are slower to follow the encoder, and 1e-4 for RQ-KMeans+, which starts near its end.
  public var learningRate: Double?
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  /// Of weight matrices; biases, normalisations and codewords do not decay.
  public var weightDecay = 1e-4
  /// Share of the steps in which the rate rises to its full value.
  public var warmUpShare = 0.02
  /// Share of the full rate that is left at the last step.
  public var finalShare = 0.02
  /// The largest norm of the whole gradient, which is scaled down to it; 0: as long as it is.
  public var clipNorm = 1.0

  public init() {}
}

/// How long training runs, on what, and what it keeps.
public struct TrainingSchedule: Hashable, Sendable, Codable {
  /// How far a reconstruction is from its vector, in the mean over values.
  public enum Loss: String, Hashable, Sendable, Codable, CaseIterable {
    case mse, l1
  }

  /// nil: as many as come to about 4,000 steps, from 10 to 1,000.
  public var epochs: Int?
  /// Rows a step; nil: a sixteenth of the rows, from 256 to 1,024.
  public var batchSize: Int?
  public var loss: Loss = .mse
  /// Share of the steps in which the autoencoder learns alone, before codebooks are started on what it then gives.
  public var plainShare = 0.1
  /// Share of the steps over which the learning rate rises anew once the codebooks have joined.
  public var joinWarmUpShare = 0.05
  /// Training ends after so many evaluations without a better score; 0: never before its time.
  public var patience = 0
  /// Rows that an evaluation looks at, drawn once; all where there are fewer.
  public var evaluationRows = 16_384
  /// Epochs from one evaluation to the next; nil: so that about 25 are made.
  public var evaluationInterval: Int?
  /// The score of an evaluation, the lower the better, is the relative squared error plus this times the collision rate.
  public var collisionWeight = 1.0
  public var seed: UInt64 = 42

  public init() {}
}
