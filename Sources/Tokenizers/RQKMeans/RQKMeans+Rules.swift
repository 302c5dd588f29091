package import Vectors

extension RQKMeans {
  /// Encodes by the rules that are given, and by the model's own where they are not.
  ///
  /// - Parameters:
  ///   - beam: partial codes kept of every vector; nil: as the model was trained.
  ///   - balance: nil: as the model was trained.
  ///   - model: what errors call the model.
  /// - Throws: `InputError` where the rules do not go together, or the model has no prices; as `encode` otherwise.
  package func encode(
    _ vectors: Matrix, beam: Int?, balance: Balance?, pool: ThreadPool, source: String, model: String
  ) throws -> Codes {
    let width = beam ?? options.beam
    switch balance ?? options.balance {
    case .strict:
      guard width == 1 else {
        throw InputError(
          .usage, "--beam", expected: "1 where rows are shared out evenly (--balance strict), level by level",
          found: "\(width)", remedy: "encode with --balance price")
      }
      return try encodeBalanced(vectors, pool: pool, source: source)
    case .price:
      guard !prices.isEmpty else {
        throw InputError(
          .unsupported, model, expected: "a model with prices for --balance price", found: "one without",
          remedy: "train it with --balance price or strict")
      }
      return try encode(vectors, beam: width, pool: pool, source: source)
    case .none:
      let plain = prices.isEmpty ? self : try RQKMeans(codebooks: codebooks, options: options)
      return try plain.encode(vectors, beam: width, pool: pool, source: source)
    }
  }
}

extension Tokenizer {
  /// Encodes by the rules that are given: see `RQKMeans.encode(_:beam:balance:pool:source:model:)`.
  ///
  /// - Throws: `InputError` also for rules that only residual k-means has.
  package func encode(
    _ vectors: Matrix, beam: Int?, balance: Balance?, pool: ThreadPool, source: String, model: String
  ) throws -> Codes {
    if let kMeans = self as? RQKMeans {
      return try kMeans.encode(vectors, beam: beam, balance: balance, pool: pool, source: source, model: model)
    }
    guard balance == nil || balance == Balance.none, beam == nil else {
      throw InputError(
        .unsupported, model,
        expected: "a model of type \(TokenizerKind.rqKMeans.rawValue) for --balance and --beam", found: kind.rawValue)
    }
    return try encode(vectors, pool: pool, source: source)
  }
}
