import Formats
import Retrieval
import Tokenizers
import Vectors

/// The candidates that a model's codes give for profiles.
struct ModelCandidates: Sendable {
  let name: String
  /// The items by their codes alone.
  private let index: SemanticIndex
  private let tokenizer: any Tokenizer
  /// Levels of the items' codes that the model does not have.
  private let added: Int
  /// Where a rule asks for them.
  private let decoded: DecodedItems?

  /// Encodes the items, unless they have codes, and indexes their codes at `path`.
  init(
    _ model: OfflineEvaluator.NamedTokenizer, _ vectors: Matrix, _ options: OfflineOptions, at path: String,
    source: String, pool: ThreadPool
  ) throws {
    guard model.tokenizer.dimension == vectors.columns else {
      throw InputError(
        .mismatch, model.name, expected: "a model of vectors of \(vectors.columns) numbers, as \(source) has",
        found: "one of \(model.tokenizer.dimension)",
        remedy: "models of other vectors need a run of their own, with those vectors")
    }
    name = model.name
    tokenizer = model.tokenizer
    let codes = try model.codes ?? model.tokenizer.encode(vectors, pool: pool, source: source)
    guard codes.count == vectors.rows, codes.levelSizes.starts(with: tokenizer.levelSizes) else {
      throw InputError(
        .mismatch, model.name, expected: "\(vectors.rows) codes of levels \(tokenizer.levelSizes), the model's",
        found: "\(codes.count) of \(codes.levelSizes)")
    }
    added = codes.levels - tokenizer.levelSizes.count
    try IndexBuilder(metric: model.tokenizer.needsDirections ? .cosine : .l2).build(
      IndexContents(codes: codes, tokenizer: model.tokenizer), at: path, pool: pool)
    index = try SemanticIndex(opening: path)
    decoded =
      options.rules.contains(.decoded) && tokenizer.hasLatents
      ? try DecodedItems(codes, tokenizer, options.metric, source: name, pool: pool) : nil
  }

  /// Whether the model's codes can be searched by a rule.
  func knows(_ rule: CandidateRule) -> Bool {
    switch rule {
    case .expansion(.perLevel), .expansion(.product): index.codebooks != nil
    case .distance: tokenizer.additiveCodebooks != nil || tokenizer.hasLatents
    case .decoded: decoded != nil
    case .expansion: true
    }
  }

  func encode(_ profiles: Matrix, pool: ThreadPool) throws -> Codes {
    try tokenizer.encode(profiles, pool: pool, source: "profiles")
  }

  /// Rows of items, each once.
  ///
  /// - Parameters:
  ///   - id: the profile's codes.
  ///   - profile: as it is encoded.
  ///   - query: 1×d, the profile as items are compared with it.
  func rows(
    _ rule: CandidateRule, around id: [UInt16], _ profile: [Float], _ query: Matrix, budget: Int
  ) throws -> [Int] {
    switch rule {
    case .expansion(let expansion):
      let whole = id + Array(repeating: 0, count: added)
      return index.rows(of: try index.candidates(around: whole, by: expansion, budget: budget))
    case .decoded: return decoded?.nearest(query, budget: budget) ?? []
    case .distance:
      return try index.search(profile, options: SearchOptions(k: budget, candidates: budget, scan: budget)).hits
        .map(\.row)
    }
  }
}
