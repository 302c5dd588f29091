/// The `limit` smallest of a stream of keys. A buffer of twice as many is cut in half by selection when it is full.
///
/// Linear time over the stream. With `threshold` the producer can drop keys that cannot be among the smallest.
struct SmallestKeys {
  private var keys: [UInt64] = []
  private(set) var limit = 0
  private(set) var threshold = Float.infinity

  var count: Int { min(keys.count, limit) }

  init(limit: Int = 0) { self.limit = limit }

  mutating func reset(limit: Int) {
    self.limit = limit
    keys.removeAll(keepingCapacity: true)
    threshold = .infinity
  }

  @inline(__always)
  mutating func insert(_ key: UInt64) {
    keys.append(key)
    if keys.count >= 2 * limit + 64 { cut() }
  }

  /// Keeps the smallest `limit` keys, in no order.
  mutating func cut() {
    guard keys.count > limit else { return }
    guard limit > 0 else {
      keys.removeAll(keepingCapacity: true)
      threshold = -.infinity
      return
    }
    keys.withUnsafeMutableBufferPointer { Self.partition($0, at: limit - 1) }
    threshold = RankKey.distance(keys[limit - 1])
    keys.removeLast(keys.count - limit)
  }

  /// The kept keys after `cut()`; the body may reorder them.
  mutating func withKept<Result>(_ body: (UnsafeMutableBufferPointer<UInt64>) throws -> Result) rethrows -> Result {
    cut()
    return try keys.withUnsafeMutableBufferPointer { try body($0) }
  }

  /// Moves the element of rank `rank` to its place, with none larger before and none smaller after it.
  ///
  /// Selection by halving around the median of three. A pass writes every key to both sides, and moves one side's end
  /// by the outcome of a comparison. So no branch depends on the keys, whose order no processor can predict.
  static func partition(_ keys: UnsafeMutableBufferPointer<UInt64>, at rank: Int) {
    guard let start = keys.baseAddress else { return }
    var low = 0
    var high = keys.count
    if high > 16 {
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: high) { others in
        guard let others = others.baseAddress else { return }
        var rounds = 0
        while high - low > 16, rounds < 64 {
          rounds += 1
          let (a, b, c) = (start[low], start[(low + high) / 2], start[high - 1])
          let pivot = max(min(a, b), min(max(a, b), c))
          var border = gather(start, low, high, others) { $0 < pivot }
          if border == low {
            // The pivot is the least: what equals it is in its place.
            border = gather(start, low, high, others) { $0 == pivot }
            if rank < border {
              (low, high) = (rank, rank)
              return
            }
          }
          if rank < border { high = border } else { low = border }
        }
      }
    }
    if high - low > 16 {
      var rest = UnsafeMutableBufferPointer(rebasing: keys[low..<high])
      rest.sort()
    } else {
      insertionSort(start, low, high)
    }
  }

  /// Moves the keys of a range for which `isFirst` holds to its front.
  ///
  /// - Parameter others: room for the rest.
  /// - Returns: where the others begin.
  @inline(__always)
  private static func gather(
    _ keys: UnsafeMutablePointer<UInt64>, _ low: Int, _ high: Int, _ others: UnsafeMutablePointer<UInt64>,
    _ isFirst: (UInt64) -> Bool
  ) -> Int {
    var border = low
    var rest = 0
    for index in low..<high {
      let key = keys[index]
      let step = isFirst(key) ? 1 : 0
      keys[border] = key
      others[rest] = key
      border &+= step
      rest &+= 1 &- step
    }
    (keys + border).update(from: others, count: rest)
    return border
  }

  @inline(__always)
  private static func insertionSort(_ keys: UnsafeMutablePointer<UInt64>, _ low: Int, _ high: Int) {
    guard high - low > 1 else { return }
    for index in low + 1..<high {
      let key = keys[index]
      var place = index
      while place > low, keys[place &- 1] > key {
        keys[place] = keys[place &- 1]
        place &-= 1
      }
      keys[place] = key
    }
  }
}
