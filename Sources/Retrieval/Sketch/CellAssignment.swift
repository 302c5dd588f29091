import Vectors

/// Finds the cells of items: the nearest, and the one that best corrects the estimates of the nearest; see
/// `SketchCells`.
struct CellAssignment {
  let source: CellSource
  /// At least two.
  let centers: Matrix
  private let orthogonality: Float
  /// Products of the centers with each other.
  private let gram: Matrix

  init(_ source: CellSource, _ centers: Matrix, orthogonality: Float) {
    self.source = source
    self.centers = centers
    self.orthogonality = orthogonality
    gram = source.products(centers, with: centers)
  }

  /// The cells of `count` items, item after item, `copies` each: the nearest, and with two copies the other one.
  ///
  /// - Parameter item: the item of a number.
  func cells(copies: Int, count: Int, _ pool: ThreadPool, item: (Int) -> Int) -> Buffer<UInt32> {
    // A block's products with all cells stay in the cache.
    let block = max(16, min(256, (1 << 18) / centers.rows))
    return gram.withUnsafeBufferPointer { gram in
      let scores = CellScores(
        // There are at least two.
        cells: centers.rows, gram: gram.baseAddress.unsafelyUnwrapped, orthogonality: orthogonality)
      return Buffer<UInt32>(count: copies * count) { chosen in
        pool.run(over: count, inPiecesOf: block) { assign($0, scores, copies, item, into: chosen) }
      }
    }
  }

  private func assign(
    _ piece: Range<Int>, _ scores: CellScores, _ copies: Int, _ item: (Int) -> Int,
    into chosen: UnsafeMutableBufferPointer<UInt32>
  ) {
    source.withProducts(of: piece.lazy.map(item), with: centers) { vectors, products in
      for (row, number) in piece.enumerated() {
        let products = products + row * scores.cells
        let first = scores.nearest(products)
        chosen[copies * number] = UInt32(truncatingIfNeeded: first)
        guard copies > 1 else { continue }
        let square = source.square(vectors + row * source.dimension)
        chosen[copies * number + 1] = UInt32(truncatingIfNeeded: scores.other(than: first, products, square: square))
      }
    }
  }
}

/// The vectors that the cells hold.
struct CellSource {
  let count: Int
  let dimension: Int
  /// Copies the vector of an item.
  let read: (_ item: Int, UnsafeMutablePointer<Float>) -> Void

  func vectors(of items: some Collection<Int>, _ pool: ThreadPool) -> Matrix {
    let items = Array(items)
    return Matrix(rows: items.count, columns: dimension) { target in
      guard let target = target.baseAddress else { return }
      pool.run(over: items.count, inPiecesOf: 256) { piece in
        for index in piece { read(items[index], target + index * dimension) }
      }
    }
  }

  /// Calls `body` with the vectors of items and their products with all rows of `others`, in memory of their own.
  func withProducts(
    of items: some Collection<Int>, with others: Matrix,
    _ body: (_ vectors: UnsafePointer<Float>, _ products: UnsafePointer<Float>) -> Void
  ) {
    let vectors = UnsafeMutablePointer<Float>.allocate(capacity: items.count * (dimension + others.rows))
    defer { vectors.deallocate() }
    let products = vectors + items.count * dimension
    for (row, item) in items.enumerated() { read(item, vectors + row * dimension) }
    others.withUnsafeBufferPointer { others in
      guard let rows = others.baseAddress else { return }
      multiply(vectors, items.count, rows, others.count / dimension, into: products)
    }
    body(vectors, products)
  }

  /// Products of all rows of two matrices.
  func products(_ a: Matrix, with b: Matrix) -> Matrix {
    Matrix(rows: a.rows, columns: b.rows) { products in
      a.withUnsafeBufferPointer { first in
        b.withUnsafeBufferPointer { second in
          guard let first = first.baseAddress, let second = second.baseAddress, let products = products.baseAddress
          else { return }
          multiply(first, a.rows, second, b.rows, into: products)
        }
      }
    }
  }

  func square(_ vector: UnsafePointer<Float>) -> Float {
    (0..<dimension).reduce(0) { $0 + vector[$1] * vector[$1] }
  }

  private func multiply(
    _ rows: UnsafePointer<Float>, _ count: Int, _ others: UnsafePointer<Float>, _ otherCount: Int,
    into products: UnsafeMutablePointer<Float>
  ) {
    BLAS.gemm(
      .no, .yes, m: count, n: otherCount, k: dimension, rows, lda: dimension, others, ldb: dimension, products,
      ldc: otherCount)
  }
}

/// Which cells suit a vector, told from its products with their centers.
private struct CellScores {
  let cells: Int
  /// Products of the centers with each other.
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
    // ⟨x, r⟩ and, of a center c, ⟨c, r⟩ = ⟨c, x⟩ − ⟨c, c₁⟩.
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
