/// The parameters of an RQ-VAE, and of its relatives: the VQ-VAE, which has one level, and RQ-KMeans+, whose encoder
/// adds to the vector itself.
public struct RQVAEOptions: Hashable, Sendable, Codable {
  /// Codebook size of every level, 1 to 65,536 each.
  public var levelSizes = [256, 256, 256]
  /// The layers of encoder and decoder.
  public var network = NetworkOptions()
  /// How codes are chosen in training, and how codewords are learnt.
  public var quantizer = QuantizerOptions()
  /// The optimizer, and the course of its learning rate.
  public var optimizer = AdamWOptions()
  /// How long training runs, and how it is evaluated.
  public var schedule = TrainingSchedule()

  /// Default options: an RQ-VAE with three levels of 256 codes.
  public init() {}

  /// The usual shape of a kind, from its literature.
  ///
  /// - Parameter rows: the number of training vectors, where it is known.
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
  package func withLearningRate(_ kind: TokenizerKind) -> RQVAEOptions {
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

extension RQVAEOptions: ModelOptions {
  static var ofOldModels: RQVAEOptions {
    var options = RQVAEOptions()
    // Every version has named the shape.
    options.network.codeDimension = nil
    options.schedule.joinWarmUpShare = 0
    return options
  }
}
