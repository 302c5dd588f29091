import Tokenizers
import Vectors

/// Which items make which cells of a sketch: k-means cells of the vectors themselves, whatever made the codes, each item in
/// its nearest and in one more.
///
/// Where an item lies at the border of its cell, a query near it may lie across: its residual from the cell's centre points
/// towards the query, which makes cell and leaf look far, and the estimate of the distance poor, at once. The other cell is
/// the one of least |x − c|² + λ · ⟨x − c, r⟩² / |r|², r the first residual: near, with a residual that is orthogonal to the
/// first, so that where the one is misled the other is not (Sun et al., "SOAR", NeurIPS 2023). On text embeddings a third as
/// many items have to be scanned for a recall of .95 to .99.
struct SketchCells {
  /// How cells are found.
  struct Options: Hashable, Sendable {
    /// Items a cell, in the mean and each counted once.
    var cellSize = 128
    /// Cells at most.
    var most = 2048
    /// Cells that an item is in: 1 or 2.
    var copies = 2
    /// λ.
    var orthogonality: Float = 2
    /// Items a cell that k-means looks at.
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
    let source = Source(count: count, dimension: dimension, read: read)
    guard let centers = source.centers(options, pool) else {
      // In the order of the items, which is that of their codes: neighbours.
      let size = options.cellSize
      starts = Buffer((0...(count + size - 1) / size).map { UInt32(truncatingIfNeeded: min(count, $0 * size)) })
      items = Buffer((0..<count).map { UInt32(truncatingIfNeeded: $0) })
      return
    }
    (starts, items) = Self.sorted(source.assign(centers, options, pool), copies: options.copies, cells: centers.rows)
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

/// The vectors to be divided.
private struct Source {
  let count: Int
  let dimension: Int
  let read: (_ item: Int, UnsafeMutablePointer<Float>) -> Void

  /// k-means' centroids; nil where there is nothing to divide, or the vectors are too long for it.
  func centers(_ options: SketchCells.Options, _ pool: ThreadPool) -> Matrix? {
    let cells = min(options.most, count / max(options.cellSize, 1))
    guard cells > 1 else { return nil }
    var random = CounterRandom(seed: options.seed)
    let chosen = random.sample(min(count, cells * options.sampleSize), below: count)
    let sample = Matrix(rows: chosen.count, columns: dimension) { target in
      guard let target = target.baseAddress else { return }
      pool.run(over: chosen.count, inPiecesOf: 256) { piece in
        for index in piece { read(chosen[index], target + index * dimension) }
      }
    }
    var training = RQKMeansOptions()
    training.levelSizes = [cells]
    training.kMeans.iterations = options.iterations
    training.kMeans.seed = options.seed
    training.kMeans.seedRowsPerCentroid = 16
    return try? RQKMeans.train(sample, options: training, pool: pool).model.codebooks.levels[0]
  }

  /// The cells of every item, item after item: the nearest, and with two copies the other one.
  func assign(_ centers: Matrix, _ options: SketchCells.Options, _ pool: ThreadPool) -> Buffer<UInt32> {
    let cells = centers.rows
    // A block's products with all cells stay in the cache.
    let block = max(16, min(256, (1 << 18) / cells))
    return centers.withUnsafeBufferPointer { centers in
      // There are at least two.
      let centers = centers.baseAddress.unsafelyUnwrapped
      let products = Matrix(rows: cells, columns: cells) { products in
        multiply(centers, cells, centers, cells, into: products.baseAddress.unsafelyUnwrapped)
      }
      return products.withUnsafeBufferPointer { products in
        let scores = CellScores(
          cells: cells, gram: products.baseAddress.unsafelyUnwrapped, orthogonality: options.orthogonality)
        return Buffer<UInt32>(count: options.copies * count) { chosen in
          pool.run(over: count, inPiecesOf: block) { assign($0, centers, scores, options.copies, into: chosen) }
        }
      }
    }
  }

  private func assign(
    _ piece: Range<Int>, _ centers: UnsafePointer<Float>, _ scores: CellScores, _ copies: Int,
    into chosen: UnsafeMutableBufferPointer<UInt32>
  ) {
    let vectors = UnsafeMutablePointer<Float>.allocate(capacity: piece.count * (dimension + scores.cells))
    defer { vectors.deallocate() }
    let products = vectors + piece.count * dimension
    for (row, item) in piece.enumerated() { read(item, vectors + row * dimension) }
    multiply(vectors, piece.count, centers, scores.cells, into: products)
    for (row, item) in piece.enumerated() {
      let products = products + row * scores.cells
      let first = scores.nearest(products)
      chosen[copies * item] = UInt32(truncatingIfNeeded: first)
      guard copies > 1 else { continue }
      let vector = vectors + row * dimension
      let square = (0..<dimension).reduce(Float(0)) { $0 + vector[$1] * vector[$1] }
      chosen[copies * item + 1] = UInt32(truncatingIfNeeded: scores.other(than: first, products, square: square))
    }
  }

  /// Products of all rows with all of `others`.
  private func multiply(
    _ rows: UnsafePointer<Float>, _ count: Int, _ others: UnsafePointer<Float>, _ otherCount: Int,
    into products: UnsafeMutablePointer<Float>
  ) {
    BLAS.gemm(
      .no, .yes, m: count, n: otherCount, k: dimension, rows, lda: dimension, others, ldb: dimension, products,
      ldc: otherCount)
  }
}

/// Which cells suit a vector, told from its products with their centres.
private struct CellScores {
  let cells: Int
  /// Products of the centres with each other.
  let gram: UnsafePointer<Float>
  let orthogonality: Float

  private func square(_ cell: Int) -> Float { gram[cell * cells + cell] }

  func nearest(_ products: UnsafePointer<Float>) -> Int {
    var best = 0
    var least = Float.infinity
    for cell in 0..<cells {
      let distance = square(cell) - 2 * products[cell]
      if distance < least { (best, least) = (cell, distance) }
    }
    return best
  }

  /// - Parameter square: |x|².
  func other(than first: Int, _ products: UnsafePointer<Float>, square: Float) -> Int {
    let residual = square + self.square(first) - 2 * products[first]
    let weight = residual > 0 ? orthogonality / residual : 0
    // ⟨x, r⟩ and, of a centre c, ⟨c, r⟩ = ⟨c, x⟩ − ⟨c, c₁⟩.
    let along = square - products[first]
    let row = gram + first * cells
    var best = first == 0 ? 1 : 0
    var least = Float.infinity
    for cell in 0..<cells where cell != first {
      let distance = self.square(cell) - 2 * products[cell]
      // Nothing is taken off from here on.
      guard distance < least else { continue }
      let part = along - products[cell] + row[cell]
      let loss = distance + weight * part * part
      if loss < least { (best, least) = (cell, loss) }
    }
    return best
  }
}
