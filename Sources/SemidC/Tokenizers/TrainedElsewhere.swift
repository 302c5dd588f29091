public import CSemid
import SemanticID

/// What a program that trains by itself has to know.
private struct TrainingPlan: Encodable {
  var kMeans: RQKMeansOptions?
  /// The most rows that training uses.
  var rowLimit: Int?
  var autoencoder: RQVAEOptions?
  var batchSize: Int?
  var epochs: Int?
  var evaluationInterval: Int?
  /// Steps without the quantizer.
  var plainSteps: Int?
  var dominantRows: [Int] = []
  var warning: String?

  mutating func take(_ rows: DominantRows) {
    dominantRows = rows.rows
    warning = rows.warning
  }
}

@c @implementation
public func semid_tokenizer_plan(
  _ kind: semid_text, _ options: semid_text, _ vectors: semid_matrix, _ source: semid_text, _ threads: Int64,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let kind = try kind.kind()
    let source = try source.string("source") ?? "vectors"
    let pool = try Call.pool(threads)
    let vectors = try vectors.required(source, pool: pool)
    var plan = TrainingPlan()
    guard kind != .rqKMeans else {
      let options = try CallOptions.decode(options, over: RQKMeansOptions(), "options")
      try options.check(vectors, pool: pool, source: source)
      plan.kMeans = options
      plan.rowLimit = options.rowLimit
      // Directions are of one length.
      if options.metric != .cosine {
        let scale = vectors.withUnsafeBufferPointer { values in
          values.baseAddress.map { base in
            VectorScale(rows: vectors.rows, columns: vectors.columns, pool: pool, row: { base + $0 * vectors.columns })
          }
        }
        try scale?.check(vectors, source: source)
        if let dominant = scale?.dominant { plan.take(dominant) }
      }
      return try result.give(try CallResult(json: plan))
    }
    let autoencoder = try RQVAEOptions.given(options, kind: kind, rows: vectors.rows)
    try autoencoder.check(kind: kind, vectors, source: source)
    let scaling = try InputScaling.of(vectors, pool: pool, source: source) { plan.take($0) }
    plan.batchSize = autoencoder.schedule.batchSize(rows: vectors.rows)
    plan.epochs = autoencoder.schedule.epochs(rows: vectors.rows)
    plan.evaluationInterval = autoencoder.schedule.evaluationInterval(rows: vectors.rows)
    plan.plainSteps = autoencoder.plainSteps(rows: vectors.rows)
    var complete = autoencoder.withLearningRate(kind)
    complete.network.codeDimension = complete.network.codeDimension ?? vectors.columns
    plan.autoencoder = complete
    try result.give(
      try CallResult(
        json: plan, ["mean": .float(Buffer(scaling.mean)), "scale": .float(Buffer([scaling.scale]))]))
  }
}

@c @implementation
public func semid_tokenizer_of_tensors(
  _ kind: semid_text, _ options: semid_text, _ names: semid_texts, _ tensors: UnsafePointer<semid_matrix>?,
  _ count: Int64, _ history: semid_text, _ tokenizer: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let kind = try kind.kind()
    let weights = try Weights(names, tensors, count)
    if kind == .rqKMeans {
      let options = try CallOptions.decode(options, over: RQKMeansOptions(), "options")
      let books = try options.levelSizes.enumerated().map { level, size in
        try weights.matrix("codebooks.\(level)", rows: size)
      }
      let prices =
        !weights.has("prices.0")
        ? []
        : try options.levelSizes.enumerated().map { level, size in try weights.row("prices.\(level)", columns: size) }
      try weights.checkAllTaken()
      let model = try RQKMeans(codebooks: Codebooks(levels: books), options: options, prices: prices)
      return try tokenizer.give(.tokenizer(model), as: "tokenizer")
    }
    let options = try RQVAEOptions.given(options, kind: kind, rows: nil)
    let mean = try weights.row("input.mean")
    guard let code = options.network.codeDimension else {
      throw InputError(.usage, "options", at: "network.codeDimension", expected: "a number", found: "none")
    }
    let widths = [mean.count] + options.network.hidden + [code]
    var model = try RQVAE(
      kind: kind, options: options, scaling: InputScaling(mean: mean, scale: weights.row("input.scale", columns: 1)[0]),
      encoder: weights.layers("encoder", widths, hasBatchNorm: options.network.hasBatchNorm),
      decoder: weights.layers("decoder", widths.reversed(), hasBatchNorm: options.network.hasBatchNorm),
      codebooks: Codebooks(
        levels: options.levelSizes.enumerated().map { level, size in
          try weights.matrix("codebooks.\(level)", rows: size, columns: code)
        }), source: Weights.source)
    try weights.checkAllTaken()
    model.history = try history.string("history") ?? ""
    try tokenizer.give(.tokenizer(model), as: "tokenizer")
  }
}

extension RQVAEOptions {
  /// Options of the caller's over the defaults of the kind.
  static func given(_ text: semid_text, kind: TokenizerKind, rows: Int?) throws -> RQVAEOptions {
    var options = try CallOptions.decode(text, over: RQVAEOptions(kind: kind, rows: rows), "options")
    // One epsilon stands for all levels, as on the command line.
    if options.quantizer.sinkhornEpsilons.count == 1 {
      options.quantizer.sinkhornEpsilons = Array(
        repeating: options.quantizer.sinkhornEpsilons[0], count: options.levelSizes.count)
    }
    return options
  }
}

/// Named tensors of the caller's, copied as they are asked for.
private final class Weights {
  static let source = "tensors"
  private var given: [String: semid_matrix] = [:]
  private var left: Set<String> = []

  init(_ names: semid_texts, _ tensors: UnsafePointer<semid_matrix>?, _ count: Int64) throws {
    let values = try CallerArray.copy(tensors, count: count, Self.source)
    guard let names = try names.column("names of the tensors"), names.count == values.count else {
      throw InputError(.mismatch, "names of the tensors", expected: "\(values.count) names", found: "another number")
    }
    for (index, matrix) in values.enumerated() {
      guard given.updateValue(matrix, forKey: names[index]) == nil else {
        throw InputError(.usage, Self.source, expected: "names that differ", found: "\"\(names[index])\" twice")
      }
    }
    left = Set(given.keys)
  }

  func has(_ name: String) -> Bool { given[name] != nil }

  /// A finite matrix; of any number of columns where none is given.
  func matrix(_ name: String, rows: Int, columns: Int? = nil) throws -> Matrix {
    let place = "tensor \(name)"
    guard let found = try given[name]?.matrix(place) else {
      throw InputError(
        .missing, Self.source, expected: "a tensor \(name)", found: given.keys.sorted().joined(separator: ", "))
    }
    guard found.rows == rows, found.columns == columns ?? found.columns, found.columns > 0 else {
      throw InputError(
        .mismatch, Self.source, at: place, expected: "\(rows) × \(columns.map(String.init) ?? "any")",
        found: "\(found.rows) × \(found.columns)")
    }
    left.remove(name)
    // A copy: the model outlives the call.
    let copy = Matrix(rows: found.rows, columns: found.columns, values: found.values.array)
    guard copy.values.array.allSatisfy(\.isFinite) else {
      throw InputError(.malformed, Self.source, at: place, expected: "finite values", found: "NaN or infinity")
    }
    return copy
  }

  func row(_ name: String, columns: Int? = nil) throws -> [Float] {
    try matrix(name, rows: 1, columns: columns).values.array
  }

  func layers(_ network: String, _ widths: [Int], hasBatchNorm: Bool) throws -> [DenseLayer] {
    try zip(widths, widths.dropFirst()).enumerated().map { index, sizes in
      let prefix = "\(network).\(index)"
      var norm: DenseLayer.Normalization?
      if hasBatchNorm, index < widths.count - 2 {
        norm = .init(
          scale: try row(prefix + ".norm.scale", columns: sizes.1),
          shift: try row(prefix + ".norm.shift", columns: sizes.1),
          mean: try row(prefix + ".norm.mean", columns: sizes.1),
          variance: try row(prefix + ".norm.variance", columns: sizes.1))
      }
      return try DenseLayer(
        weights: matrix(prefix + ".weight", rows: sizes.1, columns: sizes.0),
        bias: row(prefix + ".bias", columns: sizes.1), normalization: norm, source: "\(Self.source): \(prefix)")
    }
  }

  func checkAllTaken() throws {
    guard let name = left.min() else { return }
    throw InputError(
      .usage, Self.source, at: "tensor \(name)", expected: "tensors that the model has", found: "another")
  }
}
