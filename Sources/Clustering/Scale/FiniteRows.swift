import CKernels
import Vectors

/// Rows without NaN or infinity, whose squared lengths 32-bit floats hold.
package enum FiniteRows {
  /// - Throws: `InputError` naming the first of these rows that is not finite, or too long: all its distances would be the
  ///   same, and its codes without meaning.
  package static func check(
    _ base: UnsafePointer<Float>, rows: Range<Int>, dimension: Int, source: String
  ) throws {
    for number in rows {
      let row = base + number * dimension
      var square: Float = 0
      semid_dot_rows(row, row, dimension, 1, &square)
      // False for NaN, too.
      if square <= Float(VectorScale.largestSquare) { continue }
      let bad = semid_first_non_finite(row, dimension)
      guard bad == dimension else {
        throw InputError(
          .malformed, source, at: "row \(number)", expected: "finite values", found: "\(row[bad])",
          remedy: "drop or repair that row")
      }
      let largest = (0..<dimension).map { abs(row[$0]) }.max() ?? 0
      throw InputError(
        .malformed, source, at: "row \(number)",
        expected: "values whose squares 32-bit floats can hold: vectors up to 4.6e18 long",
        found: "values up to \(largest)",
        remedy: "scale the vectors as those that the model was trained on")
    }
  }
}
