import CKernels
import Vectors

/// Rows without NaN or infinity.
package enum FiniteRows {
  /// - Throws: `InputError` naming the first of these rows that is not finite.
  package static func check(
    _ base: UnsafePointer<Float>, rows: Range<Int>, dimension: Int, source: String
  ) throws {
    let first = rows.lowerBound * dimension
    let bad = semid_first_non_finite(base + first, rows.count * dimension)
    guard bad == rows.count * dimension else {
      throw InputError(
        .malformed, source, at: "row \(rows.lowerBound + bad / dimension)", expected: "finite values",
        found: "\(base[first + bad])", remedy: "drop or repair that row")
    }
  }
}
