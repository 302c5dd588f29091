import CKernels
import Vectors

/// A scan of the sketches of an index's segments by one query.
///
/// An object, so that a search retains one reference.
final class SketchScan: Sendable {
  /// What the scan reads of one segment.
  ///
  /// An object, so that a search retains one reference.
  final class Segment: Sendable {
    let sketch: Sketch
    /// The slots that hold items that may be found; nil: all.
    let slots: ItemMask?
    /// As many as there are items, from the number on that is added to their positions.
    let items: Range<Int>

    init(sketch: Sketch, slots: ItemMask?, items: Range<Int>) {
      self.sketch = sketch
      self.slots = slots
      self.items = items
    }

    /// Slots with items that may be found: one item may be in two.
    var count: Int { slots?.count ?? sketch.layout.itemCount }
  }

  /// Over-fetch factor: cells are opened until they hold `lookAhead × limit` items, and the best leaves among them are
  /// scanned. Neighbors lie in few leaves of many cells. With a larger factor, the ranking costs more than the better
  /// leaves save.
  private static let lookAhead = 2.5

  private let segments: [Segment]
  private let layouts: [SketchLayout]
  /// Slots with items that may be found.
  private let total: Int
  private let positions: Int
  private let hasCopies: Bool

  init(_ segments: [Segment]) {
    self.segments = segments.filter { $0.sketch.layout.cellCount > 0 }
    layouts = self.segments.map(\.sketch.layout)
    total = segments.reduce(0) { $0 + $1.count }
    positions = segments.reduce(0) { max($0, $1.items.upperBound) }
    hasCopies = segments.contains { $0.sketch.layout.itemCount > $0.items.count }
  }

  /// Scans the leaves nearest to a query until they hold `limit` items.
  ///
  /// A query's neighbors lie in many cells, but in few leaves of each. So the nearest cells that together hold a few
  /// times `limit` items are opened, and their leaves are ranked by their own sketches. Under a mask the limit counts
  /// allowed items, and cells and leaves without one are passed by. An item that is in two cells counts where it is
  /// met. It goes into `candidates` once, by the first estimate that is good enough.
  ///
  /// - Parameters:
  ///   - query: d floats.
  ///   - candidates: where the estimates go, by position plus the segment's base.
  func run(
    _ query: UnsafePointer<Float>, byInnerProduct: Bool, limit: Int, _ scratch: SketchScratch,
    into candidates: inout SmallestKeys, _ account: inout SearchAccount
  ) {
    guard let first = segments.first else { return }
    let limit = min(limit, total)
    scratch.reserve(layouts, first.sketch.rotation, positions: hasCopies ? positions : 0)
    defer { scratch.copies.forget() }
    first.sketch.rotation.apply(query, to: scratch.rotated)
    var ranked = SketchRun.Ranked()
    let runs = segments.indices.map { number in
      let run = SketchRun(
        segments[number], scratch.segments[number], leafBase: leafBase(of: number), query,
        byInnerProduct: byInnerProduct,
        hasCopies: hasCopies, scratch)
      let held = segments[number].count
      let least = least(of: held, limit: limit)
      if let slots = segments[number].slots {
        run.rankLeaves(holding: least, of: held, &ranked) { slots.count(in: $0) }
      } else {
        run.rankLeaves(holding: least, of: held, &ranked) { $0.count }
      }
      return run
    }
    // Not counted references: a run is asked several times per leaf.
    let unmanaged = runs.map { Unmanaged.passUnretained($0) }
    unmanaged.withUnsafeBufferPointer {
      SketchRun.scanLeaves(ranked, of: $0, limit: limit, into: &candidates, &account)
    }
    // The runs point into the arrays of the sketches.
    withExtendedLifetime((segments, runs)) {}
    account.nodesVisited += ranked.cells
    account.budgetExhausted = account.codesScanned < total
  }

  /// How many items the cells that are opened in a segment of `held` items must hold: its share of the whole, and half
  /// the limit, in case the query's neighbors are all here.
  private func least(of held: Int, limit: Int) -> Int {
    let share = Self.lookAhead * Double(limit) * Double(held) / Double(max(1, total))
    return share < Double(held) ? min(held, max(limit / 2, Int(share.rounded(.up)))) : held
  }

  /// Leaves of the segments before.
  private func leafBase(of segment: Int) -> Int { layouts[..<segment].reduce(0) { $0 + $1.leafCount } }
}
