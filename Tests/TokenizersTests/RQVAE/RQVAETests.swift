import Foundation
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

@Suite("RQ-VAE and its relatives") struct RQVAETests {
  /// Small networks and few steps: enough to learn something.
  static func options(
    _ kind: TokenizerKind = .rqVAE, _ sizes: [Int] = [16, 16], _ change: (inout RQVAEOptions) -> Void = { _ in }
  ) -> RQVAEOptions {
    var options = RQVAEOptions(kind: kind)
    options.levelSizes = sizes
    options.network.hidden = [32, 16]
    if options.network.skip == .none { options.network.codeDimension = 8 }
    options.schedule.epochs = 12
    options.schedule.batchSize = 128
    change(&options)
    return options
  }

  static let vectors = Synthetic.clusters(rows: 1000, columns: 24, centers: 40, seed: 50)

  static let kinds: [(TokenizerKind, [Int])] = [(.rqVAE, [16, 16]), (.vqVAE, [40]), (.rqKMeansPlus, [16, 16])]

  // MARK: Determinism

  @Test(arguments: [0, 1, 2, 3, 4]) func theSameBitsForAnyThreads(index: Int) throws {
    let settings: [(TokenizerKind, RQVAEOptions)] = [
      (.rqVAE, Self.options()),
      (
        .rqVAE,
        Self.options(.rqVAE) {
          $0.network.hasBatchNorm = true
          $0.network.dropout = 0.1
          $0.quantizer.learning = .gradient
        }
      ),
      (
        .rqVAE,
        Self.options(.rqVAE) {
          $0.quantizer.sinkhornEpsilons = [0.05, 0.05]
          $0.quantizer.entropyWeight = 0.1
          $0.quantizer.estimator = .rotation
        }
      ),
      (.vqVAE, Self.options(.vqVAE, [40])), (.rqKMeansPlus, Self.options(.rqKMeansPlus)),
    ]
    var (kind, options) = settings[index]
    options.schedule.epochs = 4
    func train(_ threads: Int) throws -> (model: RQVAE, report: RQVAEReport) {
      try RQVAE.train(Self.vectors, kind: kind, options: options, pool: ThreadPool(threads: threads))
    }
    let one = try train(1)
    for threads in [2, 4] {
      let many = try train(threads)
      #expect(many.model.fingerprint == one.model.fingerprint)
      #expect(many.report.evaluation == one.report.evaluation)
    }
  }

  @Test func codesDoNotDependOnTheBatch() throws {
    let (model, _) = try RQVAE.train(Self.vectors, options: Self.options(.rqVAE) { $0.network.hasBatchNorm = true })
    let latents = try model.latents(of: Self.vectors).values.array
    let codes = try model.encode(Self.vectors, pool: ThreadPool(threads: 1)).values.array
    let decoded = try model.decode(model.encode(Self.vectors)).values.array
    for batch in [1, 7, 127, 128, 129, 600, 999] {
      let pool = ThreadPool(threads: 1 + batch % 4)
      let (first, rest) = (Self.vectors[rows: 0..<batch], Self.vectors[rows: batch..<1000])
      #expect(try model.latents(of: first).values.array + model.latents(of: rest).values.array == latents)
      let (head, tail) = (try model.encode(first, pool: pool), try model.encode(rest, pool: pool))
      #expect(head.values.array + tail.values.array == codes)
      #expect(try model.decode(head).values.array + model.decode(tail).values.array == decoded)
    }
  }

  // MARK: What it learns

  @Test(arguments: kinds.indices) func trainingLearns(index: Int) throws {
    let (kind, sizes) = Self.kinds[index]
    var epochs: [RQVAEEpoch] = []
    let options = Self.options(kind, sizes) { $0.schedule.epochs = 60 }
    let (model, report) = try RQVAE.train(Self.vectors, kind: kind, options: options) {
      if case .epoch(let epoch) = $0 { epochs.append(epoch) }
    }
    #expect(model.kind == kind && model.levelSizes == sizes && model.hasLatents)
    #expect(report.evaluation.relativeError < 0.55, "\(report.evaluation)")
    #expect(report.evaluation.levels.allSatisfy { Double($0.used) >= 0.9 * Double($0.size) }, "\(report.evaluation)")
    #expect(report.collapses.isEmpty)
    #expect(epochs.map(\.epoch) == Array(1...60))
    #expect((epochs.last?.loss ?? .infinity) < epochs[0].loss || kind == .rqKMeansPlus)

    // The report is what encoding and decoding show.
    let codes = try model.encode(Self.vectors)
    let decoded = try model.decode(codes)
    var error = 0.0
    var variance = 0.0
    for column in 0..<24 {
      let mean = (0..<1000).reduce(0.0) { $0 + Double(Self.vectors[$1, column]) } / 1000
      for row in 0..<1000 {
        let value = Double(Self.vectors[row, column])
        error += (value - Double(decoded[row, column])) * (value - Double(decoded[row, column]))
        variance += (value - mean) * (value - mean)
      }
    }
    #expect(abs(error / variance - report.evaluation.relativeError) < 1e-4)
    let ids = Set((0..<1000).map { codes[$0] })
    #expect(report.evaluation.collisionRate == 1 - Double(ids.count) / 1000)
  }

  @Test func greedyCodesAreTheNearestInTheLatentSpace() throws {
    let (model, _) = try RQVAE.train(Self.vectors, options: Self.options())
    let naive = Synthetic.naiveCodes(try model.latents(of: Self.vectors), model.codebooks.levels)
    let codes = try model.encode(Self.vectors)
    for row in 0..<1000 where naive.gaps[row] > 1e-5 { #expect(codes[row] == naive.codes[row]) }
    for level in 0..<2 {
      let costs = try model.costs(of: Self.vectors, codes: codes, level: level)
      for row in stride(from: 0, to: 1000, by: 31) {
        var rest = try model.latents(of: Self.vectors[rows: row..<row + 1]).row(0)
        if level == 1 {
          for (column, value) in model.codebooks.levels[0].row(Int(codes[row][0])).enumerated() {
            rest[column] -= value
          }
        }
        for code in 0..<16 {
          let cost = zip(rest, model.codebooks.levels[level].row(code)).reduce(0.0) {
            $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
          }
          #expect(abs(Double(costs[row, code]) - cost) < 1e-4 * max(1, cost))
        }
      }
    }
  }

  @Test func theScaleOfTheVectorsDoesNotMatter() throws {
    // A power of two changes no digit.
    let scaled = Matrix(rows: 1000, columns: 24, values: Self.vectors.values.array.map { $0 * 4096 })
    let options = Self.options { $0.schedule.epochs = 4 }
    let (one, report) = try RQVAE.train(Self.vectors, options: options)
    let (other, scaledReport) = try RQVAE.train(scaled, options: options)
    let codes = try one.encode(Self.vectors)
    #expect(try other.encode(scaled).values.array == codes.values.array)
    #expect(report.evaluation == scaledReport.evaluation)
    let (near, far) = (try one.decode(codes), try other.decode(codes))
    for place in stride(from: 0, to: 24_000, by: 97) { #expect(near.values[place] * 4096 == far.values[place]) }
  }

  @Test func theBestSnapshotIsWhatComesBack() throws {
    // A rate that does not fall and is far too high: good epochs are followed by bad ones.
    let options = Self.options(.rqVAE) {
      $0.schedule.epochs = 30
      $0.schedule.seed = 4
      $0.quantizer.weight = 1
      $0.optimizer.learningRate = 0.1
      $0.optimizer.finalShare = 1
      $0.optimizer.clipNorm = 0
    }
    var evaluations: [(epoch: Int, evaluation: RQVAEEvaluation)] = []
    let (model, report) = try RQVAE.train(Self.vectors, options: options) {
      if case .epoch(let epoch) = $0, let evaluation = epoch.evaluation {
        evaluations.append((epoch.epoch, evaluation))
      }
    }
    let best = try #require(evaluations.min { $0.evaluation.score < $1.evaluation.score })
    let last = try #require(evaluations.last)
    #expect(report.bestEpoch == best.epoch)
    #expect(best.epoch < last.epoch && best.evaluation.score < last.evaluation.score)
    #expect(evaluations.last { $0.evaluation.isBest }?.epoch == best.epoch)
    // All rows were evaluated each time, so the model that came back must give those very figures, and not the last's.
    let again = try model.evaluation(on: Self.vectors)
    #expect(again.score == best.evaluation.score && again.levels == best.evaluation.levels)
    #expect(again.score != last.evaluation.score)
    for evaluation in evaluations.map(\.evaluation) {
      #expect(evaluation.score == evaluation.relativeError + evaluation.collisionRate)
    }
  }

  @Test func patienceEndsTheTraining() throws {
    let options = Self.options(.rqVAE) {
      $0.schedule.epochs = 200
      $0.schedule.patience = 3
      $0.optimizer.learningRate = 0.05
      $0.optimizer.finalShare = 1
    }
    let (_, report) = try RQVAE.train(Self.vectors, options: options)
    #expect(report.epochs < 200)
    #expect(report.epochs > report.bestEpoch)
  }

  @Test func collapseIsToldWithinTwoEpochsAndItsRemedyHelps() throws {
    var options = Self.options(.rqVAE, [128, 128]) {
      $0.quantizer.start = .uniform
      $0.quantizer.learning = .gradient
      $0.quantizer.revivalShare = 0
    }
    var told: [CodebookCollapse] = []
    func train() throws -> RQVAEReport {
      told = []
      return try RQVAE.train(Self.vectors, options: options) {
        if case .collapse(let collapse) = $0 { told.append(collapse) }
      }.report
    }
    let report = try train()
    let first = try #require(told.first)
    #expect(first.epoch <= 2 && first.used * 2 < 128)
    #expect(first.remedy.contains("--start k-means") && first.remedy.contains("--revival 0.05"))
    #expect(report.collapses == told)
    #expect(Set(told.map(\.level)).count == told.count, "a level is told of once")
    options.quantizer.start = .kMeans
    options.quantizer.revivalShare = 0.05
    #expect(try train().collapses.isEmpty)
    #expect(told.isEmpty)
  }

  // MARK: Starts

  @Test func rqKMeansPlusStartsAsResidualKMeans() throws {
    var kMeans = RQKMeansOptions()
    kMeans.levelSizes = [16, 16]
    let start = try RQKMeans.train(Self.vectors, options: kMeans).model
    // So small a rate that nothing moves.
    let options = Self.options(.rqKMeansPlus) {
      $0.schedule.epochs = 1
      $0.optimizer.learningRate = 1e-12
      $0.optimizer.weightDecay = 0
      $0.quantizer.learning = .gradient
      $0.quantizer.revivalShare = 0
    }
    let (model, _) = try RQVAE.train(Self.vectors, kind: .rqKMeansPlus, options: options, start: start)
    let codes = try model.encode(Self.vectors)
    let expected = try start.encode(Self.vectors)
    let equal = (0..<1000).count { codes[$0] == expected[$0] }
    #expect(equal >= 995, "rounding decides a few: \(equal)")
    let (ours, theirs) = (try model.decode(expected), try start.decode(expected))
    for place in stride(from: 0, to: 24_000, by: 89) {
      #expect(abs(ours.values[place] - theirs.values[place]) < 1e-3)
    }
  }

  @Test func anotherModelsCodesStartTheCodebooks() throws {
    var kMeans = RQKMeansOptions()
    kMeans.levelSizes = [16, 16]
    let start = try RQKMeans.train(Self.vectors, options: kMeans).model
    let options = Self.options(.rqVAE) {
      $0.schedule.epochs = 1
      $0.optimizer.learningRate = 1e-12
      $0.quantizer.learning = .gradient
      $0.quantizer.revivalShare = 0
      $0.schedule.plainShare = 0
    }
    let (model, _) = try RQVAE.train(Self.vectors, options: options, start: start)
    let latents = try model.latents(of: Self.vectors)
    let codes = try start.encode(Self.vectors)
    let members = (0..<1000).filter { codes[$0][0] == 3 }
    for column in 0..<8 {
      let mean = members.reduce(0.0) { $0 + Double(latents[$1, column]) } / Double(members.count)
      #expect(abs(Double(model.codebooks.levels[0][3, column]) - mean) < 1e-4)
    }
    kMeans.levelSizes = [16]
    let other = try RQKMeans.train(Self.vectors, options: kMeans).model
    #expect(throws: InputError.self) { try RQVAE.train(Self.vectors, options: options, start: other) }
  }
}
