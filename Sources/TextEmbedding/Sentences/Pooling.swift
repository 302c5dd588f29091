import Formats
import Vectors

/// How the states of a text's tokens become one vector: the Pooling module of sentence-transformers.
struct Pooling: Sendable {
  enum Mode: String, Sendable, CaseIterable {
    /// The first token.
    case first = "cls"
    case maximum = "max"
    case mean
    /// The sum over the square root of the number of tokens.
    case meanBySquareRoot = "mean_sqrt_len_tokens"
    /// The mean, tokens weighted by their place from 1.
    case weightedMean = "weightedmean"
    case last = "lasttoken"
  }

  /// Their vectors are joined in this order.
  var modes: [Mode] = [.mean]
  /// Whether the prompt's tokens count.
  var includesPrompt = true

  init(_ modes: [Mode] = [.mean]) { self.modes = modes }

  /// Reads either form: a mode or a list of them, or a flag a mode.
  ///
  /// - Parameter size: length of the states.
  init(_ fields: JSONFields, size: Int) throws {
    for key in ["embedding_dimension", "word_embedding_dimension"] {
      if let claimed = try fields.count(key), claimed != size {
        throw fields.fault(key, .mismatch, expected: "\(size), the length of the model's states", found: "\(claimed)")
      }
    }
    includesPrompt = try fields.flag("include_prompt", default: true)
    let named: [JSONValue]? =
      switch fields.value("pooling_mode") {
      case .array(let list)?: list
      case let value?: [value]
      case nil: nil
      }
    if let named {
      modes = try named.map { value in
        guard case .string(let name) = value, let mode = Mode(rawValue: name) else {
          throw fields.fault(
            "pooling_mode", .unsupported, expected: Mode.allCases.map(\.rawValue).joined(separator: ", "),
            found: value.spelling)
        }
        return mode
      }
      guard !modes.isEmpty else { throw fields.fault("pooling_mode", expected: "a mode", found: "an empty list") }
      return
    }
    let flags: [(String, Mode)] = [
      ("cls_token", .first), ("max_tokens", .maximum), ("mean_tokens", .mean),
      ("mean_sqrt_len_tokens", .meanBySquareRoot), ("weightedmean_tokens", .weightedMean), ("lasttoken", .last),
    ]
    modes = try flags.filter { try fields.flag("pooling_mode_" + $0.0, default: false) }.map(\.1)
    if modes.isEmpty { modes = [.mean] }
  }

  /// Pools the states of one text.
  ///
  /// - Parameters:
  ///   - prompt: how many of the first tokens are the prompt's.
  ///   - target: modes · columns floats.
  func apply(_ states: FloatRows, _ tokens: Range<Int>, prompt: Int, to target: UnsafeMutablePointer<Float>) {
    let size = states.columns
    let skipped = includesPrompt ? 0 : min(prompt, tokens.count)
    let kept = tokens.dropFirst(skipped)
    for (place, mode) in modes.enumerated() {
      let out = target + place * size
      out.update(repeating: 0, count: size)
      guard let first = kept.first, let last = kept.last else { continue }
      switch mode {
      case .first: out.update(from: states.row(first), count: size)
      case .last: out.update(from: states.row(last), count: size)
      case .maximum:
        out.update(from: states.row(first), count: size)
        for row in kept.dropFirst() {
          let values = states.row(row)
          for index in 0..<size where values[index] > out[index] { out[index] = values[index] }
        }
      case .mean, .meanBySquareRoot, .weightedMean:
        var total: Float = 0
        for row in kept {
          let values = states.row(row)
          // A prompt that does not count keeps its places.
          let weight = mode == .weightedMean ? Float(row - tokens.lowerBound + 1) : 1
          total += weight
          for index in 0..<size { out[index] += weight * values[index] }
        }
        let divisor = mode == .meanBySquareRoot ? total.squareRoot() : total
        for index in 0..<size { out[index] /= divisor }
      }
    }
  }
}
