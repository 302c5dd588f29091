public import Clustering

/// What greedy encoding and decoding of some rows measured.
public struct RQVAEEvaluation: Hashable, Sendable, Codable {
  package var rows: Int
  /// The squared error of the reconstruction as a share of the variance of the training vectors.
  public var relativeError: Double
  package var levels: [LevelUsage]
  /// The lower, the better: see `TrainingSchedule.collisionWeight`.
  package var score: Double
  /// Whether no earlier evaluation had a lower score.
  public var isBest: Bool

  /// 1 − distinct IDs / items.
  public var collisionRate: Double { levels.last?.collisionRate ?? 0 }
}

/// What one epoch measured: a line of `history.jsonl`.
public struct RQVAEEpoch: Hashable, Sendable, Codable {
  /// From 1.
  public var epoch: Int
  /// Steps so far.
  package var steps: Int
  /// The learning rate at the epoch's end.
  public var learningRate: Double
  /// The loss that was minimized, in the mean over steps. Its parts follow, before weights: the reconstruction; |r −
  /// c|² of each level in the mean over elements; ln K − H(p̄) of each level, where that term has a weight.
  public var loss: Double
  package var reconstruction: Double
  package var quantization: [Double]
  package var entropy: [Double]
  /// Before clipping, in the mean over steps.
  package var gradientNorm: Double
  /// Codewords moved to vectors of the batch, per level.
  package var revived: [Int]
  /// Use of the codes that training chose, with the model as it was at each step; empty while the autoencoder learns
  /// alone.
  package var levels: [LevelUsage]
  /// The model as the epoch left it, where it was evaluated.
  public var evaluation: RQVAEEvaluation?
  /// Wall-clock time of the epoch with its evaluation, in seconds. It is no part of the line in `history.jsonl`, so that
  /// the same training writes the same file.
  public var seconds = 0.0

  private enum CodingKeys: String, CodingKey {
    case epoch, steps, learningRate, loss, reconstruction, quantization, entropy, gradientNorm, revived, levels
    case evaluation
  }
}

/// A level that uses few of its codes.
public struct CodebookCollapse: Hashable, Sendable, Codable {
  /// The first epoch that showed it, from 1.
  public var epoch: Int
  /// The level, from 0.
  public var level: Int
  /// Codes of the level that at least one item had in that epoch.
  public var used: Int
  /// Codes that the level has.
  public var size: Int
  /// What the user can do about it.
  public var remedy: String
}

/// The result of a training.
public struct RQVAEReport: Hashable, Sendable, Codable {
  package var rows: Int
  package var dimension: Int
  package var batchSize: Int
  /// Epochs that were run.
  public var epochs: Int
  /// The epoch whose model was kept, from 1.
  public var bestEpoch: Int
  package var steps: Int
  /// The model that was kept, evaluated on all rows.
  public var evaluation: RQVAEEvaluation
  /// Levels that used few of their codes, each told once, in the order in which they were found.
  public var collapses: [CodebookCollapse]
  package var seconds: Double
  /// Rows per second in steps, without evaluations and the start of the codebooks.
  package var samplesPerSecond: Double
}

/// What training reports while it runs.
public enum RQVAEProgress: Sendable {
  /// Before the first step: a few rows make up most of the variance.
  case dominantRows(DominantRows)
  /// Steps done, and the most steps there will be.
  case step(Int, of: Int)
  /// An epoch is done: what it measured.
  case epoch(RQVAEEpoch)
  /// A level uses under half of the codes that it could. Told once per level, from the first epoch with codes on.
  case collapse(CodebookCollapse)
}
