import CKernels
import Vectors

/// AdamW over all parameters of a model, cut into pieces of one size: the same bits for any number of threads.
final class AdamW {
  private struct Piece {
    let parameter: Parameter
    let range: Range<Int>
  }

  private let options: AdamWOptions
  private let steps: Int
  private let pieces: [Piece]
  private var done = 0
  /// A second rise of the rate: the step after which it begins, and its length in steps.
  private var rise: (after: Int, steps: Int)?

  /// - Parameter steps: the number of steps of the training, over which the rate decays.
  init(_ parameters: [Parameter], options: AdamWOptions, steps: Int) {
    self.options = options
    self.steps = steps
    let size = 16_384
    pieces = parameters.flatMap { parameter in
      stride(from: 0, to: parameter.count, by: size).map {
        Piece(parameter: parameter, range: $0..<min(parameter.count, $0 + size))
      }
    }
  }

  /// The rate where no option gives one.
  private static let usualRate = 1e-3

  /// The rate of step `step`, from 0: a straight rise, then half a cosine.
  static func rate(_ options: AdamWOptions, step: Int, of steps: Int) -> Double {
    let highest = options.learningRate ?? usualRate
    let warmUp = (options.warmUpShare * Double(steps)).rounded()
    if Double(step) < warmUp { return highest * Double(step + 1) / warmUp }
    let progress = (Double(step) - warmUp) / max(1, Double(steps) - warmUp)
    let share = options.finalShare + (1 - options.finalShare) * (1 + Math.cos(.pi * min(1, progress))) / 2
    return highest * share
  }

  /// The rate of the next step.
  var rate: Double {
    let rate = Self.rate(options, step: done, of: steps)
    guard let rise else { return rate }
    return rate * min(1, Double(done - rise.after + 1) / Double(rise.steps + 1))
  }

  /// Lets the rate rise anew over a share of all steps, when what is to be learnt changes. Does nothing at the first
  /// step, where the rate rises anyway.
  func warmUp(share: Double) {
    let length = Int((share * Double(steps)).rounded())
    if done > 0, length > 0 { rise = (done, length) }
  }

  /// Moves all parameters by one step.
  ///
  /// - Parameter gradientScale: what every gradient is multiplied by first.
  func step(gradientScale: Double, pool: ThreadPool) {
    let rate = rate
    done += 1
    let t = Double(done)
    let correction1 = 1 - Math.exp(t * Math.log(options.beta1))
    let correction2 = 1 - Math.exp(t * Math.log(options.beta2))
    pool.run(tasks: pieces.count) { index in
      let (parameter, range) = (pieces[index].parameter, pieces[index].range)
      let start = range.lowerBound
      var move = semid_adamw_step(
        scale: Float(gradientScale), beta1: Float(options.beta1), beta2: Float(options.beta2),
        rate: Float(rate / correction1), root: Float(1 / correction2.squareRoot()), epsilon: Float(options.epsilon),
        keep: Float(parameter.decays ? 1 - rate * options.weightDecay : 1))
      semid_adamw(
        &move, parameter.values + start, parameter.gradient + start, parameter.first + start,
        parameter.second + start, range.count)
    }
  }
}
