import Foundation

extension IndexClient {
  /// The nearest items to a vector, an item or a text; or the items of a semantic ID or a prefix.
  ///
  /// - Parameter timeout: for all attempts together; by default the client's own.
  public func query(_ query: Query, timeout: Duration? = nil) async throws -> Hits {
    try await post(["query"], query, timeout: timeout).result()
  }

  /// The same with the options that the server has by default.
  ///
  /// - Parameters:
  ///   - count: items wanted; 10 by default.
  ///   - filter: the items that may be found.
  public func query(_ target: QueryTarget, count: Int? = nil, filter: Filter? = nil) async throws -> Hits {
    var query = Query(target, count: count)
    query.filter = filter
    return try await self.query(query)
  }

  /// Several queries at once: one result per query, in their order.
  ///
  /// - Parameter timeout: as in `query`.
  public func queries(_ queries: [Query], timeout: Duration? = nil) async throws -> [Hits] {
    struct Body: Encodable { var queries: [Query] }
    return try await post(["query", "batch"], Body(queries: queries), timeout: timeout).result()
  }

  /// The nearest items to each of some vectors, which are sent as raw 32-bit floats.
  ///
  /// - Parameters:
  ///   - vectors: of one length.
  ///   - count: items wanted of each; 10 by default.
  ///   - candidates: items that are reranked; 200 by default.
  ///   - scan: items that get an estimated distance; 32 times `candidates` by default.
  ///   - isExact: whether every vector is compared.
  ///   - timeout: as in `query`.
  public func nearest(
    to vectors: [[Float]], count: Int? = nil, candidates: Int? = nil, scan: Int? = nil, isExact: Bool? = nil,
    timeout: Duration? = nil
  ) async throws -> [Hits] {
    try await postBinary(
      ["query", "batch"], Self.rows(vectors),
      query: [
        ("k", count.map { String($0) }), ("candidates", candidates.map { String($0) }),
        ("scan", scan.map { String($0) }), ("exact", isExact.map { String($0) }),
      ], timeout: timeout
    ).result()
  }

  /// The semantic IDs around one, with their items.
  ///
  /// - Parameters:
  ///   - semanticID: no item need have it. `*` stands for any code of a level, and there is no rule then.
  ///   - expansion: the rule; the ID alone by default.
  ///   - budget: items wanted, 100 by default. The last ID is whole.
  ///   - filter: the items that may be found.
  ///   - attributes: of the items; none by default.
  ///   - timeout: as in `query`.
  public func candidates(
    around semanticID: String, by expansion: Expansion? = nil, budget: Int? = nil, filter: Filter? = nil,
    attributes: WantedAttributes? = nil, timeout: Duration? = nil
  ) async throws -> Candidates {
    let body = CandidatesBody(
      semanticID: semanticID, expansion: expansion, budget: budget, filter: filter, attributes: attributes)
    return try await post(["candidates"], body, timeout: timeout).result()
  }

  /// The semantic IDs around that of an item, with their items.
  ///
  /// - Parameters:
  ///   - item: the item's id.
  ///   - expansion, budget, filter, attributes, timeout: as above.
  public func candidates(
    aroundItem item: String, by expansion: Expansion? = nil, budget: Int? = nil, filter: Filter? = nil,
    attributes: WantedAttributes? = nil, timeout: Duration? = nil
  ) async throws -> Candidates {
    let body = CandidatesBody(item: item, expansion: expansion, budget: budget, filter: filter, attributes: attributes)
    return try await post(["candidates"], body, timeout: timeout).result()
  }

  private struct CandidatesBody: Encodable {
    var semanticID: String?
    var item: String?
    var expansion: Expansion?
    var budget: Int?
    var filter: Filter?
    var attributes: WantedAttributes?

    enum CodingKeys: String, CodingKey {
      case item, budget, filter, attributes
      case semanticID = "semantic_id"
      case expansion = "expand"
    }
  }

  /// Recall against exact search. The vectors of a sample of the items are the queries.
  ///
  /// - Parameters:
  ///   - count: items wanted of each; 10 by default.
  ///   - sample: number of items; 100 by default.
  ///   - candidates, scan, filter: as in a `Query`.
  ///   - seed: picks the sample.
  ///   - timeout: as in `query`.
  public func recall(
    count: Int? = nil, sample: Int? = nil, candidates: Int? = nil, scan: Int? = nil, filter: Filter? = nil,
    seed: UInt32? = nil, timeout: Duration? = nil
  ) async throws -> Recall {
    struct Body: Encodable {
      var k: Int?
      var sample: Int?
      var candidates: Int?
      var scan: Int?
      var filter: Filter?
      var seed: UInt32?
    }
    let body = Body(k: count, sample: sample, candidates: candidates, scan: scan, filter: filter, seed: seed)
    return try await post(["recall"], body, timeout: timeout).result()
  }

  /// The semantic IDs of vectors, by the index's model. An item may have another ID, where several had the same.
  ///
  /// - Parameter timeout: as in `query`.
  public func encode(_ vectors: [[Float]], timeout: Duration? = nil) async throws -> [EncodedID] {
    try await postBinary(["encode"], Self.rows(vectors), query: [], timeout: timeout).result()
  }

  /// The semantic IDs of texts. The server needs an encoder.
  ///
  /// - Parameter timeout: as in `query`.
  public func encode(texts: [String], timeout: Duration? = nil) async throws -> [EncodedID] {
    struct Body: Encodable { var texts: [String] }
    return try await post(["encode"], Body(texts: texts), timeout: timeout).result()
  }

  /// The vectors that semantic IDs stand for.
  ///
  /// - Parameter timeout: as in `query`.
  public func decode(_ semanticIDs: [String], timeout: Duration? = nil) async throws -> [[Float]] {
    try await post(["decode"], ["semantic_ids": semanticIDs], timeout: timeout).result()
  }

  /// The semantic IDs in a generated text, and their items.
  ///
  /// - Parameters:
  ///   - repair: which ID is taken for one that no item has; none by default.
  ///   - limit: most items of each ID; 10 by default.
  ///   - timeout: as in `query`.
  public func resolve(
    text: String, repair: Repair? = nil, limit: Int? = nil, timeout: Duration? = nil
  ) async throws -> [ResolvedID] {
    struct Body: Encodable {
      var text: String
      var repair: Repair?
      var limit: Int?
    }
    return try await post(["resolve-text"], Body(text: text, repair: repair, limit: limit), timeout: timeout).result()
  }
}

/// Which ID is taken for one that no item has.
public enum Repair: String, Hashable, Sendable, Encodable {
  /// The one with the longest prefix in common.
  case prefix
  /// The one that differs at the fewest levels.
  case hamming
}
