public import CSemid
import SemanticID

private struct ModelInfo: Encodable {
  var kind: String
  var dimension: Int
  var levelSizes: [Int]
  var fingerprint: String
  var needsDirections: Bool
  var hasLatents: Bool
  /// Length of the vectors that are quantized.
  var codebookDimension: Int
  var decodes: Bool
  var kMeans: RQKMeansOptions?
  var autoencoder: RQVAEOptions?
}

@c @implementation
public func semid_tokenizer_of_codebooks(
  _ codewords: semid_matrix, _ levelSizes: UnsafePointer<Int64>?, _ levels: Int64, _ prices: UnsafePointer<Float>?,
  _ priceCount: Int64, _ options: semid_text, _ tokenizer: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let all = try codewords.required("codewords", pool: ThreadPool(threads: 1))
    let sizes = try CallerArray.copy(levelSizes, count: levels, "level sizes").map { Int(clamping: $0) }
    guard !sizes.isEmpty, sizes.allSatisfy({ (1...65_536).contains($0) }), sizes.reduce(0, +) == all.rows else {
      throw InputError(
        .mismatch, "codewords", expected: "levels of 1 to 65536 codewords, \(all.rows) in all", found: "\(sizes)")
    }
    var first = 0
    let books = sizes.map { size in
      defer { first += size }
      // A copy: the model outlives the call.
      return Matrix(rows: size, columns: all.columns, values: all[rows: first..<first + size].values.array)
    }
    var defaults = RQKMeansOptions()
    defaults.levelSizes = sizes
    let options = try CallOptions.decode(options, over: defaults, "options")
    let given = try CallerArray.copy(prices, count: priceCount, "prices")
    guard given.isEmpty || given.count == all.rows else {
      throw InputError(
        .mismatch, "prices", expected: "\(all.rows), one a codeword, or none", found: "\(given.count)")
    }
    var place = 0
    let prices: [[Float]] = (given.isEmpty ? [] : sizes).map { size in
      defer { place += size }
      return Array(given[place..<place + size])
    }
    guard options.balance == .none || !prices.isEmpty else {
      throw InputError(
        .usage, "balance", expected: "prices with balance \(options.balance.rawValue)", found: "none",
        remedy: "give the prices of the model's codewords, or balance none")
    }
    let model = try RQKMeans(codebooks: Codebooks(levels: books), options: options, prices: prices)
    try tokenizer.give(.tokenizer(model), as: "tokenizer")
  }
}

@c @implementation
public func semid_tokenizer_open(_ path: semid_text, _ tokenizer: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run { try tokenizer.give(.tokenizer(try TokenizerModel.open(path.required("path"))), as: "tokenizer") }
}

@c @implementation
public func semid_tokenizer_save(_ tokenizer: UInt64, _ path: semid_text, _ form: semid_text) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    let path = try path.required("path")
    switch try form.string("form") ?? "semid" {
    case "semid":
      try Output.check([.directory(path, .tokenizer)])
      try model.write(to: path)
    case "semantic-id":
      try Output.check([.directory(path, .semanticIDPackage)])
      if let model = model as? RQKMeans {
        try model.writeSemanticID(to: path)
      } else if let model = model as? RQVAE {
        try model.writeSemanticID(to: path)
      }
    case let other: throw InputError(.usage, "form", expected: "semid or semantic-id", found: other)
    }
  }
}

@c @implementation
public func semid_tokenizer_info(_ tokenizer: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    let kMeans = model as? RQKMeans
    let autoencoder = model as? RQVAE
    try result.give(
      try CallResult(
        json: ModelInfo(
          kind: model.kind.rawValue, dimension: model.dimension, levelSizes: model.levelSizes,
          fingerprint: model.fingerprint, needsDirections: model.needsDirections, hasLatents: model.hasLatents,
          codebookDimension: autoencoder?.codeDimension ?? model.dimension,
          decodes: kMeans?.options.normalizesResiduals != true, kMeans: kMeans?.options,
          autoencoder: autoencoder?.options)))
  }
}

@c @implementation
public func semid_tokenizer_codebook(
  _ tokenizer: UInt64, _ level: Int64, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    guard let books = (model as? RQKMeans)?.codebooks ?? (model as? RQVAE)?.codebooks else {
      throw InputError(.unsupported, "tokenizer", expected: "a model with codebooks", found: model.kind.rawValue)
    }
    try InputError.check("level", Int(clamping: level), in: 0...books.levels.count - 1)
    var arrays: [String: CallResult.Values] = ["codewords": .float(books.levels[Int(level)].values)]
    if let prices = (model as? RQKMeans)?.prices, !prices.isEmpty {
      arrays["prices"] = .float(Buffer(prices[Int(level)]))
    }
    try result.give(CallResult(arrays))
  }
}

@c @implementation
public func semid_tokenizer_encode(
  _ tokenizer: UInt64, _ vectors: semid_matrix, _ source: semid_text, _ beam: Int64, _ balance: semid_text,
  _ threads: Int64, _ codes: UnsafeMutablePointer<UInt16>?, _ capacity: Int64
) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    let source = try source.string("source") ?? "vectors"
    let pool = try Call.pool(threads)
    guard let vectors = try vectors.matrix(source) else {
      throw InputError(.usage, source, expected: "vectors", found: "none")
    }
    let needed = try CallerArray.product(Int64(vectors.rows), Int64(model.levelSizes.count), source)
    let target = try CallerArray.output(codes, capacity: capacity, needed: needed, "codes")
    try InputError.check("beam", Int(clamping: beam), in: 0...Int(RQKMeansOptions.beamRange.upperBound))
    let rule = try balance.string("balance").map { name in
      guard let rule = Balance(rawValue: name) else {
        throw InputError(
          .usage, "balance", expected: Balance.allCases.map(\.rawValue).joined(separator: ", "), found: name)
      }
      return rule
    }
    let found = try model.encode(
      vectors, beam: beam == 0 ? nil : Int(beam), balance: rule, pool: pool, source: source, model: "tokenizer")
    found.values.withUnsafeBufferPointer { _ = target.update(fromContentsOf: $0) }
  }
}

@c @implementation
public func semid_tokenizer_decode(
  _ tokenizer: UInt64, _ codes: semid_codes, _ threads: Int64, _ vectors: UnsafeMutablePointer<Float>?,
  _ capacity: Int64
) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    let codes = try codes.required(sizes: model.levelSizes)
    let needed = try CallerArray.product(Int64(codes.count), Int64(model.dimension), "vectors")
    let target = try CallerArray.output(vectors, capacity: capacity, needed: needed, "vectors")
    let found = try model.decode(codes, pool: Call.pool(threads))
    found.withUnsafeBufferPointer { _ = target.update(fromContentsOf: $0) }
  }
}

@c @implementation
public func semid_tokenizer_latents(
  _ tokenizer: UInt64, _ vectors: semid_matrix, _ source: semid_text, _ threads: Int64,
  _ latents: UnsafeMutablePointer<Float>?, _ capacity: Int64
) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    let source = try source.string("source") ?? "vectors"
    let pool = try Call.pool(threads)
    let vectors = try vectors.required(source, pool: pool)
    guard vectors.columns == model.dimension else {
      throw InputError(
        .mismatch, source, expected: "vectors of dimension \(model.dimension), the model's", found: "\(vectors.columns)"
      )
    }
    let found = try model.latents(of: vectors, pool: pool, source: source)
    let target = try CallerArray.output(latents, capacity: capacity, needed: found.values.count, "latents")
    found.withUnsafeBufferPointer { _ = target.update(fromContentsOf: $0) }
  }
}
