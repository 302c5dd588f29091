import CKernels
import Tokenizers
import Vectors

extension Searcher {
  /// The nearest items to each query, as `SemanticIndex.search` finds them.
  ///
  /// - Parameter filtered: the segments, and the items of each that a filter leaves; nil without a filter.
  func search(
    _ queries: Matrix, options: SearchOptions, among filtered: [SearchedSegment]?, pool: ThreadPool
  ) throws -> [SearchResult] {
    let search = try VectorSearch(self, options: options, among: filtered)
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
          // With so few rows a product is bound by memory. The kernel takes fewer steps.
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
}
