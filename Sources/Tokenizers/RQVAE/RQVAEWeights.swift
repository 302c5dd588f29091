package import Vectors

/// The named weights of a neural model.
///
/// `input.mean` and `input.scale`; `encoder.0.weight` (outputs × inputs), `encoder.0.bias` and, with batch normalization,
/// `encoder.0.norm.scale`, `.shift`, `.mean` and `.variance`, and so on for every layer and for the decoder, whose layers
/// are as wide as the encoder's in reverse; `codebooks.0` (codes × the code's dimension) … A vector is a matrix of one
/// row.
struct RQVAEWeights {
  let kind: TokenizerKind
  let dimension: Int
  /// They name the shape.
  let options: RQVAEOptions

  private static let normalization = ["scale", "shift", "mean", "variance"]

  private var widths: [Int] { [dimension] + options.network.hidden + [options.network.codeDimension ?? dimension] }

  static func tensors(
    scaling: InputScaling, encoder: [DenseLayer], decoder: [DenseLayer], codebooks: Codebooks
  ) -> [(name: String, values: Matrix)] {
    func row(_ values: [Float]) -> Matrix { Matrix(rows: 1, columns: values.count, values: values) }
    var tensors = [("input.mean", row(scaling.mean)), ("input.scale", row([scaling.scale]))]
    for (network, layers) in [("encoder", encoder), ("decoder", decoder)] {
      for (index, layer) in layers.enumerated() {
        tensors += [("\(network).\(index).weight", layer.weights), ("\(network).\(index).bias", row(layer.bias))]
        guard let norm = layer.normalization else { continue }
        for (part, values) in zip(normalization, [norm.scale, norm.shift, norm.mean, norm.variance]) {
          tensors.append(("\(network).\(index).norm.\(part)", row(values)))
        }
      }
    }
    return tensors + codebooks.levels.enumerated().map { ("codebooks.\($0.offset)", $0.element) }
  }

  /// - Parameters:
  ///   - record: of a model that was read; nil for a new one.
  ///   - tensor: the tensor of this name, of so many rows and columns.
  func model(
    source: String, record: ModelRecord?, tensor: (_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix
  ) throws -> RQVAE {
    func row(_ name: String, _ count: Int) throws -> [Float] { try tensor(name, 1, count).values.array }
    func layers(_ name: String, _ widths: [Int]) throws -> [DenseLayer] {
      try zip(widths, widths.dropFirst()).enumerated().map { index, sizes in
        let prefix = "\(name).\(index)"
        var norm: DenseLayer.Normalization?
        if options.network.hasBatchNorm, index < widths.count - 2 {
          let parts = try Self.normalization.map { try row("\(prefix).norm.\($0)", sizes.1) }
          norm = .init(scale: parts[0], shift: parts[1], mean: parts[2], variance: parts[3])
        }
        return try DenseLayer(
          weights: tensor(prefix + ".weight", sizes.1, sizes.0), bias: row(prefix + ".bias", sizes.1),
          normalization: norm, source: "\(source): \(prefix)")
      }
    }
    let widths = widths
    return try RQVAE(
      kind: kind, options: options,
      scaling: InputScaling(mean: row("input.mean", dimension), scale: row("input.scale", 1)[0]),
      encoder: layers("encoder", widths), decoder: layers("decoder", widths.reversed()),
      codebooks: Codebooks(
        levels: options.levelSizes.enumerated().map { level, size in
          try tensor("codebooks.\(level)", size, widths[widths.count - 1])
        }, source: source), source: source, record: record)
  }
}

extension RQVAE {
  /// The named weights, as `model.safetensors` has them.
  package var weights: [(name: String, values: Matrix)] {
    RQVAEWeights.tensors(scaling: scaling, encoder: encoder, decoder: decoder, codebooks: codebooks)
  }

  /// A model of weights that were trained elsewhere, under the names that `weights` has.
  ///
  /// - Parameters:
  ///   - kind: `rqVAE`, `vqVAE` or `rqKMeansPlus`.
  ///   - weights: `input.mean` and `input.scale` may be left out together: vectors then go in as they are.
  ///   - options: their shape (levels, hidden layers, code dimension, batch normalization) is taken from the weights.
  ///   - source: what an error calls the weights.
  /// - Throws: `InputError` naming the tensor that is missing, unknown, of another shape or not finite, and where the
  ///   kind has no networks or the options are out of range.
  package init(
    kind: TokenizerKind, weights: [String: Matrix], options: RQVAEOptions, source: String = "weights"
  ) throws {
    guard kind != .rqKMeans else {
      throw InputError(
        .usage, "kind of model", expected: "rq-vae, vq-vae or rq-kmeans-plus", found: kind.rawValue,
        remedy: "make a model of residual k-means from its codebooks")
    }
    func count(_ name: (Int) -> String) -> Int {
      var count = 0
      while weights[name(count)] != nil { count += 1 }
      return count
    }
    func missing(_ name: String, _ expected: String) -> InputError {
      InputError(.missing, source, at: "tensor \(name)", expected: expected, found: "none")
    }
    let encoder = (0..<count { "encoder.\($0).weight" }).compactMap { weights["encoder.\($0).weight"] }
    guard let first = encoder.first, let last = encoder.last else {
      throw missing("encoder.0.weight", "the first layer's weights, outputs × inputs")
    }
    let levels = (0..<count { "codebooks.\($0)" }).compactMap { weights["codebooks.\($0)"] }
    guard !levels.isEmpty else { throw missing("codebooks.0", "the first level's codewords") }
    guard (encoder + levels).allSatisfy({ $0.rows > 0 && $0.columns > 0 }) else {
      throw InputError(.malformed, source, expected: "weights with rows and columns", found: "an empty matrix")
    }

    var options = options
    options.levelSizes = levels.map(\.rows)
    options.network.hidden = encoder.dropLast().map(\.rows)
    options.network.hasBatchNorm = weights.keys.contains { $0.contains(".norm.") }
    options.network.codeDimension = options.network.skip == .none ? last.rows : nil
    try options.validate(kind: kind)
    options.network.codeDimension = last.rows

    var weights = weights
    if weights["input.mean"] == nil, weights["input.scale"] == nil {
      let scaling = InputScaling.none(dimension: first.columns)
      weights["input.mean"] = Matrix(rows: 1, columns: first.columns, values: scaling.mean)
      weights["input.scale"] = Matrix(rows: 1, columns: 1, values: [scaling.scale])
    }
    var used: Set<String> = []
    self = try RQVAEWeights(kind: kind, dimension: first.columns, options: options).model(
      source: source, record: nil
    ) { name, rows, columns in
      used.insert(name)
      guard let tensor = weights[name] else { throw missing(name, "\(rows) × \(columns) values") }
      guard tensor.rows == rows, tensor.columns == columns else {
        throw InputError(
          .mismatch, source, at: "tensor \(name)", expected: "\(rows) × \(columns), as the encoder's layers say",
          found: "\(tensor.rows) × \(tensor.columns)")
      }
      return tensor
    }
    let unknown = weights.keys.filter { !used.contains($0) }.sorted()
    guard unknown.isEmpty else {
      throw InputError(
        .usage, source, at: "tensor \(unknown[0])", expected: "a tensor that the model has",
        found: "\(unknown.count) that it has not")
    }
  }
}
