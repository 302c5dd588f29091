import CKernels
import HeapModule
import Vectors

extension SharedCells {
  /// Scans the cells nearest to a query, of all segments in one order, until they hold `limit` items; those around the
  /// last centre are finished.
  ///
  /// - Parameter candidates: what the estimates go into, by position raised by the segment's base.
  func scan(
    _ query: UnsafePointer<Float>, _ parts: [SearchedSegment], byInnerProduct: Bool, limit: Int,
    _ scratch: SketchScratch, into candidates: inout SmallestKeys, _ account: inout SearchAccount
  ) {
    guard let sketch = parts[reference].sketch else { return }
    let view = sketch.prepare(query, byInnerProduct: byInnerProduct, further: others, scratch)
    var remaining = Heap(
      scratch.centers.prefix(count).enumerated().lazy.map {
        RankKey.make($0.element, UInt32(truncatingIfNeeded: $0.offset))
      })
    while account.codesScanned < limit, let key = remaining.popMin() {
      let center = Int(RankKey.item(key))
      for member in self[center] {
        let part = parts[member.segment]
        let items = part.trie.items(of: .init(level: 0, index: member.cell))
        let allowed = part.mask?.count(in: items) ?? items.count
        if allowed == 0 { continue }
        account.nodesVisited += 1
        account.codesScanned += allowed
        part.sketch?.scan(
          view, member.cell, items, center: scratch.centers[center], part.mask, base: part.base, scratch, &candidates)
      }
    }
    account.budgetExhausted = !remaining.isEmpty
  }
}
