import CKernels
import Vectors

/// Ranks cells: chooses the cells that a query looks into, and their leaves.
extension SketchRun {
  /// With fewer floats of centers than this, the distances to all centers are computed exactly.
  private static let fewFloats = 1 << 15

  /// Collects the leaves of the nearest cells in the scratch memory, until the cells hold `least` allowed items.
  ///
  /// - Parameter allowed: how many items of a range of slots are allowed.
  func rankLeaves(holding least: Int, of total: Int, _ ranked: inout Ranked, allowed: (Range<Int>) -> Int) {
    let keys = scratch.cells
    func take(_ count: Int, holding held: Int, until limit: Int, isMeasured: Bool) -> Int {
      return Self.takeSmallest(UnsafeMutableBufferPointer(start: keys, count: count), holding: held, until: limit) {
        (keys, index) -> Int in
        let cell = Int(RankKey.item(keys[index]))
        let first = Int(leaves[cell]) * Self.size
        let items = allowed(first..<first + Int(starts[cell + 1] - starts[cell]))
        guard items > 0 else { return 0 }
        if !isMeasured { measure(cells: cell..<cell + 1) }
        ranked.items += items
        ranked.cells += 1
        rankLeaves(of: cell, &ranked.leaves)
        return items
      }
    }
    // Where all cells are looked into, any order will do.
    if least == total || cellCount * dimension < Self.fewFloats {
      measure(cells: 0..<cellCount)
      for cell in 0..<cellCount { keys[cell] = RankKey.make(measured[cell], UInt32(truncatingIfNeeded: cell)) }
      _ = take(cellCount, holding: total, until: least, isMeasured: true)
      return
    }
    estimateCells()
    var (taken, held, rank) = (0, 0, 0)
    var passed = -Float.infinity
    while held < least, taken < cellCount {
      let each = max(1, (total - held) / (cellCount - taken))
      // Twice as many as should hold enough, since cells differ in how many items they hold.
      rank = taken == 0 ? 4 + 2 * (least / each) : 2 * rank
      let limit = limit(ofRank: rank)
      let count = collectCells(above: passed, to: limit)
      held += take(count, holding: max(1, count * each), until: least - held, isMeasured: false)
      taken += count
      passed = limit
    }
  }

  /// Puts the estimated distances of all cells, and the least of each block of 32, into the scratch memory.
  private func estimateCells() {
    withUnsafePointer(to: tables) {
      semid_sketch_estimate(
        $0, blocks + cellBlock * blockSize, cellBlockCount, 0, scratch.estimates, scratch.leastEstimates)
    }
  }

  /// A limit that the estimates of at least this many cells do not exceed: the value of this rank among the least of
  /// each block. NaN, which nothing is below, where there are too few blocks.
  private func limit(ofRank rank: Int) -> Float {
    guard rank < cellBlockCount else { return .nan }
    let keys = UnsafeMutableBufferPointer(start: scratch.cells, count: cellBlockCount)
    for block in 0..<cellBlockCount { keys[block] = RankKey.make(scratch.leastEstimates[block], 0) }
    SmallestKeys.partition(keys, at: rank)
    return RankKey.distance(keys[rank])
  }

  /// Puts the cells whose estimates are above `lower` and not above `upper` into the scratch memory as keys. NaN, the
  /// estimate for vectors too long for floats, is above everything.
  private func collectCells(above lower: Float, to upper: Float) -> Int {
    var count = 0
    for first in stride(from: 0, to: cellCount, by: Self.size) {
      if scratch.leastEstimates[first / Self.size] > upper { continue }
      for cell in first..<min(first + Self.size, cellCount) {
        let estimate = scratch.estimates[cell]
        scratch.cells[count] = RankKey.make(estimate, UInt32(truncatingIfNeeded: cell))
        count += !(estimate <= lower) && !(estimate > upper) ? 1 : 0
      }
    }
    return count
  }

  /// Adds the leaves of a cell, by their estimated distance.
  private func rankLeaves(of cell: Int, _ collected: inout Int) {
    let range = Int(leaves[cell])..<Int(leaves[cell + 1])
    let keys = scratch.leaves + collected
    // They begin anywhere within a block.
    var first = range.lowerBound / Self.size * Self.size
    while first < range.upperBound {
      let blocks = min(SketchScratch.stride, range.upperBound - first + Self.size - 1) / Self.size
      let block = leafBlock + first / Self.size
      withUnsafePointer(to: tables) {
        semid_sketch_estimate(
          $0, self.blocks + block * blockSize, blocks, measured[cell], scratch.distances, nil)
      }
      for leaf in max(first, range.lowerBound)..<min(first + blocks * Self.size, range.upperBound) {
        keys[leaf - range.lowerBound] = RankKey.make(
          scratch.distances[leaf - first], UInt32(truncatingIfNeeded: leafBase + leaf))
      }
      first += blocks * Self.size
    }
    collected += range.count
  }
}
