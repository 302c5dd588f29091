import CKernels
import Vectors

/// A scan of the sketches of an index's segments by one query.
///
/// An object, so that a search takes it in hand for one reference.
final class SketchScan: Sendable {
  /// What it scans of a segment.
  ///
  /// An object, so that a search takes it in hand for one reference.
  final class Segment: Sendable {
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

  /// Over-fetch factor: cells are opened until they hold `lookAhead × limit` items; the best leaves among them are scanned.
  /// Neighbors lie in few leaves of many cells. With a larger factor, the ranking costs more than the better leaves save.
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
  /// Leaves are ranked by their own sketches, those of the nearest cells that together hold a few times `limit` items: a
  /// query's neighbors lie in many cells, in few leaves of each. Under a mask the limit counts its items, and cells and
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
    // Without references that are counted: a run is asked several times a leaf.
    let unmanaged = runs.map { Unmanaged.passUnretained($0) }
    unmanaged.withUnsafeBufferPointer {
      SketchRun.scanLeaves(ranked, of: $0, limit: limit, into: &candidates, &account)
    }
    // The runs point into the arrays of the sketches.
    withExtendedLifetime((segments, runs)) {}
    account.nodesVisited += ranked.cells
    account.budgetExhausted = account.codesScanned < total
  }

  /// How many items the cells of a segment of `held` have to hold whose leaves are ranked: its share of what they have to
  /// hold together, and half the limit, should the query's neighbors be here.
  private func least(of held: Int, limit: Int) -> Int {
    let share = Self.lookAhead * Double(limit) * Double(held) / Double(max(1, total))
    return share < Double(held) ? min(held, max(limit / 2, Int(share.rounded(.up)))) : held
  }

  /// Leaves of the segments before.
  private func leafBase(of segment: Int) -> Int { layouts[..<segment].reduce(0) { $0 + $1.leafCount } }
}
