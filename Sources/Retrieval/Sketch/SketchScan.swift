import CKernels
import Vectors

extension Sketch {
  /// Scans the leaves nearest to a query until they hold `limit` items.
  ///
  /// Leaves are ranked by their own sketches, those of the nearest cells that together hold eight times `limit` items: a
  /// query's neighbours lie in many cells, in few leaves of each. Under a mask the limit counts its items, and cells and
  /// leaves without one are passed by.
  ///
  /// - Parameters:
  ///   - query: d floats.
  ///   - candidates: what the estimates go into, by position.
  func scan(
    _ query: UnsafePointer<Float>, _ trie: CodeTrie, byInnerProduct: Bool, limit: Int, mask: ItemMask? = nil,
    _ scratch: SketchScratch, into candidates: inout SmallestKeys, _ account: inout SearchAccount
  ) {
    guard let cells = trie.levels.first, layout.cellCount > 0 else { return }
    let total = mask?.count ?? trie.count
    let limit = min(limit, total)
    scratch.reserve(self)
    let tables = prepare(query, scratch)
    cells.starts.withUnsafeBufferPointer { starts in
      withRun(query, tables, starts, byInnerProduct: byInnerProduct, scratch) { run in
        let ranked: SketchRun.Ranked
        if let mask {
          ranked = run.rankLeaves(holding: limit > total / 8 ? total : 8 * limit, of: total) { mask.count(in: $0) }
          mask.words.withUnsafeBufferPointer { words in
            run.scanLeaves(ranked, limit: limit, allowed: words.baseAddress, into: &candidates, &account)
          }
        } else {
          ranked = run.rankLeaves(holding: limit > total / 8 ? total : 8 * limit, of: total) { $0.count }
          run.scanLeaves(ranked, limit: limit, allowed: nil, into: &candidates, &account)
        }
        account.nodesVisited += ranked.cells
        account.budgetExhausted = account.codesScanned < total
      }
    }
  }

  /// The query, with the mean of all as origin, as tables for the kernel, in the scratch memory.
  private func prepare(_ query: UnsafePointer<Float>, _ scratch: SketchScratch) -> semid_sketch_query {
    var view = semid_sketch_query(groups: rotation.width / 4, tables: scratch.tables, step: 0, base: 0)
    let d = rotation.dimension
    centers.withUnsafeBufferPointer { centers in
      guard let origin = centers.baseAddress.map({ $0 + layout.cellCount * d }) else { return }
      for column in 0..<d { scratch.centered[column] = query[column] - origin[column] }
    }
    rotation.apply(scratch.centered, to: scratch.rotated)
    semid_sketch_tables(scratch.rotated, view.groups, scratch.tables, &view.step, &view.base)
    return view
  }

  private func withRun(
    _ query: UnsafePointer<Float>, _ tables: semid_sketch_query, _ starts: UnsafeBufferPointer<UInt32>,
    byInnerProduct: Bool, _ scratch: SketchScratch, _ body: (SketchRun) -> Void
  ) {
    codes.withUnsafeBufferPointer { codes in
      scales.withUnsafeBufferPointer { scales in
        offsets.withUnsafeBufferPointer { offsets in
          order.withUnsafeBufferPointer { order in
            centers.withUnsafeBufferPointer { centers in
              layout.leaves.withUnsafeBufferPointer { leaves in
                layout.cells.withUnsafeBufferPointer { cells in
                  guard let codes = codes.baseAddress, let scales = scales.baseAddress,
                    let offsets = offsets.baseAddress, let order = order.baseAddress,
                    let centers = centers.baseAddress, let starts = starts.baseAddress,
                    let leaves = leaves.baseAddress, let cells = cells.baseAddress
                  else { return }
                  body(
                    SketchRun(
                      query: query, tables: tables, dimension: rotation.dimension, byInnerProduct: byInnerProduct,
                      codes: codes, scales: scales, offsets: offsets, order: order, centers: centers, starts: starts,
                      leaves: leaves, cells: cells, cellCount: layout.cellCount, cellBlock: layout.cellBlock,
                      leafBlock: layout.leafBlock, scratch: scratch))
                }
              }
            }
          }
        }
      }
    }
  }
}

/// One query's way through a sketch, whose arrays are at hand as pointers: the steps of this way are short, and there are
/// hundreds of them.
private struct SketchRun {
  let query: UnsafePointer<Float>
  let tables: semid_sketch_query
  let dimension: Int
  let byInnerProduct: Bool
  let codes: UnsafePointer<UInt8>
  let scales: UnsafePointer<Float>
  let offsets: UnsafePointer<Float>
  let order: UnsafePointer<UInt32>
  let centers: UnsafePointer<Float>
  /// The first position of each cell, and behind the last; its first leaf, and behind the last; the cell of each leaf.
  let starts: UnsafePointer<UInt32>
  let leaves: UnsafePointer<Int>
  let cells: UnsafePointer<UInt32>
  let cellCount: Int
  let cellBlock: Int
  let leafBlock: Int
  let scratch: SketchScratch

  /// What the scratch memory holds after leaves have been ranked.
  struct Ranked {
    var cells = 0
    var leaves = 0
    /// Allowed items in them.
    var items = 0
  }

  private static let size = SketchLayout.blockSize
  /// Fewer floats of centres than this are compared as they are.
  private static let fewFloats = 1 << 15

  /// The slots of `count` from the first of `block` on whose estimate is at most `threshold`: places and estimates in the
  /// scratch memory.
  @inline(__always)
  private func estimate(block: Int, count: Int, center: Float, threshold: Float) -> Int {
    let slot = block * Self.size
    return withUnsafePointer(to: tables) {
      semid_sketch_scan(
        $0, codes + slot / 2 * tables.groups, scales + slot, offsets + slot, count, center, threshold, scratch.chosen,
        scratch.distances)
    }
  }

  private func measure(cells: Range<Int>) {
    let target = scratch.centers + cells.lowerBound
    let rows = centers + cells.lowerBound * dimension
    if byInnerProduct {
      semid_dot_rows(query, rows, dimension, cells.count, target)
      for index in 0..<cells.count { target[index] = -target[index] }
    } else {
      semid_l2_rows(query, rows, dimension, cells.count, target)
    }
  }

  /// Hands out keys, roughly the smallest first, until what they hold comes to `limit`.
  ///
  /// - Parameters:
  ///   - total: what all keys hold.
  ///   - body: of a key, how much it holds.
  @inline(__always)
  private func takeSmallest(
    _ keys: UnsafeMutableBufferPointer<UInt64>, holding total: Int, until limit: Int,
    _ body: (_ keys: UnsafeMutableBufferPointer<UInt64>, _ index: Int) -> Int
  ) {
    var held = 0
    var taken = 0
    while held < limit, taken < keys.count {
      // As many as should hold what is missing.
      let each = Double(max(1, total - held)) / Double(keys.count - taken)
      let wanted = min(keys.count - taken, max(1, Int((Double(limit - held) / each).rounded(.up))))
      let rest = UnsafeMutableBufferPointer(rebasing: keys[taken...])
      if wanted < rest.count { SmallestKeys.partition(rest, at: wanted - 1) }
      let batch = UnsafeMutableBufferPointer(rebasing: rest[..<wanted])
      for index in 0..<wanted { held += body(batch, index) }
      taken += wanted
    }
  }

  // MARK: Cells

  /// Collects the leaves of the nearest cells in the scratch memory, until the cells hold `least` allowed items.
  ///
  /// - Parameter allowed: how many items of a range of positions are allowed.
  func rankLeaves(holding least: Int, of total: Int, allowed: (Range<Int>) -> Int) -> Ranked {
    // Where all cells are looked into, any order will do.
    let isMeasured = least == total || cellCount * dimension < Self.fewFloats
    if isMeasured {
      measure(cells: 0..<cellCount)
      for cell in 0..<cellCount {
        scratch.cells[cell] = RankKey.make(scratch.centers[cell], UInt32(truncatingIfNeeded: cell))
      }
    } else {
      estimateCells()
    }
    var ranked = Ranked()
    takeSmallest(UnsafeMutableBufferPointer(start: scratch.cells, count: cellCount), holding: total, until: least) {
      keys, index in
      let cell = Int(RankKey.item(keys[index]))
      let items = allowed(Int(starts[cell])..<Int(starts[cell + 1]))
      guard items > 0 else { return 0 }
      if !isMeasured { measure(cells: cell..<cell + 1) }
      ranked.items += items
      ranked.cells += 1
      rankLeaves(of: cell, &ranked.leaves)
      return items
    }
    return ranked
  }

  /// An estimate that is no number, of vectors too long for floats, comes last.
  private func estimateCells() {
    for cell in 0..<cellCount { scratch.cells[cell] = RankKey.make(.infinity, UInt32(truncatingIfNeeded: cell)) }
    for first in stride(from: 0, to: cellCount, by: SearchScratch.stride) {
      let count = min(SearchScratch.stride, cellCount - first)
      let found = estimate(block: cellBlock + first / Self.size, count: count, center: 0, threshold: .infinity)
      for index in 0..<found {
        let cell = first + Int(scratch.chosen[index])
        scratch.cells[cell] = RankKey.make(scratch.distances[index], UInt32(truncatingIfNeeded: cell))
      }
    }
  }

  /// Adds the leaves of a cell, by their estimated distance.
  private func rankLeaves(of cell: Int, _ collected: inout Int) {
    let range = leaves[cell]..<leaves[cell + 1]
    let keys = scratch.leaves + collected
    for leaf in range { keys[leaf - range.lowerBound] = RankKey.make(.infinity, UInt32(truncatingIfNeeded: leaf)) }
    // They begin anywhere within a block.
    var first = range.lowerBound / Self.size * Self.size
    while first < range.upperBound {
      let count = min(SearchScratch.stride, range.upperBound - first)
      let found = estimate(
        block: leafBlock + first / Self.size, count: count, center: scratch.centers[cell], threshold: .infinity)
      for index in 0..<found {
        let leaf = first + Int(scratch.chosen[index])
        guard leaf >= range.lowerBound else { continue }
        keys[leaf - range.lowerBound] = RankKey.make(scratch.distances[index], UInt32(truncatingIfNeeded: leaf))
      }
      first += count
    }
    collected += range.count
  }

  // MARK: Leaves

  /// Scans the best of the leaves collected until they hold `limit` allowed items.
  ///
  /// - Parameter allowed: the bits of a mask; nil: all are.
  func scanLeaves(
    _ ranked: Ranked, limit: Int, allowed: UnsafePointer<UInt64>?, into candidates: inout SmallestKeys,
    _ account: inout SearchAccount
  ) {
    let keys = UnsafeMutableBufferPointer(start: scratch.leaves, count: ranked.leaves)
    takeSmallest(keys, holding: ranked.items, until: limit) { keys, index in
      if index + 2 < keys.count { prefetch(Int(RankKey.item(keys[index + 2]))) }
      let items = scan(Int(RankKey.item(keys[index])), allowed, into: &candidates)
      account.codesScanned += items
      return items
    }
  }

  @inline(__always)
  private func prefetch(_ leaf: Int) {
    let slot = leaf * Self.size
    semid_prefetch(codes + slot / 2 * tables.groups, 16 * tables.groups)
    semid_prefetch(scales + slot, Self.size * MemoryLayout<Float>.stride)
    semid_prefetch(offsets + slot, Self.size * MemoryLayout<Float>.stride)
  }

  /// - Returns: how many allowed items the leaf holds.
  @inline(__always)
  private func scan(_ leaf: Int, _ allowed: UnsafePointer<UInt64>?, into candidates: inout SmallestKeys) -> Int {
    let cell = Int(cells[leaf])
    let count = min(Self.size, Int(starts[cell + 1] - starts[cell]) - (leaf - leaves[cell]) * Self.size)
    let order = order + leaf * Self.size
    func isAllowed(_ words: UnsafePointer<UInt64>, _ position: UInt32) -> Bool {
      words[Int(position >> 6)] >> UInt64(position & 63) & 1 != 0
    }
    var items = count
    if let allowed {
      items = (0..<count).count { isAllowed(allowed, order[$0]) }
      if items == 0 { return 0 }
    }
    let found = estimate(block: leaf, count: count, center: scratch.centers[cell], threshold: candidates.threshold)
    for index in 0..<found {
      let position = order[Int(scratch.chosen[index])]
      if let allowed, !isAllowed(allowed, position) { continue }
      candidates.insert(RankKey.make(scratch.distances[index], position))
    }
    return items
  }
}
