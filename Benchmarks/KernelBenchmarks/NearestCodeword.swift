import Benchmark
import BenchmarkSupport
import CKernels
import Vectors

/// One level of encoding: rows rounded to 16-bit integers, then the nearest of 256 codewords for each.
func nearestCodeword() {
  for dimension in [784, 384, 128] {
    Benchmark("nearest \(dimension)x256", configuration: measuring(.rows, .operations)) { benchmark, problem in
      let rows = Double(problem.rows)
      benchmark.measure([(.rows, rows), (.operations, rows * Double(2 * dimension * 256))]) { problem.findNearest() }
    } setup: {
      NearestProblem(dimension: dimension, codewords: 256)
    }
  }
  for dimension in [784, 384, 128] {
    Benchmark("round \(dimension)", configuration: measuring(.rows)) { benchmark, problem in
      benchmark.measure([(.rows, Double(problem.rows))]) { problem.round() }
    } setup: {
      NearestProblem(dimension: dimension, codewords: 256)
    }
  }
}

/// Rows and a codebook drawn from other rows, with the memory that the kernels fill.
private final class NearestProblem {
  /// Few enough to stay in the second-level cache with the codebook, as in `encode`.
  let rows = 512
  private let matrix: Matrix
  private let codebook: Matrix
  private let codes: Memory<Int16>
  private let statistics: Memory<Float>
  private let panels: Memory<Int16>
  private let squares: Memory<Float>
  private let nearest: Memory<UInt32>
  private var book: semid_codebook

  init(dimension: Int, codewords: Int) {
    let embeddings = SyntheticEmbeddings()
    matrix = embeddings.vectors(rows, dimension: dimension)
    codebook = embeddings.vectors(codewords, dimension: dimension, first: rows)
    codes = Memory(count: rows * semid_rounded_width(dimension))
    statistics = Memory(count: rows * 3)
    panels = Memory(count: semid_codebook_panel_count(codewords, dimension))
    squares = Memory(count: semid_codebook_square_count(codewords))
    nearest = Memory(count: rows)
    book = semid_codebook(
      rows: nil, count: codewords, dimension: dimension, panels: panels.pointer, squares: squares.pointer, scale: 1,
      largest_norm: 0, largest_error: 0, prices: nil)
    codebook.withUnsafeBufferPointer {
      book.rows = $0.baseAddress
      semid_codebook_pack(&book)
    }
    round()
  }

  func round() {
    withVectors { vectors in semid_round_rows(&vectors, 0, rows) }
  }

  func findNearest() {
    withVectors { vectors in
      codebook.withUnsafeBufferPointer {
        book.rows = $0.baseAddress
        blackHole(semid_nearest(&book, &vectors, 0, rows, nearest.pointer, nil, nil))
      }
    }
  }

  private func withVectors(_ body: (inout semid_vectors) -> Void) {
    matrix.withUnsafeBufferPointer {
      var vectors = semid_vectors(
        rows: $0.baseAddress, d: matrix.columns, codes: codes.pointer, scales: statistics.pointer,
        norms: statistics.pointer + rows, errors: statistics.pointer + 2 * rows)
      body(&vectors)
    }
  }
}
