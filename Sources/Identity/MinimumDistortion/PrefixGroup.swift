import Tokenizers
import Vectors

/// The items of one prefix (all levels but the last) in which some code has more items than it may have.
struct PrefixGroup {
  /// Rows that may change their code, by code and item id.
  let movable: [Int]
  /// How many of them each code of the last level can take.
  let room: [Int]
  /// Whether some of them have to leave the prefix.
  var overflows: Bool { movable.count > room.reduce(0, +) }

  /// - Returns: nil when no code holds more than `options.capacity`.
  init?(_ run: Range<Int>, of order: CatalogueOrder, occupied: OccupiedIDs, options: CollisionOptions) {
    guard let first = run.first else { return nil }
    let codes = order.codes
    let last = codes.levels - 1
    let base = order.rows[first] * codes.levels
    let taken =
      occupied.count == 0
      ? 0..<0 : codes.values.withUnsafeBufferPointer { occupied.range(of: $0[base..<base + last]) }
    // Most runs are one item on a free code.
    guard run.count > 1 || !taken.isEmpty else { return nil }
    let buckets = order.runs(levels: codes.levels, in: run)
    var held: [Int: Int] = [:]
    for index in taken { held[occupied.code(index, last), default: 0] += 1 }
    func code(_ bucket: Range<Int>) -> Int {
      Int(codes.values[order.rows[bucket.lowerBound] * codes.levels + last])
    }
    func isOver(_ bucket: Range<Int>) -> Bool {
      bucket.count + held[code(bucket), default: 0] > options.capacity
    }
    guard buckets.contains(where: isOver) else { return nil }
    var room = [Int](repeating: options.capacity, count: codes.levelSizes[last])
    for (code, count) in held { room[code] = max(0, room[code] - count) }
    var movable: [Int] = []
    for bucket in buckets {
      if options.moves == .all || isOver(bucket) {
        movable += order.rows[bucket]
      } else {
        room[code(bucket)] -= bucket.count
      }
    }
    self.movable = movable
    self.room = room
  }
}
