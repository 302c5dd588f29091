import CKernels
import HeapModule
import Vectors

/// The memory of one running scan of sketches.
final class SketchScratch {
  var rotated: [Float] = []
  var tables: [UInt8] = []
  var centers: [Float] = []
  fileprivate var chosen = [UInt32](repeating: 0, count: SearchScratch.stride)
  fileprivate var distances = [Float](repeating: 0, count: SearchScratch.stride)
}

extension Sketch {
  /// Scans the cells nearest to a query until they hold `limit` items; the last one is finished.
  ///
  /// Under a mask the limit counts its items, cells without one are passed by, and so are blocks.
  ///
  /// - Parameters:
  ///   - query: d floats.
  ///   - candidates: what the estimates go into, by position.
  func scan(
    _ query: UnsafePointer<Float>, _ trie: CodeTrie, byInnerProduct: Bool, limit: Int, mask: ItemMask? = nil,
    _ scratch: SketchScratch,
    into candidates: inout SmallestKeys, _ account: inout SearchAccount
  ) {
    guard let cells = trie.levels.first, cells.count > 0 else { return }
    let view = prepare(query, byInnerProduct: byInnerProduct, scratch)
    var remaining = Heap(
      scratch.centers.prefix(cells.count).enumerated().lazy.map {
        RankKey.make($0.element, UInt32(truncatingIfNeeded: $0.offset))
      })
    while account.codesScanned < limit, let key = remaining.popMin() {
      let cell = Int(RankKey.item(key))
      let items = trie.items(of: .init(level: 0, index: cell))
      let allowed = mask?.count(in: items) ?? items.count
      if allowed == 0 { continue }
      account.nodesVisited += 1
      account.codesScanned += allowed
      scan(view, cell, items, center: scratch.centers[cell], mask, scratch, &candidates)
    }
    account.budgetExhausted = !remaining.isEmpty && account.codesScanned < mask?.count ?? .max
  }

  /// Distances to all centres, then to those of `further`, and the query's tables.
  func prepare(
    _ query: UnsafePointer<Float>, byInnerProduct: Bool, further: Matrix? = nil, _ scratch: SketchScratch
  ) -> (groups: Int, step: Float, base: Float) {
    let groups = rotation.width / 4
    let cells = centers.rows + (further?.rows ?? 0)
    if scratch.centers.count < cells { scratch.centers = Array(repeating: 0, count: cells) }
    if scratch.rotated.count < rotation.width {
      scratch.rotated = Array(repeating: 0, count: rotation.width)
      scratch.tables = Array(repeating: 0, count: groups * 16)
    }
    measure(query, centers, byInnerProduct: byInnerProduct, into: &scratch.centers, from: 0)
    if let further {
      measure(query, further, byInnerProduct: byInnerProduct, into: &scratch.centers, from: centers.rows)
    }
    var step: Float = 0
    var base: Float = 0
    scratch.rotated.withUnsafeMutableBufferPointer { rotated in
      guard let rotated = rotated.baseAddress else { return }
      rotation.apply(query, to: rotated)
      semid_sketch_tables(rotated, groups, &scratch.tables, &step, &base)
    }
    return (groups, step, base)
  }

  private func measure(
    _ query: UnsafePointer<Float>, _ centers: Matrix, byInnerProduct: Bool, into distances: inout [Float],
    from first: Int
  ) {
    centers.withUnsafeBufferPointer { centers in
      distances.withUnsafeMutableBufferPointer { distances in
        guard let start = centers.baseAddress, let target = distances.baseAddress.map({ $0 + first }) else { return }
        let cells = centers.count / rotation.dimension
        if byInnerProduct {
          semid_dot_rows(query, start, rotation.dimension, cells, target)
          for cell in 0..<cells { target[cell] = -target[cell] }
        } else {
          semid_l2_rows(query, start, rotation.dimension, cells, target)
        }
      }
    }
  }

  /// The next blocks in a row that each hold an item of the mask: places within the cell; empty where there are none.
  private static func nextRun(of mask: ItemMask, from start: Int, in items: Range<Int>, atMost limit: Int) -> Range<Int>
  {
    func isEmpty(_ block: Int) -> Bool {
      mask.window(at: items.lowerBound + block) << UInt32(max(0, blockSize - (items.count - block))) == 0
    }
    var first = start
    while first < items.count, isEmpty(first) { first += blockSize }
    var end = first
    while end < items.count, end - first < limit, !isEmpty(end) { end += blockSize }
    return first < items.count ? first..<min(end, items.count) : items.count..<items.count
  }

  /// Scans one cell.
  ///
  /// - Parameter base: what positions are raised by.
  func scan(
    _ view: (groups: Int, step: Float, base: Float), _ cell: Int, _ items: Range<Int>, center: Float,
    _ mask: ItemMask?, base: Int = 0, _ scratch: SketchScratch, _ candidates: inout SmallestKeys
  ) {
    let first = blocks[cell] * Self.blockSize
    codes.withUnsafeBufferPointer { codes in
      scales.withUnsafeBufferPointer { scales in
        offsets.withUnsafeBufferPointer { offsets in
          scratch.tables.withUnsafeBufferPointer { tables in
            guard let codes = codes.baseAddress, let scales = scales.baseAddress, let offsets = offsets.baseAddress
            else { return }
            var query = semid_sketch_query(
              groups: view.groups, tables: tables.baseAddress, step: view.step, base: view.base)
            var start = 0
            while start < items.count {
              var count = min(SearchScratch.stride, items.count - start)
              if let mask {
                let next = Self.nextRun(of: mask, from: start, in: items, atMost: SearchScratch.stride)
                (start, count) = (next.lowerBound, next.count)
              }
              defer { start += count }
              if count == 0 { break }
              let slot = first + start
              let found = semid_sketch_scan(
                &query, codes + slot / 2 * view.groups, scales + slot, offsets + slot, count, center,
                candidates.threshold, &scratch.chosen, &scratch.distances)
              for index in 0..<found {
                if let mask, !mask.contains(items.lowerBound + start + Int(scratch.chosen[index])) { continue }
                candidates.insert(
                  RankKey.make(
                    scratch.distances[index],
                    UInt32(truncatingIfNeeded: base + items.lowerBound + start + Int(scratch.chosen[index]))))
              }
            }
          }
        }
      }
    }
  }
}
