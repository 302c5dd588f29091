import CKernels
import HeapModule
import Vectors

/// Best-first descent of the trie by quantised distance, a scan of the nodes it ends in, and an exact rerank.
///
/// With q·c for every codeword in a table, the score of a node, ‖q − prefix‖² less ‖q‖², is its parent's plus two
/// look-ups. Nodes wait in a queue by the distance at which their best item is expected: the score less the energy that
/// the remaining levels take away on average, which makes nodes of different levels comparable. A node that is small,
/// or whose children are, is scanned as a whole, by table look-ups over the code arrays; others are replaced by their
/// children.
struct VectorSearch {
  let index: SemanticIndex
  let options: SearchOptions
  let norms: PrefixNorms
  private let trie: CodeTrie
  private let tableOffsets: [UInt32]
  /// What the levels below take away on average, by level.
  private let remaining: [Float]
  private let rerankLimit: Int
  private let scanLimit: Int
  /// Whether ‖prefix‖² counts: not for the inner product.
  private let usesNorms: Bool

  init(_ index: SemanticIndex, norms: PrefixNorms, options: SearchOptions) {
    self.index = index
    self.options = options
    self.norms = norms
    trie = index.trie
    usesNorms = !index.scansByInnerProduct
    var offset: UInt32 = 0
    tableOffsets = trie.levelSizes.map { size in
      defer { offset += UInt32(size) }
      return offset
    }
    let last = norms.means.last ?? 0
    let usesNorms = usesNorms
    remaining = norms.means.map { usesNorms ? Float(last - $0) : 0 }
    rerankLimit = options.rerankLimit(count: index.count)
    scanLimit = options.scanLimit(count: index.count)
  }

  /// Searches one query.
  ///
  /// - Parameters:
  ///   - query: d floats, of length 1 under cosine.
  ///   - scanned: what the codes are compared with: the query, or its latent vector.
  ///   - table: for every codeword, level after level, −2⟨q, c⟩; for the inner product −⟨q, c⟩.
  func run(
    _ query: UnsafePointer<Float>, scanned: UnsafePointer<Float>, table: UnsafePointer<Float>, scratch: SearchScratch
  ) throws -> SearchResult {
    var account = SearchAccount()
    scratch.candidates.reset(limit: rerankLimit)
    descend(table, scratch, &account)
    return SearchResult(hits: try rerank(query, scanned, scratch, &account), account: account)
  }

  private func descend(_ table: UnsafePointer<Float>, _ scratch: SearchScratch, _ account: inout SearchAccount) {
    scratch.frontier.removeAll { _ in true }
    push(0..<(trie.levels.first?.count ?? 0), level: 0, dot: 0, table, scratch)
    while account.codesScanned < scanLimit, let next = scratch.frontier.popMin() {
      account.nodesVisited += 1
      let node = CodeTrie.Node(level: Int(next.level), index: Int(next.node))
      let items = trie.items(of: node)
      let children = trie.children(of: node)
      if children.isEmpty || items.count <= 64 || items.count < 8 * children.count {
        scan(items, table, scratch)
        account.codesScanned += items.count
      } else {
        push(children, level: node.level + 1, dot: next.dot, table, scratch)
      }
    }
    account.budgetExhausted = !scratch.frontier.isEmpty
  }

  private func push(
    _ nodes: Range<Int>, level: Int, dot: Float, _ table: UnsafePointer<Float>, _ scratch: SearchScratch
  ) {
    let table = table + Int(tableOffsets[level])
    let isLast = level + 1 == trie.levels.count
    trie.levels[level].codes.withUnsafeBufferPointer { codes in
      trie.levels[level].starts.withUnsafeBufferPointer { starts in
        (isLast ? norms.items : norms.nodes[level]).withUnsafeBufferPointer { norms in
          for node in nodes {
            let dot = dot + table[Int(codes[node])]
            let norm = usesNorms ? norms[isLast ? Int(starts[node]) : node] : 0
            scratch.frontier.insert(
              Frontier(
                key: dot + norm - remaining[level], dot: dot, level: UInt32(truncatingIfNeeded: level),
                node: UInt32(truncatingIfNeeded: node)))
          }
        }
      }
    }
  }

  private func scan(_ items: Range<Int>, _ table: UnsafePointer<Float>, _ scratch: SearchScratch) {
    scratch.withScan { scores, chosen in
      for start in Swift.stride(from: items.lowerBound, to: items.upperBound, by: SearchScratch.stride) {
        let range = start..<min(items.upperBound, start + SearchScratch.stride)
        score(range, table, into: scores)
        let found = semid_select_below(scores, range.count, scratch.candidates.threshold, chosen, range.count)
        for item in 0..<found {
          let item = Int(chosen[item])
          scratch.candidates.insert(RankKey.make(scores[item], UInt32(truncatingIfNeeded: start + item)))
        }
      }
    }
  }

  /// Writes the quantised distances of `items`, less ‖q‖².
  private func score(_ items: Range<Int>, _ table: UnsafePointer<Float>, into scores: UnsafeMutablePointer<Float>) {
    let levels = trie.levelSizes.count
    trie.codes.withUnsafeBufferPointer { codes in
      guard let codes = codes.baseAddress else { return }
      semid_scan_codes(table, tableOffsets, levels, codes + items.lowerBound * levels, items.count, scores)
    }
    norms.items.withUnsafeBufferPointer { norms in
      guard let norms = norms.baseAddress.map({ $0 + items.lowerBound }) else { return }
      guard let scales = self.norms.scales else {
        if usesNorms { for item in 0..<items.count { scores[item] += norms[item] } }
        return
      }
      scales.withUnsafeBufferPointer { scales in
        guard let scales = scales.baseAddress.map({ $0 + items.lowerBound }) else { return }
        // To the quantised point at the item's own length, s·x̂: −2s⟨q, x̂⟩ + s²‖x̂‖².
        let weight: Float = usesNorms ? 1 : 0
        for item in 0..<items.count {
          scores[item] = scales[item] * (scores[item] + weight * scales[item] * norms[item])
        }
      }
    }
  }

  private func rerank(
    _ query: UnsafePointer<Float>, _ scanned: UnsafePointer<Float>, _ scratch: SearchScratch,
    _ account: inout SearchAccount
  ) throws -> [SearchHit] {
    scratch.nearest.reset(limit: min(options.k, index.count))
    let count = scratch.candidates.withKept { kept in
      scratch.reserve(candidates: kept.count)
      for (index, key) in kept.enumerated() {
        scratch.positions[index] = RankKey.item(key)
        scratch.distances[index] = RankKey.distance(key)
      }
      return kept.count
    }
    if let store = index.store {
      try scratch.distances.withUnsafeMutableBufferPointer { distances in
        guard let distances = distances.baseAddress, count > 0 else { return }
        try store.distances(index.metric, query, scratch.positions, count: count, into: distances)
      }
      account.vectorsReranked = count
    } else {
      // No vectors: what the scan found is all there is to say, brought to the metric's unit.
      let square = usesNorms ? squaredLength(scanned) : 0
      let scale: Float = index.metric == .cosine && index.manifest.latentDimension == nil ? 0.5 : 1
      for item in 0..<count { scratch.distances[item] = max(0, scratch.distances[item] + square) * scale }
    }
    trie.rows.withUnsafeBufferPointer { rows in
      for item in 0..<count {
        scratch.nearest.insert(RankKey.make(scratch.distances[item], rows[Int(scratch.positions[item])]))
      }
    }
    return scratch.nearest.withKept { kept in
      var kept = kept
      kept.sort()
      return kept.map { SearchHit(row: Int(RankKey.item($0)), distance: RankKey.distance($0)) }
    }
  }

  private func squaredLength(_ query: UnsafePointer<Float>) -> Float {
    (0..<(index.codewords?.columns ?? 0)).reduce(0) { $0 + query[$1] * query[$1] }
  }
}
