public import Vectors

extension SemanticIndex {
  /// The nearest items to each query. `SearchOptions` says how much work a search may do.
  ///
  /// Queries are searched side by side, in blocks that do not depend on the number of threads. So results do not depend
  /// on it either. (Quantized distances of few queries and of many may differ in the last bits, and with them which
  /// item is the last to be reranked. Exact distances do not differ.)
  ///
  /// - Parameters:
  ///   - queries: rows of the index's dimension; under cosine they are scaled to length 1.
  ///   - filter: the items that may be found. Budgets count these items alone. Where they are no more than may be
  ///     reranked, all of them are.
  /// - Throws: `InputError` when the index cannot be searched by vector; when a query has another length, holds NaN or
  ///   Inf or, under cosine, has length 0; or for a filter of another index.
  public func search(
    _ queries: Matrix, options: SearchOptions = SearchOptions(), filter: ItemFilter? = nil,
    pool: ThreadPool = ThreadPool()
  ) throws -> [SearchResult] {
    try searcher.search(queries, options: options, among: filter.map { try searched($0) }, pool: pool)
  }

  /// The nearest items to one query.
  public func search(
    _ query: [Float], options: SearchOptions = SearchOptions(), filter: ItemFilter? = nil
  ) throws -> SearchResult {
    let results = try search(
      Matrix(rows: 1, columns: query.count, values: query), options: options, filter: filter,
      pool: ThreadPool(threads: 1))
    return results[0]
  }

  /// The nearest items to each query by FAISS over all vectors: the best recall that any search can have.
  ///
  /// FAISS computes distances of many queries as ‖q‖² + ‖x‖² − 2⟨q, x⟩, which rounds. So FAISS only finds the
  /// candidates, as many as rounding could have misplaced. The kernels of every search here rank them. On Flat vectors
  /// the result is exact, ties by row. On others it is FAISS's own search of its approximations.
  ///
  /// - Parameter filter: the items that may be found. Only their vectors are compared, and the answer is then exact for
  ///   approximations too.
  /// - Throws: `InputError` when the index holds no vectors or a query cannot be used, or for a filter of another
  ///   index.
  public func exactSearch(
    _ queries: Matrix, k: Int = 10, filter: ItemFilter? = nil, pool: ThreadPool = ThreadPool()
  ) throws -> [SearchResult] {
    try searcher.exactSearch(queries, k: k, among: filter.map { try searched($0) }, pool: pool)
  }
}
