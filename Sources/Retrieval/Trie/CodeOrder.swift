import Tokenizers
import Vectors

/// The order of items by code: a stable radix sort, linear in items × levels.
///
/// A first pass scatters all items by the code of level 0, cut into pieces that count and write in parallel; then the
/// items of one first code, which by then lie together, are sorted by their other levels from the last to the first,
/// one first code per task.
enum CodeOrder {
  /// The rows of `codes` in ID order; rows with equal codes ascend.
  static func rows(sorting codes: Codes, pool: ThreadPool) -> Buffer<UInt32> {
    let levels = codes.levels
    let count = codes.count
    return Buffer(count: count) { order in
      guard let order = order.baseAddress else { return }
      codes.values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress, count > 0 else { return }
        let starts = scatter(values, levels: levels, size: codes.levelSizes[0], count: count, into: order, pool)
        guard levels > 1 else { return }
        // Groups of first codes, about equal in items, so that a task outweighs its overhead.
        let groups = grouped(starts, itemsEach: 1 << 14)
        pool.run(tasks: groups.count) { group in
          let sorter = BucketSorter(values: values, levelSizes: codes.levelSizes)
          for code in groups[group] {
            sorter.sort(order + starts[code], count: starts[code + 1] - starts[code])
          }
        }
      }
    }
  }

  /// Writes rows ordered by their code of level 0, stably.
  ///
  /// - Returns: size + 1 starts of the codes.
  private static func scatter(
    _ values: UnsafePointer<UInt16>, levels: Int, size: Int, count: Int, into order: UnsafeMutablePointer<UInt32>,
    _ pool: ThreadPool
  ) -> [Int] {
    // A piece is long against the codebook, so that the histograms stay small beside the items.
    let piece = max(1 << 16, 4 * size)
    let pieces = (count + piece - 1) / piece
    var next = [Int](repeating: 0, count: pieces * size)
    var starts = [Int](repeating: 0, count: size + 1)
    next.withUnsafeMutableBufferPointer { next in
      pool.run(tasks: pieces) { task in
        for row in task * piece..<min(count, (task + 1) * piece) { next[task * size + Int(values[row * levels])] += 1 }
      }
      var total = 0
      for code in 0..<size {
        starts[code] = total
        for task in 0..<pieces {
          let items = next[task * size + code]
          next[task * size + code] = total
          total += items
        }
      }
      starts[size] = total
      pool.run(tasks: pieces) { task in
        for row in task * piece..<min(count, (task + 1) * piece) {
          let slot = task * size + Int(values[row * levels])
          order[next[slot]] = UInt32(truncatingIfNeeded: row)
          next[slot] += 1
        }
      }
    }
    return starts
  }

  private static func grouped(_ starts: [Int], itemsEach: Int) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var first = 0
    for code in 1..<starts.count where starts[code] - starts[first] >= itemsEach || code == starts.count - 1 {
      groups.append(first..<code)
      first = code
    }
    return groups
  }
}

/// Sorts rows that share their first code by the codes of the other levels.
private final class BucketSorter {
  let values: UnsafePointer<UInt16>
  let levelSizes: [Int]
  private var counters: [Int] = []
  private var other: [UInt32] = []

  init(values: UnsafePointer<UInt16>, levelSizes: [Int]) {
    self.values = values
    self.levelSizes = levelSizes
  }

  func sort(_ rows: UnsafeMutablePointer<UInt32>, count: Int) {
    guard count > 1 else { return }
    let levels = levelSizes.count
    // Counting costs the codebook's size whatever the bucket holds: small buckets are compared instead.
    guard count > 32, count >= (levelSizes.dropFirst().max() ?? 0) / 8 else {
      let values = values
      var bucket = UnsafeMutableBufferPointer(start: rows, count: count)
      bucket.sort { a, b in
        for level in 1..<levels {
          let x = values[Int(a) * levels + level]
          let y = values[Int(b) * levels + level]
          if x != y { return x < y }
        }
        return a < b
      }
      return
    }
    if other.count < count { other = [UInt32](repeating: 0, count: count) }
    other.withUnsafeMutableBufferPointer { other in
      guard let spare = other.baseAddress else { return }
      var source = rows
      var target = spare
      for level in (1..<levels).reversed() {
        pass(level, from: source, to: target, count: count)
        swap(&source, &target)
      }
      if source != rows { rows.update(from: source, count: count) }
    }
  }

  private func pass(
    _ level: Int, from source: UnsafeMutablePointer<UInt32>, to target: UnsafeMutablePointer<UInt32>, count: Int
  ) {
    let size = levelSizes[level]
    let levels = levelSizes.count
    if counters.count < size { counters = [Int](repeating: 0, count: size) }
    counters.withUnsafeMutableBufferPointer { counters in
      for code in 0..<size { counters[code] = 0 }
      for index in 0..<count { counters[Int(values[Int(source[index]) * levels + level])] += 1 }
      var total = 0
      for code in 0..<size {
        let items = counters[code]
        counters[code] = total
        total += items
      }
      for index in 0..<count {
        let code = Int(values[Int(source[index]) * levels + level])
        target[counters[code]] = source[index]
        counters[code] += 1
      }
    }
  }
}
