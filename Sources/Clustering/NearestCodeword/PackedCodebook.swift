import CKernels
package import Vectors

/// A codebook, rounded and packed for the nearest-codeword kernel. It takes 4·K·d bytes besides the floats.
package final class PackedCodebook: @unchecked Sendable {
  // Written by `init` alone; the kernels only read.
  private let book: semid_codebook
  private let codewords: Matrix
  private let prices: Buffer<Float>

  package let panels: Int

  /// - Parameter prices: none, or the price of each codeword, which is added to the squared distance.
  package init(_ codewords: Matrix, prices: [Float] = []) {
    self.codewords = codewords
    // Memory that stays where it is for as long as this lives.
    let prices = Buffer(prices)
    self.prices = prices
    panels = semid_panels(codewords.rows)
    let panelMemory = UnsafeMutablePointer<Int16>.allocate(
      capacity: max(1, semid_codebook_panel_count(codewords.rows, codewords.columns)))
    let squareMemory = UnsafeMutablePointer<Float>.allocate(
      capacity: max(1, semid_codebook_square_count(codewords.rows)))
    book = codewords.withUnsafeBufferPointer { values in
      var book = semid_codebook(
        rows: values.baseAddress, count: codewords.rows, dimension: codewords.columns, panels: panelMemory,
        squares: squareMemory, scale: 1, largest_norm: 0, largest_error: 0,
        prices: prices.isEmpty ? nil : prices.withUnsafeBufferPointer { $0.baseAddress })
      semid_codebook_pack(&book)
      return book
    }
  }

  deinit {
    book.panels.deallocate()
    book.squares.deallocate()
  }

  /// The largest |c|.
  package var largestNorm: Float { book.largest_norm }

  /// scores[(i − first) · stride + k] = |cₖ|² − 2⟨xᵢ, cₖ⟩ for every row i of `range`, to within margins[i − first], and
  /// infinity up to whole panels.
  package func scores(
    _ vectors: WorkingVectors, _ range: Range<Int>, into scores: UnsafeMutablePointer<Float>, stride: Int,
    margins: UnsafeMutablePointer<Float>
  ) {
    // The kernels see addresses alone, which keep nothing alive.
    defer { withExtendedLifetime((self, vectors)) {} }
    var book = book
    var view = vectors.kernelView
    semid_scores(&book, &view, range.lowerBound, range.count, scores, stride, margins)
  }

  /// Sets `nearest[i]` for every row i of `range`: the lowest index among equally near codewords.
  ///
  /// - Parameters:
  ///   - bounds: rows × panels lower bounds on the distance to each panel's codewords, or nil; `nearest` then holds
  ///     the last answer.
  ///   - drift: how far the codewords of each panel have moved at most since the bounds were written, or nil.
  /// - Returns: how many row–panel pairs were computed.
  @discardableResult
  package func nearest(
    _ vectors: WorkingVectors, _ range: Range<Int>, _ nearest: UnsafeMutablePointer<UInt32>,
    bounds: UnsafeMutablePointer<Float>? = nil, drift: UnsafePointer<Float>? = nil
  ) -> Int {
    defer { withExtendedLifetime((self, vectors)) {} }
    var book = book
    var view = vectors.kernelView
    return semid_nearest(&book, &view, range.lowerBound, range.count, nearest, bounds, drift)
  }
}
