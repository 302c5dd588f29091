import Vectors

/// A piece of a training batch: what one task of a stage works on.
struct Shard {
  let index: Int
  let rows: Range<Int>

  var count: Int { rows.count }

  /// The shards of a batch: twelve where it is large enough, which one, two, three, four, six and twelve threads share
  /// evenly; more where they would outgrow the cache, and none below 32 rows, which matrix products need.
  static func cut(_ rows: Int) -> [Shard] {
    let count = rows <= 1536 ? max(1, min(24, rows / 32)) : (rows + 1535) / 1536 * 24
    // In units of the rows of a product's innermost loop.
    let unit = 6
    let units = (rows + unit - 1) / unit
    return (0..<count).map { index in
      Shard(index: index, rows: index * units / count * unit..<min(rows, (index + 1) * units / count * unit))
    }
  }

  /// The most shards that a batch of at most `rows` is cut into.
  static func most(_ rows: Int) -> Int { max(24, (rows + 31) / 32) }
}

/// A part of a training step: work on every shard by itself, then, where there is a `barrier`, work that needs all
/// shards to be through.
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
  /// In multiply-adds a row.
  let cost: Int
  /// Fills its part of the gradient from the first `rows` rows of the batch, and returns the sum of its squares.
  let run: (_ rows: Int) -> Double
}
