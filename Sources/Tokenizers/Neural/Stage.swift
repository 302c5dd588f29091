import Vectors

/// A piece of a training batch: what one task of a stage works on.
struct Shard {
  let index: Int
  let rows: Range<Int>

  var count: Int { rows.count }

  /// The shards of a batch, large ones first. So weights are read for few shards, and yet all threads end at about the
  /// same time (guided self-scheduling, Polychronopoulos and Kuck 1987).
  static func cut(_ rows: Int) -> [Shard] {
    var shards: [Shard] = []
    var first = 0
    while first < rows {
      let size = max(smallest, min(largest, (rows - first) / share / unit * unit))
      shards.append(Shard(index: shards.count, rows: first..<min(rows, first + size)))
      first += size
    }
    return shards
  }

  /// The most shards that a batch of at most `rows` is cut into.
  static func most(_ rows: Int) -> Int { (rows + smallest - 1) / smallest }

  /// Rows of a product's innermost loop.
  private static let unit = 6
  private static let smallest = 5 * unit
  private static let largest = 12 * unit
  /// The part of the rows left that is a shard's.
  private static let share = 10
}

/// A part of a training step: work on every shard by itself and then, where there is a `barrier`, work that needs all
/// shards to be done.
struct Stage {
  var work: (Shard) -> Void
  var barrier: (() -> Void)?

  init(barrier: (() -> Void)? = nil, _ work: @escaping (Shard) -> Void) {
    self.work = work
    self.barrier = barrier
  }

  /// Runs stages in order. Those without a barrier between them go over a shard in one task, while it is in the cache.
  static func run(_ stages: [Stage], on shards: [Shard], pool: ThreadPool) {
    var first = 0
    while first < stages.count {
      let last = stages[first...].firstIndex { $0.barrier != nil } ?? stages.count - 1
      let together = stages[first...last]
      pool.run(tasks: shards.count) { task in
        for stage in together { stage.work(shards[task]) }
      }
      stages[last].barrier?()
      first = last + 1
    }
  }
}

/// A piece of the work that follows a backward pass, such as a tile of a layer's weight gradient. Largest first.
struct GradientTile {
  /// In multiply-adds per row.
  let cost: Int
  /// Fills its part of the gradient from the first `rows` rows of the batch, and returns the sum of its squares.
  let run: (_ rows: Int) -> Double
}
