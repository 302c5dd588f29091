import Foundation

extension IndexClient {
  /// One item: its semantic ID, its attributes, and the number of items at each level of its ID.
  ///
  /// - Parameters:
  ///   - id: the item's id.
  ///   - withVector: whether the answer has its vector.
  public func item(_ id: String, withVector: Bool = false) async throws -> Item {
    try await get(["items", id], query: [("vector", withVector ? "true" : nil)]).result()
  }

  /// The items of a semantic ID.
  ///
  /// - Parameters:
  ///   - limit: most items of the answer; 100 by default.
  ///   - offset: items to pass over.
  public func items(of semanticID: String, limit: Int? = nil, offset: Int? = nil) async throws -> ItemsOfID {
    try await get(["ids", semanticID], query: Self.page(limit, offset)).result()
  }

  /// The children of a prefix, with counts and example items; without a prefix, those of the root.
  ///
  /// - Parameters:
  ///   - limit: most children of the answer; 100 by default.
  ///   - offset: children to pass over.
  public func tree(_ prefix: String? = nil, limit: Int? = nil, offset: Int? = nil) async throws -> Tree {
    let parts = prefix.flatMap { $0.isEmpty ? nil : $0 }.map { ["tree", $0] } ?? ["tree"]
    return try await get(parts, query: Self.page(limit, offset)).result()
  }

  private static func page(_ limit: Int?, _ offset: Int?) -> [(String, String?)] {
    [("limit", limit.map { String($0) }), ("offset", offset.map { String($0) })]
  }

  /// The catalogue in two dimensions.
  public func map() async throws -> CatalogueMap { try await get(["map"]).result() }

  /// Adds items, or replaces those with the same id. They are on disk when the answer comes.
  ///
  /// Where an answer was lost and the request was sent again, items that it had added count as replaced.
  ///
  /// - Parameter timeout: as in `query`.
  public func put(_ items: [NewItem], timeout: Duration? = nil) async throws -> UpdateSummary {
    struct Body: Encodable { var items: [NewItem] }
    return try await put(["items"], Body(items: items), timeout: timeout).result()
  }

  /// Deletes items by id. Ids that no item has are counted and passed over.
  ///
  /// - Parameter timeout: as in `query`.
  public func delete(_ ids: [String], timeout: Duration? = nil) async throws -> UpdateSummary {
    struct Body: Encodable { var ids: [String] }
    return try await post(["items", "delete"], Body(ids: ids), timeout: timeout).result()
  }

  /// Deletes the items that a filter allows.
  ///
  /// - Parameter timeout: as in `query`.
  public func delete(where filter: Filter, timeout: Duration? = nil) async throws -> UpdateSummary {
    struct Body: Encodable { var filter: Filter }
    return try await post(["items", "delete"], Body(filter: filter), timeout: timeout).result()
  }

  /// Merges all segments into one, without deleted items.
  ///
  /// - Parameter timeout: as in `query`.
  public func compact(timeout: Duration? = nil) async throws -> UpdateSummary {
    try await post(["compact"], String?.none, timeout: timeout).result()
  }

  /// Has the server serve what stands at the index's path now. The state before is kept for `rollback`.
  public func reload() async throws -> IndexInfo { try await postOnce(["reload"]).result() }

  /// Has the server serve the state before the last reload again.
  public func rollback() async throws -> IndexInfo { try await postOnce(["rollback"]).result() }
}
