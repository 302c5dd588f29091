public import Clustering

/// What greedy encoding and decoding of some rows showed.
public struct RQVAEEvaluation: Hashable, Sendable, Codable {
  package var rows: Int
  /// The squared error of the reconstruction as a share of the variance of the training vectors.
  public var relativeError: Double
  package var levels: [LevelUsage]
  /// The lower, the better: see `TrainingSchedule.collisionWeight`.
  package var score: Double
  /// No evaluation before had a lower score.
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
  /// At the epoch's end.
  public var learningRate: Double
  /// The loss that was minimized, in the mean over steps, and its parts before weights: the reconstruction; |r − c|² of
  /// each level in the mean over elements; ln K − H(p̄) of each level, where it is asked for.
  public var loss: Double
  package var reconstruction: Double
  package var quantization: [Double]
  package var entropy: [Double]
  /// Before clipping, in the mean over steps.
  package var gradientNorm: Double
  /// Codewords moved to vectors of the batch, a level.
  package var revived: [Int]
  /// Of the codes that training chose, as the model was at each step; empty while the autoencoder learns alone.
  package var levels: [LevelUsage]
  /// Of the model as the epoch left it, where it was evaluated.
  public var evaluation: RQVAEEvaluation?
  /// Wall-clock time of the epoch, with its evaluation.
  public var seconds: Double
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
  /// What the user can do.
  public var remedy: String
}

/// How training ended.
public struct RQVAEReport: Hashable, Sendable, Codable {
  package var rows: Int
  package var dimension: Int
  package var batchSize: Int
  /// Epochs that were run, and the one whose model was kept.
  public var epochs: Int
  /// The epoch whose model was kept, from 1.
  public var bestEpoch: Int
  package var steps: Int
  /// Of the model that was kept, on all rows.
  public var evaluation: RQVAEEvaluation
  /// Levels that used few of their codes, each told once, in the order in which they were found.
  public var collapses: [CodebookCollapse]
  package var seconds: Double
  /// Rows that steps went through a second, evaluations and the codebooks' start not counted.
  package var samplesPerSecond: Double
}

/// What training tells while it runs.
public enum RQVAEProgress: Sendable {
  /// Before the first step: a few rows make up most of the variance.
  case dominantRows(DominantRows)
  /// Steps done, of how many at most.
  case step(Int, of: Int)
  /// An epoch is done: what it measured.
  case epoch(RQVAEEpoch)
  /// A level uses under half of the codes that it could; told once a level, from the first epoch with codes on.
  case collapse(CodebookCollapse)
}
