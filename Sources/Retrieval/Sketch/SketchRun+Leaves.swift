import CKernels
import Vectors

/// Scans leaves: estimates their items, and chooses the candidates among them.
extension SketchRun {
  /// Leaves that are fetched from memory while one is scanned.
  private static let ahead = 3

  /// Scans the best of the leaves that the runs have collected until they hold `limit` allowed items.
  static func scanLeaves(
    _ ranked: Ranked, of runs: UnsafeBufferPointer<Unmanaged<SketchRun>>, limit: Int,
    into candidates: inout SmallestKeys,
    _ account: inout SearchAccount
  ) {
    guard let scratch = runs.first?._withUnsafeGuaranteedRef({ $0.scratch }) else { return }
    let keys = UnsafeMutableBufferPointer(start: scratch.leaves, count: ranked.leaves)
    if runs.count == 1 {
      let run = runs[0]
      scan(keys, ranked, limit: limit, into: &candidates, &account, scratch) { _ in run }
    } else {
      scan(keys, ranked, limit: limit, into: &candidates, &account, scratch) { leaf in
        var number = runs.count - 1
        while runs[number]._withUnsafeGuaranteedRef({ $0.leafBase }) > leaf { number -= 1 }
        return runs[number]
      }
    }
  }

  /// - Parameter run: that of a leaf.
  @inline(__always)
  private static func scan(
    _ keys: UnsafeMutableBufferPointer<UInt64>, _ ranked: Ranked, limit: Int, into candidates: inout SmallestKeys,
    _ account: inout SearchAccount, _ scratch: SketchScratch, _ run: (_ leaf: Int) -> Unmanaged<SketchRun>
  ) {
    var count = 0
    takeSmallest(keys, holding: ranked.items, until: limit) { keys, index in
      if index + ahead < keys.count {
        let next = Int(RankKey.item(keys[index + ahead]))
        run(next)._withUnsafeGuaranteedRef { $0.prefetch(next) }
      }
      let leaf = Int(RankKey.item(keys[index]))
      let target = scratch.estimated + count * size
      let items = run(leaf)._withUnsafeGuaranteedRef { $0.estimate(leaf, into: target) }
      guard items > 0 else { return 0 }
      scratch.estimatedLeaves[count] = UInt32(truncatingIfNeeded: leaf)
      count += 1
      if count == SketchScratch.leavesAtOnce {
        collect(count, into: &candidates, scratch, run)
        count = 0
      }
      account.codesScanned += items
      return items
    }
    collect(count, into: &candidates, scratch, run)
  }

  /// Takes the best of the items of some leaves that have been estimated.
  @inline(__always)
  private static func collect(
    _ leaves: Int, into candidates: inout SmallestKeys, _ scratch: SketchScratch,
    _ run: (_ leaf: Int) -> Unmanaged<SketchRun>
  ) {
    guard leaves > 0 else { return }
    let hasCopies = run(Int(scratch.estimatedLeaves[0]))._withUnsafeGuaranteedRef { $0.hasCopies }
    // Of two copies of an item, one is dropped.
    let wanted = candidates.limit * (hasCopies ? 2 : 1)
    var threshold = candidates.threshold
    if leaves * size > wanted + wanted / 8 {
      threshold = min(threshold, semid_threshold(scratch.estimated, leaves * size, wanted, wanted + wanted / 8))
    }
    let found = semid_select_below(
      scratch.estimated, leaves * size, threshold, scratch.chosen, SketchScratch.leavesAtOnce * size)
    let copies = scratch.copies
    if hasCopies { copies.reserve(found) }
    for index in 0..<found {
      let slot = Int(scratch.chosen[index])
      let leaf = Int(scratch.estimatedLeaves[slot / size])
      let position = run(leaf)._withUnsafeGuaranteedRef { $0.position(leaf, slot % size) }
      if hasCopies, !copies.isFirst(position) { continue }
      candidates.insert(RankKey.make(scratch.estimated[slot], position))
    }
    candidates.cut()
  }

  @inline(__always)
  private func prefetch(_ leaf: Int) { semid_prefetch(blocks + (leaf - leafBase) * blockSize, blockSize) }

  @inline(__always)
  private func position(_ leaf: Int, _ place: Int) -> UInt32 {
    let positions = UnsafeRawPointer(blocks + (leaf - leafBase) * blockSize + positionOffset)
    return base + positions.load(fromByteOffset: 4 * place, as: UInt32.self)
  }

  /// Estimates the distances of a leaf's items; slots without an allowed item get NaN.
  ///
  /// - Returns: how many allowed items the leaf holds.
  @inline(__always)
  private func estimate(_ leaf: Int, into estimates: UnsafeMutablePointer<Float>) -> Int {
    let leaf = leaf - leafBase
    let tag = tags[leaf]
    let (cell, count) = (SketchLayout.cell(tag: tag), SketchLayout.count(tag: tag))
    var bits = UInt32.max >> UInt32(Self.size - count)
    if let allowed {
      bits &= UInt32(truncatingIfNeeded: allowed[leaf >> 1] >> UInt64(Self.size * (leaf & 1)))
      if bits == 0 { return 0 }
    }
    withUnsafePointer(to: tables) {
      semid_sketch_estimate($0, blocks + leaf * blockSize, 1, measured[cell], estimates, nil)
    }
    if bits != .max {
      for place in 0..<Self.size where bits >> UInt32(place) & 1 == 0 { estimates[place] = .nan }
    }
    return bits.nonzeroBitCount
  }
}
