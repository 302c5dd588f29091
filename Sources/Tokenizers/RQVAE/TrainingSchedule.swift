/// How long training runs, on which batches, and which model it keeps.
public struct TrainingSchedule: Hashable, Sendable, Codable {
  /// The distance of a reconstruction from its vector, in the mean over values.
  public enum Loss: String, Hashable, Sendable, Codable, CaseIterable {
    /// The squared difference.
    case mse
    /// The absolute difference.
    case l1
  }

  /// Number of epochs; nil: as many as make about 4,000 steps, from 10 to 1,000.
  public var epochs: Int?
  /// Rows per step; nil: a sixteenth of the rows, from 256 to 1,024.
  public var batchSize: Int?
  /// How the error of the reconstruction is measured.
  public var loss: Loss = .mse
  /// Share of the steps in which the autoencoder learns alone, before the codebooks start from its output.
  public var plainShare = 0.1
  /// Share of the steps over which the learning rate rises anew once the codebooks have joined.
  public var joinWarmUpShare = 0.05
  /// Training ends after this many evaluations without a better score; 0: never early.
  public var patience = 0
  /// Number of rows of an evaluation, drawn once; all where there are fewer.
  public var evaluationRows = 16_384
  /// Epochs from one evaluation to the next; nil: about 25 evaluations in all.
  public var evaluationInterval: Int?
  /// Weight of the collision rate in the score of an evaluation: relative squared error + weight · collision rate;
  /// lower is better.
  public var collisionWeight = 1.0
  /// Seed of the first weights, the order of rows, dropout and the codebooks' start. Equal seeds give equal models.
  public var seed: UInt64 = 42

  package static let epochRange = 1...1_000_000
  package static let batchRange = 1...1 << 20
  /// The allowed patience, and epochs between evaluations.
  package static let intervalRange = 1...1_000_000
  package static let evaluationRowRange = 1...1 << 32

  /// Default schedule.
  public init() {}

  /// Rows of a step, for so many rows.
  package func batchSize(rows: Int) -> Int {
    min(rows, batchSize ?? max(256, min(1024, (rows / 16 + 127) / 128 * 128)))
  }

  package func stepsPerEpoch(rows: Int) -> Int { (rows + batchSize(rows: rows) - 1) / batchSize(rows: rows) }

  package func epochs(rows: Int) -> Int {
    let steps = stepsPerEpoch(rows: rows)
    return epochs ?? max(10, min(1000, (4000 + steps - 1) / steps))
  }

  /// Epochs from one evaluation to the next.
  package func evaluationInterval(rows: Int) -> Int { evaluationInterval ?? max(1, epochs(rows: rows) / 25) }
}

extension RQVAEOptions {
  /// Steps without the quantizer, for so many rows.
  package func plainSteps(rows: Int) -> Int {
    let steps = schedule.epochs(rows: rows) * schedule.stepsPerEpoch(rows: rows)
    let hasPlainPart = network.skip == .none && quantizer.start == .kMeans
    return hasPlainPart ? min(steps - 1, Int(schedule.plainShare * Double(steps))) : 0
  }
}
