import Clustering
import Vectors

/// Which items make which cells of a sketch. Cells are those of k-means on the vectors themselves, whatever made the
/// codes. Each item is in its nearest cell and, where that pays, in one more.
///
/// An item at the border of its cell has a residual from the cell's center that points towards queries across the
/// border. So cell and leaf look far to such a query, and the estimate of the distance is poor. The other cell is the
/// one of least |x − c|² + λ · ⟨x − c, r⟩² / |r|², where r is the first residual: a near cell, whose residual is
/// orthogonal to the first. Where one residual misleads, the other does not (Sun et al., "SOAR", NeurIPS 2023). On text
/// embeddings a third as many items have to be scanned for a recall of .95 to .99.
struct SketchCells {
  /// How cells are found.
  struct Options: Hashable, Sendable {
    /// Mean number of items per cell, each item counted once.
    var cellSize = 128
    /// The most cells.
    var most = 2048
    /// Cells that an item is in: 1 or 2; nil: 2 where a trial shows that it pays.
    var copies: Int?
    /// λ.
    var orthogonality: Float = 2
    /// Number of items per cell that k-means looks at.
    var sampleSize = 64
    var iterations = 6
    var seed: UInt64 = 0
  }

  /// The first place of each cell in `items`, and behind the last; no cell is empty.
  let starts: Buffer<UInt32>
  /// The items of each cell, ascending.
  let items: Buffer<UInt32>

  /// - Parameters:
  ///   - count: of items.
  ///   - read: copies the vector of an item.
  init(
    count: Int, dimension: Int, options: Options, pool: ThreadPool,
    read: @escaping (_ item: Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    let source = CellSource(count: count, dimension: dimension, read: read)
    guard let centers = source.centers(options, pool) else {
      // In the order of the items, which is that of their codes: neighbors.
      let size = options.cellSize
      starts = Buffer((0...(count + size - 1) / size).map { UInt32(truncatingIfNeeded: min(count, $0 * size)) })
      items = Buffer((0..<count).map { UInt32(truncatingIfNeeded: $0) })
      return
    }
    let assignment = CellAssignment(source, centers, orthogonality: options.orthogonality)
    let copies = options.copies ?? (CellTrial(assignment, seed: options.seed, pool).pays ? 2 : 1)
    let chosen = assignment.cells(copies: copies, count: count, pool) { $0 }
    (starts, items) = Self.sorted(chosen, copies: copies, cells: centers.rows)
  }

  /// - Parameter chosen: the cells of each item, item after item.
  private static func sorted(
    _ chosen: Buffer<UInt32>, copies: Int, cells: Int
  ) -> (starts: Buffer<UInt32>, items: Buffer<UInt32>) {
    var next = [Int](repeating: 0, count: cells + 1)
    chosen.withUnsafeBufferPointer { chosen in for cell in chosen { next[Int(cell) + 1] += 1 } }
    for cell in 0..<cells { next[cell + 1] += next[cell] }
    let filled = (0..<cells).filter { next[$0 + 1] > next[$0] }
    let starts = Buffer<UInt32>([0] + filled.map { UInt32(truncatingIfNeeded: next[$0 + 1]) })
    let items = chosen.withUnsafeBufferPointer { chosen in
      Buffer<UInt32>(count: chosen.count) { items in
        for (place, cell) in chosen.enumerated() {
          items[next[Int(cell)]] = UInt32(truncatingIfNeeded: place / copies)
          next[Int(cell)] += 1
        }
      }
    }
    return (starts, items)
  }
}

extension CellSource {
  /// k-means' centroids; nil where there is nothing to divide, or the vectors are too long for it.
  func centers(_ options: SketchCells.Options, _ pool: ThreadPool) -> Matrix? {
    let cells = min(options.most, count / max(options.cellSize, 1))
    guard cells > 1 else { return nil }
    var random = CounterRandom(seed: options.seed)
    let chosen = random.sample(min(count, cells * options.sampleSize), below: count)
    var training = KMeansOptions()
    training.iterations = options.iterations
    training.seed = options.seed
    training.seedRowsPerCentroid = 16
    return try? KMeans(options: training, pool: pool).centers(of: vectors(of: chosen, pool), clusters: cells)
  }
}
