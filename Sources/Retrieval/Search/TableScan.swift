import CKernels
import HeapModule
import Vectors

/// Best-first descent of the trie by quantized distance, and a scan of the nodes at which it ends. For an index without
/// vectors, which knows an item's codes alone.
///
/// A table holds q·c for every codeword. With it the score of a node, ‖q − prefix‖² less ‖q‖², is its parent's score
/// plus two look-ups. Nodes wait in a queue, ordered by the expected distance of their best item: the score less the
/// energy that the remaining levels take away on average. This makes nodes of different levels comparable. A small
/// node, or one with small children, is scanned as a whole, by table look-ups over the code arrays. Any other node is
/// replaced by its children.
struct TableScan {
  /// A segment, with the norms of its nodes.
  struct Segment {
    let searched: SearchedSegment
    let norms: PrefixNorms
    var trie: CodeTrie { searched.trie }
    /// The positions that may be found. Nodes without any are not followed, and the limit counts these alone.
    var mask: ItemMask? { searched.mask }
  }

  let segments: [Segment]
  let scanLimit: Int
  /// Whether ‖prefix‖² counts: not for the inner product.
  let usesNorms: Bool
  private let tableOffsets: [UInt32]
  /// What the levels below take away on average, by level: over the items of all segments.
  private let remaining: [Float]

  init(_ segments: [Segment], levelSizes: [Int], usesNorms: Bool, scanLimit: Int) {
    self.segments = segments
    self.usesNorms = usesNorms
    self.scanLimit = scanLimit
    var offset: UInt32 = 0
    tableOffsets = levelSizes.map { size in
      defer { offset += UInt32(size) }
      return offset
    }
    let items = Double(max(1, segments.reduce(0) { $0 + $1.trie.count }))
    let means =
      segments.count == 1
      ? segments[0].norms.means
      : levelSizes.indices.map { level in
        segments.reduce(0) { $0 + $1.norms.means[level] * Double($1.trie.count) / items }
      }
    let last = means.last ?? 0
    remaining = means.map { usesNorms ? Float(last - $0) : 0 }
  }

  /// - Parameter table: for every codeword, level after level, −2⟨q, c⟩; for the inner product −⟨q, c⟩.
  func descend(_ table: UnsafePointer<Float>, _ scratch: SearchScratch, _ account: inout SearchAccount) {
    scratch.frontier.removeAll { _ in true }
    for (number, segment) in segments.enumerated() {
      push(0..<(segment.trie.levels.first?.count ?? 0), of: segment, number, level: 0, dot: 0, table, scratch)
    }
    while account.codesScanned < scanLimit, let next = scratch.frontier.popMin() {
      account.nodesVisited += 1
      let segment = segments[Int(next.segment)]
      let node = CodeTrie.Node(level: Int(next.level), index: Int(next.node))
      let items = segment.trie.items(of: node)
      let children = segment.trie.children(of: node)
      if children.isEmpty || items.count <= 64 || items.count < 8 * children.count {
        scan(items, of: segment, table, scratch)
        account.codesScanned += segment.mask?.count(in: items) ?? items.count
      } else {
        push(children, of: segment, Int(next.segment), level: node.level + 1, dot: next.dot, table, scratch)
      }
    }
    account.budgetExhausted = !scratch.frontier.isEmpty
  }

  private func push(
    _ nodes: Range<Int>, of segment: Segment, _ number: Int, level: Int, dot: Float, _ table: UnsafePointer<Float>,
    _ scratch: SearchScratch
  ) {
    let table = table + Int(tableOffsets[level])
    let trie = segment.trie
    let isLast = level + 1 == trie.levels.count
    trie.levels[level].codes.withUnsafeBufferPointer { codes in
      trie.levels[level].starts.withUnsafeBufferPointer { starts in
        (isLast ? segment.norms.items : segment.norms.nodes[level]).withUnsafeBufferPointer { norms in
          for node in nodes {
            if let mask = segment.mask, mask.isEmpty(in: Int(starts[node])..<Int(starts[node + 1])) { continue }
            let dot = dot + table[Int(codes[node])]
            let norm = usesNorms ? norms[isLast ? Int(starts[node]) : node] : 0
            scratch.frontier.insert(
              Frontier(
                key: dot + norm - remaining[level], dot: dot, level: UInt16(truncatingIfNeeded: level),
                segment: UInt16(truncatingIfNeeded: number), node: UInt32(truncatingIfNeeded: node)))
          }
        }
      }
    }
  }

  private func scan(
    _ items: Range<Int>, of segment: Segment, _ table: UnsafePointer<Float>, _ scratch: SearchScratch
  ) {
    let base = segment.searched.base
    scratch.withScan { scores, chosen in
      for start in Swift.stride(from: items.lowerBound, to: items.upperBound, by: SearchScratch.stride) {
        let range = start..<min(items.upperBound, start + SearchScratch.stride)
        if let mask = segment.mask, mask.isEmpty(in: range) { continue }
        score(range, of: segment, table, into: scores)
        let found = semid_select_below(scores, range.count, scratch.candidates.threshold, chosen, range.count)
        for item in 0..<found {
          let item = Int(chosen[item])
          if let mask = segment.mask, !mask.contains(start + item) { continue }
          scratch.candidates.insert(RankKey.make(scores[item], UInt32(truncatingIfNeeded: base + start + item)))
        }
      }
    }
  }

  /// Writes the quantized distances of `items`, less ‖q‖².
  private func score(
    _ items: Range<Int>, of segment: Segment, _ table: UnsafePointer<Float>, into scores: UnsafeMutablePointer<Float>
  ) {
    let levels = segment.trie.levelSizes.count
    segment.trie.codes.withUnsafeBufferPointer { codes in
      guard let codes = codes.baseAddress else { return }
      semid_scan_codes(table, tableOffsets, levels, codes + items.lowerBound * levels, items.count, scores)
    }
    segment.norms.items.withUnsafeBufferPointer { norms in
      guard let norms = norms.baseAddress.map({ $0 + items.lowerBound }) else { return }
      guard let scales = segment.norms.scales else {
        if usesNorms { for item in 0..<items.count { scores[item] += norms[item] } }
        return
      }
      scales.withUnsafeBufferPointer { scales in
        guard let scales = scales.baseAddress.map({ $0 + items.lowerBound }) else { return }
        // To the quantized point at the item's own length, s·x̂: −2s⟨q, x̂⟩ + s²‖x̂‖².
        let weight: Float = usesNorms ? 1 : 0
        for item in 0..<items.count {
          scores[item] = scales[item] * (scores[item] + weight * scales[item] * norms[item])
        }
      }
    }
  }
}
