import CKernels
import Tokenizers
public import Vectors

extension SemanticIndex {
  /// The nearest items to each query, through the trie: see `SearchOptions` for how much work that may be.
  ///
  /// Queries are searched side by side, in blocks that do not depend on the number of threads, and neither do results.
  /// (Quantised distances of few queries and of many may differ in the last bits, and with them which item is the last
  /// to be reranked; exact distances do not.)
  ///
  /// - Parameters:
  ///   - queries: rows of the index's dimension; under cosine they are brought to length 1.
  ///   - filter: the items that may be found. Budgets count these alone; where they are no more than may be reranked, all
  ///     of them are.
  /// - Throws: `InputError` when the index cannot be searched by vector, or a query has another length, holds NaN or
  ///   Inf or, under cosine, has length 0; or for a filter of another index.
  public func search(
    _ queries: Matrix, options: SearchOptions = SearchOptions(), filter: ItemFilter? = nil,
    pool: ThreadPool = ThreadPool()
  ) throws -> [SearchResult] {
    let search = try VectorSearch(self, options: options, filter: filter)
    try checkQueries(queries)
    guard options.k >= 0 else {
      throw InputError(.usage, "search", at: "k", expected: "0 or more", found: "\(options.k)")
    }
    let codewords = search.needsTable ? codewords : nil
    let tokenizer = search.needsTable && manifest.latentDimension != nil ? try self.tokenizer() : nil
    // Tables of a block stay in the second-level cache's reach; the size depends on the index alone.
    let block = max(1, min(32, (1 << 20) / max(codewords?.rows ?? 1, 1)))
    return try inBlocks(of: block, queries.rows, pool) { range in
      let block = queries[rows: range]
      let latents = try tokenizer?.latents(of: block, pool: ThreadPool(threads: 1), source: "queries")
      return try scratch.with { scratch in
        scratch.reserve(queries: block.rows, dimension: block.columns, codewords: codewords?.rows ?? 1)
        try prepare(block, into: &scratch.queries, firstRow: range.lowerBound)
        return try scratch.queries.withUnsafeBufferPointer { vectors in
          try run(search, block.rows, vectors, latents, codewords, scratch)
        }
      }
    }
  }

  /// Searches a block of queries.
  ///
  /// - Parameters:
  ///   - vectors: the queries as they are reranked.
  ///   - latents: what is compared with the codewords, where it is not `vectors`.
  private func run(
    _ search: VectorSearch, _ count: Int, _ vectors: UnsafeBufferPointer<Float>, _ latents: Matrix?,
    _ codewords: Matrix?, _ scratch: SearchScratch
  ) throws -> [SearchResult] {
    try withScanned(latents, or: vectors) { scanned throws -> [SearchResult] in
      if let codewords { fillTables(codewords, scanned, queries: count, scratch) }
      let (width, words) = (codewords?.columns ?? manifest.dimension, codewords?.rows ?? 0)
      return try scratch.tables.withUnsafeBufferPointer { tables throws -> [SearchResult] in
        guard let vectors = vectors.baseAddress, let scanned = scanned.baseAddress, let tables = tables.baseAddress
        else { return [] }
        return try (0..<count).map { query in
          try search.run(
            vectors + query * manifest.dimension, scanned: scanned + query * width,
            table: tables + query * words, scratch: scratch)
        }
      }
    }
  }

  private func withScanned<Result>(
    _ latents: Matrix?, or vectors: UnsafeBufferPointer<Float>,
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    guard let latents else { return try body(vectors) }
    return try latents.withUnsafeBufferPointer { try body($0) }
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

  /// −2⟨q, c⟩ (−⟨q, c⟩ for the inner product) of every query and codeword.
  private func fillTables(
    _ codewords: Matrix, _ queries: UnsafeBufferPointer<Float>, queries count: Int, _ scratch: SearchScratch
  ) {
    let alpha: Float = scansByInnerProduct ? -1 : -2
    let width = codewords.columns
    codewords.withUnsafeBufferPointer { words in
      scratch.tables.withUnsafeMutableBufferPointer { tables in
        guard let words = words.baseAddress, let queries = queries.baseAddress, let tables = tables.baseAddress
        else { return }
        if count < 4 {
          // A product with so few rows is a walk through memory, which the kernel does with fewer steps.
          for query in 0..<count {
            let table = tables + query * codewords.rows
            semid_dot_rows(queries + query * width, words, width, codewords.rows, table)
            for word in 0..<codewords.rows { table[word] *= alpha }
          }
        } else {
          BLAS.gemm(
            .no, .yes, m: count, n: codewords.rows, k: width, alpha: alpha, queries, lda: width, words, ldb: width,
            tables, ldc: codewords.rows)
        }
      }
    }
  }

  /// Runs `body` on blocks of queries, in parallel, and joins what they return.
  func inBlocks<Element>(
    of size: Int, _ count: Int, _ pool: ThreadPool, _ body: (Range<Int>) throws -> [Element]
  ) throws -> [Element] {
    if count <= size { return try body(0..<count) }
    var results = [[Element]](repeating: [], count: (count + size - 1) / size)
    try results.withUnsafeMutableBufferPointer { results in
      try pool.run(tasks: results.count, throwing: { results[$0] = try body($0 * size..<min(count, ($0 + 1) * size)) })
    }
    return Array(results.joined())
  }

  /// Whether items are scanned by inner product with the query: latents are compared by distance, whatever the metric.
  var scansByInnerProduct: Bool { metric == .innerProduct && manifest.latentDimension == nil }

  func checkQueries(_ queries: Matrix) throws {
    guard queries.columns == manifest.dimension else {
      throw InputError(
        .mismatch, "queries", expected: "vectors of length \(manifest.dimension)", found: "\(queries.columns)",
        remedy: "use the vectors of the model that the index was built with")
    }
  }

  /// Copies queries, brought to length 1 under cosine.
  func prepare(_ queries: Matrix, into target: inout [Float], firstRow: Int) throws {
    let width = queries.columns
    try queries.withUnsafeBufferPointer { source in
      try target.withUnsafeMutableBufferPointer { target in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        let bad = semid_first_non_finite(source, source.distance(to: source + queries.rows * width))
        guard bad == queries.rows * width else {
          throw InputError(
            .malformed, "queries", at: "row \(firstRow + bad / width), column \(bad % width)", expected: "a number",
            found: "\(source[bad])")
        }
        for row in 0..<queries.rows {
          if metric != .cosine {
            (target + row * width).update(from: source + row * width, count: width)
          } else if !UnitVector.write(source + row * width, count: width, into: target + row * width) {
            throw InputError(
              .malformed, "queries", at: "row \(firstRow + row)", expected: "a vector with a direction",
              found: "length 0")
          }
        }
      }
    }
  }
}
