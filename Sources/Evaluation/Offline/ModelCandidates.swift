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

  /// Encodes the items and indexes their codes at `path`.
  init(
    _ model: OfflineEvaluator.NamedTokenizer, _ vectors: Matrix, at path: String, source: String, pool: ThreadPool
  ) throws {
    guard model.tokenizer.dimension == vectors.columns else {
      throw InputError(
        .mismatch, model.name, expected: "a model of vectors of \(vectors.columns) numbers, as \(source) has",
        found: "one of \(model.tokenizer.dimension)",
        remedy: "models of other vectors need a run of their own, with those vectors")
    }
    name = model.name
    tokenizer = model.tokenizer
    let codes = try model.tokenizer.encode(vectors, pool: pool, source: source)
    try IndexBuilder(metric: model.tokenizer.needsDirections ? .cosine : .l2).build(
      IndexContents(codes: codes, tokenizer: model.tokenizer), at: path, pool: pool)
    index = try SemanticIndex(opening: path)
  }

  /// Whether the model's codes can be searched by a rule.
  func knows(_ rule: CandidateRule) -> Bool {
    switch rule {
    case .expansion(.perLevel), .expansion(.product): index.codebooks != nil
    case .distance: tokenizer.additiveCodebooks != nil || tokenizer.hasLatents
    case .expansion: true
    }
  }

  func encode(_ profiles: Matrix, pool: ThreadPool) throws -> Codes {
    try tokenizer.encode(profiles, pool: pool, source: "profiles")
  }

  /// Rows of items, each once.
  func rows(_ rule: CandidateRule, around id: [UInt16], _ profile: [Float], budget: Int) throws -> [Int] {
    switch rule {
    case .expansion(let expansion):
      return index.rows(of: try index.candidates(around: id, by: expansion, budget: budget))
    case .distance:
      return try index.search(profile, options: SearchOptions(k: budget, candidates: budget, scan: budget)).hits
        .map(\.row)
    }
  }
}
