import Retrieval
import TextEmbedding
import Tokenizers
import Vectors

/// Runs queries on one state of an index, and writes what they found.
struct QueryRun {
  let served: ServedIndex
  let state: ServedState
  let call: Call

  private var index: SemanticIndex { state.index }

  /// What was found, ready to be written.
  struct Found {
    var hits: [(row: Int, distance: Float?)] = []
    /// Of an ID or a prefix: all of its items.
    var total: Int?
    var explanation = Explanation()
  }

  struct Explanation {
    var path = "lookup"
    var account: SearchAccount?
    var allowed: Int?
    var idText: String?
    var seconds: [(name: String, seconds: Double)] = []
  }

  func run(_ query: QueryRequest, pool: ThreadPool) throws -> Found {
    switch query.subject {
    case .vector(let vector): return try search(vector, query, leavingOut: nil, pool)
    case .item(let row):
      let vector = try index.vector(ofRow: row)
      return try search(Matrix(rows: 1, columns: vector.count, values: vector), query, leavingOut: row, pool)
    case .text(let text):
      let start = ContinuousClock.now
      let vector = try encode([text])
      let seconds = Answer.seconds(since: start)
      var found = try search(vector, query, leavingOut: nil, pool)
      found.explanation.seconds.insert(("encode", seconds), at: 0)
      return found
    case .id(let codes):
      return try lookup(query) {
        index.rows(prefix: codes)
      } filtered: {
        try index.rows(prefix: codes, filter: $0)
      }
    case .prefix(let codes):
      return try lookup(query) {
        index.rows(prefix: codes)
      } filtered: {
        try index.rows(prefix: codes, filter: $0)
      }
    case .pattern(let pattern):
      return expansion(query, try index.candidates(matching: pattern, budget: query.settings.k, filter: query.filter))
    case .around(let codes, let rule):
      return expansion(
        query, try index.candidates(around: codes, by: rule, budget: query.settings.k, filter: query.filter))
    }
  }

  /// The vectors of texts, by the encoder of the index.
  func encode(_ texts: [String]) throws -> Matrix {
    guard let encoder = served.attachments.encoder else {
      throw ServerFault(
        .unsupported, "body", expected: "a server with an encoder of texts for this index", found: "none",
        remedy: "start it with --encoder")
    }
    return try encoder.embed(texts, served.attachments.encoding, pool: call.pool).vectors
  }

  private func search(_ vector: Matrix, _ query: QueryRequest, leavingOut own: Int?, _ pool: ThreadPool) throws -> Found
  {
    let results = try search(vector, query.settings, query.filter, extra: own == nil ? 0 : 1, pool)
    return found(results[0], query, leavingOut: own, vector: query.explains ? vector : nil)
  }

  /// Searches queries of equal settings together.
  func search(
    _ vectors: Matrix, _ settings: QueryRequest.Settings, _ filter: ItemFilter?, extra: Int, _ pool: ThreadPool
  ) throws -> [SearchResult] {
    let options = settings.options(extra: extra, of: index)
    do {
      return try settings.isExact
        ? index.exactSearch(vectors, k: options.k, filter: filter, pool: pool)
        : index.search(vectors, options: options, filter: filter, pool: pool)
    } catch var error as InputError where error.kind == .malformed {
      // A vector without a direction, under cosine.
      error.kind = .mismatch
      throw error
    }
  }

  /// - Parameter vector: to say which ID it has; nil: not asked.
  func found(_ result: SearchResult, _ query: QueryRequest, leavingOut own: Int?, vector: Matrix?) -> Found {
    var found = Found()
    for hit in result.hits where hit.row != own && found.hits.count < query.settings.k {
      found.hits.append((hit.row, hit.distance))
    }
    guard query.explains else { return found }
    found.explanation.path =
      query.settings.isExact ? "exact" : result.account.answeredDirectly ? "direct" : "scan"
    found.explanation.account = result.account
    found.explanation.allowed = result.account.allowed
    // Where there is no model, there is no ID to tell.
    if let vector, let codes = try? state.tokenizer().encode(vector, pool: call.pool) {
      found.explanation.idText = index.shape.text(codes[0])
    }
    return found
  }

  private func lookup(
    _ query: QueryRequest, all: () -> [Int], filtered: (ItemFilter) throws -> [Int]
  ) throws -> Found {
    let rows = try query.filter.map(filtered) ?? all()
    var found = Found()
    found.hits = rows.prefix(query.settings.k).map { ($0, nil) }
    found.total = rows.count
    return found
  }

  private func expansion(_ query: QueryRequest, _ set: CandidateSet) -> Found {
    var found = Found()
    found.explanation.path = "expansion"
    found.explanation.idText = nil
    outer: for entry in set.entries {
      for row in index.rows(of: entry, in: set) {
        if found.hits.count == query.settings.k { break outer }
        found.hits.append((row, entry.distance))
      }
    }
    return found
  }

  func write(_ found: Found, _ query: QueryRequest, to writer: inout JSONWriter) throws {
    try writer.object { writer in
      writer.key("hits")
      try writer.array(found.hits) { try query.writer.hit($1.row, distance: $1.distance, to: &$0) }
      writer.member("total", found.total)
      guard query.explains else { return }
      let explanation = found.explanation
      writer.key("explain")
      try writer.object { writer in
        writer.member("path", explanation.path)
        if let account = explanation.account {
          writer.member("scanned", account.codesScanned)
          writer.member("sifted", account.vectorsSifted)
          writer.member("reranked", account.vectorsReranked)
          writer.member("budget_exhausted", account.budgetExhausted)
        }
        writer.member("allowed", try explanation.allowed ?? query.filter.map { try index.count(under: $0) })
        writer.member("query_semantic_id", explanation.idText)
        writer.member("segments", index.manifest.segments.count)
        if !explanation.seconds.isEmpty {
          writer.key("seconds")
          writer.object { writer in for part in explanation.seconds { writer.member(part.name, number: part.seconds) } }
        }
      }
    }
  }
}
