/// How long training runs, on what, and what it keeps.
public struct TrainingSchedule: Hashable, Sendable, Codable {
  /// How far a reconstruction is from its vector, in the mean over values.
  public enum Loss: String, Hashable, Sendable, Codable, CaseIterable {
    /// The squared difference.
    case mse
    /// The absolute difference.
    case l1
  }

  /// nil: as many as come to about 4,000 steps, from 10 to 1,000.
  public var epochs: Int?
  /// Rows a step; nil: a sixteenth of the rows, from 256 to 1,024.
  public var batchSize: Int?
  /// How the error of the reconstruction is measured.
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
  /// Seed of the first weights, the order of rows, dropout and the codebooks' start. Equal seeds give equal models.
  public var seed: UInt64 = 42

  package static let epochRange = 1...1_000_000
  package static let batchRange = 1...1 << 20
  /// Of patience, and epochs between evaluations.
  package static let intervalRange = 1...1_000_000
  package static let evaluationRowRange = 1...1 << 32

  /// Default schedule.
  public init() {}
}
