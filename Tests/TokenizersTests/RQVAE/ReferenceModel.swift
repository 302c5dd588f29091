import Vectors

@testable import Tokenizers

/// An RQ-VAE's surrogate loss in double precision and plain loops, as a function of its parameters: what a finite
/// difference is taken of. What the method holds constant (codes, stop-gradients, the rotation, τ, dropout) is taken from
/// the training step and from the parameters at the point.
struct ReferenceModel {
  let options: RQVAEOptions
  let rows: [[Double]]
  /// Encoder's, decoder's and codebooks' parameters, in the order of the training step.
  var parameters: [[Double]]
  let widths: [Int]
  let codes: [[Int]]
  /// Dropout's factors, a network and layer.
  let factors: [[[Double]?]]
  let temperatures: [Double]

  /// Reads a step that has been differentiated on `rows`.
  init(_ step: RQVAEStep, options: RQVAEOptions, rows: [[Double]]) {
    self.options = options
    self.rows = rows
    parameters =
      (step.encoder.parameters + step.decoder.parameters + step.quantizer.levels.map(\.codewords)).map {
        $0.array.map(Double.init)
      }
    widths = [rows[0].count] + step.encoder.layers.map(\.outputs)
    codes = step.quantizer.levels.map { level in rows.indices.map { Int(level.codes[$0]) } }
    factors = [step.encoder, step.decoder].map { network in
      network.layers.map { layer in
        layer.dropout.map { dropout in
          (0..<rows.count * layer.inputs).map { Double(dropout.factors[$0 / layer.inputs, $0 % layer.inputs]) }
        }
      }
    }
    temperatures = step.quantizer.entropies.map(\.temperature)
  }

  private func network(
    _ input: [[Double]], _ parameters: [[Double]], at start: inout Int, layers: Int, skip: Bool, factors: [[Double]?]
  ) -> [[Double]] {
    var values = input
    for layer in 0..<layers {
      let isLast = layer == layers - 1
      let bias = parameters[start + 1]
      let weights = parameters[start]
      let inputs = values[0].count
      values = values.enumerated().map { row, value in
        let dropped = value.enumerated().map { column, x in
          x * (factors[layer].map { $0[row * inputs + column] } ?? 1)
        }
        return bias.indices.map { output in
          (0..<inputs).reduce(bias[output]) { $0 + weights[output * inputs + $1] * dropped[$1] }
        }
      }
      start += 2
      guard !isLast else { break }
      if options.network.hasBatchNorm {
        let (scale, shift) = (parameters[start], parameters[start + 1])
        start += 2
        let n = Double(values.count)
        for column in bias.indices {
          let mean = values.reduce(0) { $0 + $1[column] } / n
          let variance = values.reduce(0) { $0 + ($1[column] - mean) * ($1[column] - mean) } / n
          for row in values.indices {
            values[row][column] =
              (values[row][column] - mean) / (variance + 1e-5).squareRoot() * scale[column] + shift[column]
          }
        }
      }
      values = values.map { $0.map(activate) }
    }
    guard skip else { return values }
    return zip(values, input).map { zip($0, $1).map(+) }
  }

  private func activate(_ x: Double) -> Double {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + Math.exp(-x)) }
    switch options.network.activation {
    case .relu: return max(0, x)
    case .silu: return x * sigmoid(x)
    case .gelu: return x * sigmoid(2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
    }
  }

  private func codeword(_ level: Int, _ row: Int, _ parameters: [[Double]]) -> [Double] {
    let book = parameters[parameters.count - options.levelSizes.count + level]
    let d = widths[widths.count - 1]
    return Array(book[codes[level][row] * d..<(codes[level][row] + 1) * d])
  }

  /// The latent vectors, and the residuals that each level sees with the codewords of the point.
  private func residuals(_ z: [[Double]]) -> [[[Double]]] {
    var all = [z]
    for level in options.levelSizes.indices {
      all.append(all[level].enumerated().map { row, r in zip(r, codeword(level, row, parameters)).map(-) })
    }
    return all
  }

  /// The surrogate loss with `changed` parameters, everything held constant taken at `parameters`.
  func loss(_ changed: [[Double]]) -> Double {
    let layers = widths.count - 1
    let skip = options.network.skip
    var start = 0
    let z = network(rows, changed, at: &start, layers: layers, skip: skip != .none, factors: factors[0])
    var origin = 0
    let z0 = network(rows, parameters, at: &origin, layers: layers, skip: skip != .none, factors: factors[0])
    let r = residuals(z)
    let r0 = residuals(z0)
    let q = z.indices.map { row -> [Double] in
      let q0 = zip(z0[row], r0[options.levelSizes.count][row]).map(-)
      return options.quantizer.estimator == .rotation
        ? Self.rotate(z[row], from: z0[row], to: q0) : zip(z[row], zip(q0, z0[row]).map(-)).map(+)
    }
    let decoded = network(q, changed, at: &start, layers: layers, skip: skip == .both, factors: factors[1])
    let elements = Double(rows.count * rows[0].count)
    var total = 0.0
    for (x, y) in zip(rows, decoded) {
      for (a, b) in zip(x, y) { total += (options.schedule.loss == .mse ? (a - b) * (a - b) : abs(a - b)) / elements }
    }
    let quantizer = options.quantizer
    let share = quantizer.weight / Double(options.levelSizes.count)
    for level in options.levelSizes.indices {
      let codeElements = Double(rows.count * widths[layers])
      for row in rows.indices {
        let fixed = codeword(level, row, parameters)
        let moving = codeword(level, row, changed)
        for column in fixed.indices {
          let pull = fixed[column] - r[level][row][column]
          total += share * quantizer.commitment * pull * pull / codeElements
          guard quantizer.learning == .gradient else { continue }
          let fit = moving[column] - r0[level][row][column]
          total += share * fit * fit / codeElements
        }
      }
      if quantizer.entropyWeight > 0 {
        total += share * quantizer.entropyWeight * entropy(level, r[level], changed)
      }
    }
    return total
  }

  private func entropy(_ level: Int, _ r: [[Double]], _ changed: [[Double]]) -> Double {
    let size = options.levelSizes[level]
    let d = widths[widths.count - 1]
    let books = options.quantizer.learning == .gradient ? changed : parameters
    let book = books[books.count - options.levelSizes.count + level]
    var mean = [Double](repeating: 0, count: size)
    for vector in r {
      let shares = (0..<size).map { code in
        Math.exp(
          -(0..<d).reduce(0.0) { $0 + (vector[$1] - book[code * d + $1]) * (vector[$1] - book[code * d + $1]) }
            / temperatures[level])
      }
      let sum = shares.reduce(0, +)
      for code in 0..<size { mean[code] += shares[code] / sum / Double(r.count) }
    }
    return Math.log(Double(size)) + mean.reduce(0) { $0 + $1 * Math.log($1) }
  }

  /// (|q|/|z₀|) R z, where R turns z₀ onto q: R = I − 2 w wᵀ + 2 v uᵀ.
  private static func rotate(_ z: [Double], from z0: [Double], to q: [Double]) -> [Double] {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let (zLength, qLength) = (dot(z0, z0).squareRoot(), dot(q, q).squareRoot())
    let u = z0.map { $0 / zLength }
    let v = q.map { $0 / qLength }
    var w = zip(u, v).map(+)
    let length = dot(w, w).squareRoot()
    w = w.map { $0 / length }
    let (wz, uz) = (dot(w, z), dot(u, z))
    return z.indices.map { qLength / zLength * (z[$0] - 2 * wz * w[$0] + 2 * uz * v[$0]) }
  }
}
