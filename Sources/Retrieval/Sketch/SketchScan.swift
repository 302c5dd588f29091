import CKernels
import Vectors

/// A scan of the sketches of an index's segments by one query.
///
/// An object, so that a search takes it in hand for one reference.
final class SketchScan: Sendable {
  /// A segment's part in it.
  ///
  /// An object, so that a search takes it in hand for one reference.
  final class Part: Sendable {
    let sketch: Sketch
    /// The slots that hold items that may be found; nil: all.
    let slots: ItemMask?
    /// Items there are, and what their positions are raised by.
    let items: Range<Int>

    init(sketch: Sketch, slots: ItemMask?, items: Range<Int>) {
      self.sketch = sketch
      self.slots = slots
      self.items = items
    }

    /// Slots with items that may be found: one item may be in two.
    var count: Int { slots?.count ?? sketch.layout.itemCount }
  }

  /// How many times as many items the cells hold whose leaves are ranked as are scanned. Neighbours lie in few leaves of
  /// many cells; with more, the ranking costs more than the better leaves save.
  private static let lookAhead = 2.5

  private let parts: [Part]
  private let layouts: [SketchLayout]
  /// Slots with items that may be found.
  private let total: Int
  private let positions: Int
  private let hasCopies: Bool

  init(_ parts: [Part]) {
    self.parts = parts.filter { $0.sketch.layout.cellCount > 0 }
    layouts = self.parts.map(\.sketch.layout)
    total = parts.reduce(0) { $0 + $1.count }
    positions = parts.reduce(0) { max($0, $1.items.upperBound) }
    hasCopies = parts.contains { $0.sketch.layout.itemCount > $0.items.count }
  }

  /// - Parameter segments: those with a sketch are scanned.
  convenience init(_ segments: [SearchedSegment]) {
    self.init(
      segments.compactMap { segment in
        segment.sketch.map {
          Part(sketch: $0, slots: segment.slots, items: segment.base..<segment.base + segment.segment.count)
        }
      })
  }

  /// Scans the leaves nearest to a query until they hold `limit` items.
  ///
  /// Leaves are ranked by their own sketches, those of the nearest cells that together hold a few times `limit` items: a
  /// query's neighbours lie in many cells, in few leaves of each. Under a mask the limit counts its items, and cells and
  /// leaves without one are passed by. An item that is in two cells counts where it is met, and goes into `candidates`
  /// once, by the first estimate that is good enough.
  ///
  /// - Parameters:
  ///   - query: d floats.
  ///   - candidates: what the estimates go into, by position raised by the segment's base.
  func run(
    _ query: UnsafePointer<Float>, byInnerProduct: Bool, limit: Int, _ scratch: SketchScratch,
    into candidates: inout SmallestKeys, _ account: inout SearchAccount
  ) {
    guard let first = parts.first else { return }
    let limit = min(limit, total)
    scratch.reserve(layouts, first.sketch.rotation, positions: hasCopies ? positions : 0)
    defer { scratch.forgetSeen() }
    first.sketch.rotation.apply(query, to: scratch.rotated)
    var ranked = SketchRun.Ranked()
    let runs = parts.indices.map { number in
      let run = SketchRun(
        parts[number], scratch.parts[number], leafBase: leafBase(of: number), query, byInnerProduct: byInnerProduct,
        hasCopies: hasCopies, scratch)
      let held = parts[number].count
      let least = least(of: held, limit: limit)
      if let slots = parts[number].slots {
        run.rankLeaves(holding: least, of: held, &ranked) { slots.count(in: $0) }
      } else {
        run.rankLeaves(holding: least, of: held, &ranked) { $0.count }
      }
      return run
    }
    // Without references that are counted: a run is asked several times a leaf.
    let unmanaged = runs.map { Unmanaged.passUnretained($0) }
    unmanaged.withUnsafeBufferPointer {
      SketchRun.scanLeaves(ranked, of: $0, limit: limit, into: &candidates, &account)
    }
    // The runs point into the arrays of the sketches.
    withExtendedLifetime((parts, runs)) {}
    account.nodesVisited += ranked.cells
    account.budgetExhausted = account.codesScanned < total
  }

  /// How many items the cells of a segment of `held` have to hold whose leaves are ranked: its share of what they have to
  /// hold together, and half the limit, should the query's neighbours be here.
  private func least(of held: Int, limit: Int) -> Int {
    let share = Self.lookAhead * Double(limit) * Double(held) / Double(max(1, total))
    return share < Double(held) ? min(held, max(limit / 2, Int(share.rounded(.up)))) : held
  }

  /// Leaves of the segments before.
  private func leafBase(of part: Int) -> Int { layouts[..<part].reduce(0) { $0 + $1.leafCount } }
}

extension Buffer {
  /// The address of the elements, good for as long as somebody keeps the buffer.
  fileprivate var address: UnsafePointer<Element> {
    // Of an empty buffer nothing is read.
    withUnsafeBufferPointer { $0.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Element>.alignment) }
      .unsafelyUnwrapped
  }
}

/// One query's way through a sketch, whose arrays are at hand as pointers: the steps of this way are short, and there are
/// hundreds of them.
private final class SketchRun {
  let query: UnsafePointer<Float>
  let tables: semid_sketch_query
  let dimension: Int
  let byInnerProduct: Bool
  let blocks: UnsafePointer<UInt8>
  /// Bytes of a block, and those before its positions.
  let blockSize: Int
  let positionOffset: Int
  let centers: UnsafePointer<Float>
  /// Items before each cell, and of all; the first leaf of each, and behind the last; the tag of each leaf.
  let starts: UnsafePointer<UInt32>
  let leaves: UnsafePointer<UInt32>
  let tags: UnsafePointer<UInt32>
  /// The bits of the slots with items that may be found; nil: all.
  let allowed: UnsafePointer<UInt64>?
  let cellCount: Int
  let cellBlock: Int
  /// Blocks that hold cells.
  let cellBlockCount: Int
  let leafBlock: Int
  /// What positions, and numbers of leaves, are raised by.
  let base: UInt32
  let leafBase: Int
  /// Whether an item may be met twice.
  let hasCopies: Bool
  let measured: UnsafeMutablePointer<Float>
  let scratch: SketchScratch

  /// What the scratch memory holds after leaves have been ranked.
  struct Ranked {
    var cells = 0
    var leaves = 0
    /// Allowed items in them.
    var items = 0
  }

  private static let size = SketchLayout.blockSize
  /// Leaves that are on their way from memory while one is scanned.
  private static let ahead = 3
  /// Fewer floats of centres than this are compared as they are.
  private static let fewFloats = 1 << 15

  /// Takes the query, rotated in the scratch memory, with the mean of all as origin, as tables for the kernel. Keeps addresses only: the part has to
  /// outlive the run.
  init(
    _ part: SketchScan.Part, _ memory: SketchScratch.Part, leafBase: Int, _ query: UnsafePointer<Float>,
    byInnerProduct: Bool, hasCopies: Bool, _ scratch: SketchScratch
  ) {
    let sketch = part.sketch
    let layout = sketch.layout
    self.query = query
    self.byInnerProduct = byInnerProduct
    self.scratch = scratch
    self.leafBase = leafBase
    dimension = sketch.rotation.dimension
    blocks = sketch.blocks.bytes.address
    (blockSize, positionOffset) = (sketch.blocks.form.size, sketch.blocks.form.position(0))
    centers = sketch.centers.values.address
    starts = layout.starts.address
    leaves = layout.leaves.address
    tags = layout.tags.address
    allowed = part.slots?.words.address
    self.hasCopies = hasCopies
    (cellCount, cellBlock, leafBlock) = (layout.cellCount, layout.cellBlock, layout.leafBlock)
    cellBlockCount = layout.blockCount - layout.cellBlock
    base = UInt32(truncatingIfNeeded: part.items.lowerBound)
    measured = memory.centers
    let width = sketch.rotation.width
    sketch.rotatedOrigin.withUnsafeBufferPointer { origin in
      for column in 0..<width { scratch.centered[column] = scratch.rotated[column] - origin[column] }
    }
    var view = semid_sketch_query(groups: width / 4, tables: memory.tables, step: 0, base: 0)
    semid_sketch_tables(scratch.centered, view.groups, memory.tables, &view.step, &view.base)
    tables = view
  }

  private func measure(cells: Range<Int>) {
    let target = measured + cells.lowerBound
    let rows = centers + cells.lowerBound * dimension
    if byInnerProduct {
      semid_dot_rows(query, rows, dimension, cells.count, target)
      for index in 0..<cells.count { target[index] = -target[index] }
    } else {
      semid_l2_rows(query, rows, dimension, cells.count, target)
    }
  }

  /// Hands out keys, roughly the smallest first, until what they hold comes to `limit`; tells what they do hold.
  ///
  /// - Parameters:
  ///   - total: what all keys hold.
  ///   - body: of a key, how much it holds.
  @inline(__always)
  @discardableResult
  private static func takeSmallest(
    _ keys: UnsafeMutableBufferPointer<UInt64>, holding total: Int, until limit: Int,
    _ body: (_ keys: UnsafeMutableBufferPointer<UInt64>, _ index: Int) -> Int
  ) -> Int {
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
    return held
  }

  // MARK: Cells

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
      // Twice as many as should hold what is wanted, since how many each holds differs.
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

  /// What at least so many cells' estimates are not above: the one of this rank among the least of the blocks; nan, which
  /// none is above, where there are too few blocks.
  private func limit(ofRank rank: Int) -> Float {
    guard rank < cellBlockCount else { return .nan }
    let keys = UnsafeMutableBufferPointer(start: scratch.cells, count: cellBlockCount)
    for block in 0..<cellBlockCount { keys[block] = RankKey.make(scratch.leastEstimates[block], 0) }
    SmallestKeys.partition(keys, at: rank)
    return RankKey.distance(keys[rank])
  }

  /// Puts the cells whose estimates are above `lower`, and not above `upper`, into the scratch memory as keys; an estimate
  /// that is no number, of vectors too long for floats, is above all.
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
      let blocks = min(SearchScratch.stride, range.upperBound - first + Self.size - 1) / Self.size
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

  // MARK: Leaves

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
    // Of two copies of an item one goes.
    let wanted = candidates.limit * (hasCopies ? 2 : 1)
    var threshold = candidates.threshold
    if leaves * size > wanted + wanted / 8 {
      threshold = min(threshold, semid_threshold(scratch.estimated, leaves * size, wanted, wanted + wanted / 8))
    }
    let found = semid_select_below(
      scratch.estimated, leaves * size, threshold, scratch.chosen, SketchScratch.leavesAtOnce * size)
    if hasCopies { scratch.reserveSeen(found) }
    for index in 0..<found {
      let slot = Int(scratch.chosen[index])
      let leaf = Int(scratch.estimatedLeaves[slot / size])
      let position = run(leaf)._withUnsafeGuaranteedRef { $0.position(leaf, slot % size) }
      if hasCopies, !scratch.isFirst(position) { continue }
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

  /// Estimates the distances of a leaf's items; those of slots without an allowed one are no numbers.
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
