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
    scratch.withTables(view) { query, chosen, distances in
      while account.codesScanned < limit, let key = remaining.popMin() {
        let center = Int(RankKey.item(key))
        for member in self[center] {
          let part = parts[member.segment]
          guard let sketch = part.sketchArrays else { continue }
          let items = sketch.items(member.cell)
          let allowed = part.mask?.count(in: items) ?? items.count
          if allowed == 0 { continue }
          account.nodesVisited += 1
          account.codesScanned += allowed
          Sketch.scan(
            &query, sketch.arrays, from: part.blocks[member.cell] * Sketch.blockSize, items,
            center: RankKey.distance(key), part.mask, base: part.base, chosen, distances, &candidates)
        }
      }
    }
    account.budgetExhausted = !remaining.isEmpty
  }
}
