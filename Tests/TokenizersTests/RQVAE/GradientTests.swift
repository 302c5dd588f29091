import Testing
import Vectors

@testable import Tokenizers

/// Every gradient of a training step against finite differences of the surrogate loss in double precision.
@Suite("Gradients of the RQ-VAE") struct GradientTests {
  static func options(_ change: (inout RQVAEOptions) -> Void) -> RQVAEOptions {
    var options = RQVAEOptions()
    options.levelSizes = [4, 3]
    options.network.hidden = [6, 5]
    options.network.codeDimension = 3
    options.network.activation = .silu
    options.quantizer.learning = .gradient
    change(&options)
    return options
  }

  static let cases: [(name: String, options: RQVAEOptions)] = [
    ("straight through", options { _ in }),
    ("relu", options { $0.network.activation = .relu }),
    ("gelu", options { $0.network.activation = .gelu }),
    ("no hidden layers", options { $0.network.hidden = [] }),
    ("l1", options { $0.schedule.loss = .l1 }),
    ("rotation", options { $0.quantizer.estimator = .rotation }),
    ("dropout", options { $0.network.dropout = 0.3 }),
    ("batch norm", options { $0.network.hasBatchNorm = true }),
    (
      "batch norm, relu and dropout",
      options {
        $0.network.hasBatchNorm = true
        $0.network.activation = .relu
        $0.network.dropout = 0.2
      }
    ),
    ("ema", options { $0.quantizer.learning = .ema }),
    (
      "weights",
      options {
        $0.quantizer.weight = 3
        $0.quantizer.commitment = 0.7
      }
    ),
    ("entropy", options { $0.quantizer.entropyWeight = 2 }),
    (
      "entropy, ema and rotation",
      options {
        $0.quantizer.entropyWeight = 2
        $0.quantizer.learning = .ema
        $0.quantizer.estimator = .rotation
      }
    ),
    ("sinkhorn", options { $0.quantizer.sinkhornEpsilons = [0.05, 0.05] }),
    (
      "encoder skip",
      options {
        $0.network.skip = .encoder
        $0.network.codeDimension = 5
      }
    ),
    (
      "both skips and rotation",
      options {
        $0.network.skip = .both
        $0.network.codeDimension = 5
        $0.quantizer.estimator = .rotation
      }
    ),
  ]

  @Test(arguments: cases.indices) func theyAreThoseOfTheSurrogate(index: Int) throws {
    let (name, options) = Self.cases[index]
    let (step, reference) = try Self.differentiated(options)
    let parameters =
      step.encoder.parameters + step.decoder.parameters + step.quantizer.levels.map(\.codewords)
    let trained = step.encoder.parameters.count + step.decoder.parameters.count + step.quantizer.parameters.count
    #expect(
      trained == parameters.count - (options.quantizer.learning == .ema ? 2 : 0),
      "EMA codewords have no gradient to follow")
    for (number, parameter) in parameters.prefix(trained).enumerated() {
      let analytic = (0..<parameter.count).map { Double(parameter.gradient[$0]) }
      let numeric = (0..<parameter.count).map { place -> Double in
        let h = 1e-5
        var (up, down) = (reference.parameters, reference.parameters)
        up[number][place] += h
        down[number][place] -= h
        return (reference.loss(up) - reference.loss(down)) / (2 * h)
      }
      let largest = numeric.reduce(1e-3) { max($0, abs($1)) }
      for place in analytic.indices {
        #expect(
          abs(analytic[place] - numeric[place]) < 2e-4 * largest,
          "\(name), parameter \(number), place \(place): \(analytic[place]) for \(numeric[place])")
      }
    }
  }

  @Test(arguments: cases.indices) func lossAndNormAreTheReferences(index: Int) throws {
    let (_, options) = Self.cases[index]
    let (step, reference) = try Self.differentiated(options)
    let losses = Self.lastLosses(step)
    #expect(abs(losses.total - reference.loss(reference.parameters)) < 1e-4 * losses.total)
    let squares =
      (step.encoder.parameters + step.decoder.parameters + step.quantizer.parameters).reduce(0.0) { sum, parameter in
        (0..<parameter.count).reduce(sum) { $0 + Double(parameter.gradient[$1]) * Double(parameter.gradient[$1]) }
      }
    #expect(abs(losses.gradientNorm - squares.squareRoot()) < 1e-5 * losses.gradientNorm)
  }

  static let data = Synthetic.clusters(rows: 90, columns: 5, centers: 6, seed: 77)

  /// A step with its quantizer on and uneven parameters everywhere, differentiated on 70 rows: two shards.
  static func differentiated(_ options: RQVAEOptions) throws -> (RQVAEStep, ReferenceModel) {
    let step = RQVAEStep(
      options, scaling: .none(dimension: 5), codeDimension: options.network.codeDimension ?? 5, batch: 80,
      totalSteps: 10, pool: ThreadPool(threads: 2))
    var random = CounterRandom(seed: 5)
    for parameter in step.encoder.parameters + step.decoder.parameters {
      for place in 0..<parameter.count { parameter.values[place] += Float(0.2 * random.normals().0) }
    }
    for level in step.quantizer.levels {
      level.start(
        from: Matrix(rows: level.size, columns: level.dimension) { target in
          for place in target.indices { target[place] = Float(random.normals().0) }
        })
    }
    step.quantizer.isOn = true
    step.quantizer.refresh()
    step.quantizer.startEntropies(errors: [0.9, 0.6])
    _ = lastLosses(step)
    let rows = order.map { data.row($0).map(Double.init) }
    return (step, ReferenceModel(step, options: options, rows: rows))
  }

  static let order = (0..<70).map { ($0 * 37) % 90 }

  /// Differentiates once more, which changes nothing but buffers.
  static func lastLosses(_ step: RQVAEStep) -> RQVAEStep.Losses {
    data.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return RQVAEStep.Losses() }
      return step.differentiate(base, order: order[...])
    }
  }
}
