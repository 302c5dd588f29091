import CKernels
import Tokenizers
import Vectors

/// Checks that every evaluation needs.
enum EvaluationInput {
  /// - Throws: `InputError` when vectors and codes differ in number, when there are too few of them, or naming the first
  ///   row that is not finite.
  static func check(_ vectors: Matrix, _ codes: Codes, atLeast least: Int, source: String = "codes") throws {
    guard vectors.rows == codes.count else {
      throw InputError(
        .mismatch, source, expected: "codes of \(vectors.rows) items, as many as there are vectors",
        found: "\(codes.count)", remedy: "encode these vectors")
    }
    guard codes.count >= least, vectors.columns > 0 else {
      throw InputError(
        .malformed, source, expected: least == 1 ? "at least one item" : "at least \(least) items",
        found: "\(codes.count)")
    }
    let bad = vectors.withUnsafeBufferPointer { values in
      values.baseAddress.map { semid_first_non_finite($0, values.count) } ?? values.count
    }
    guard bad == vectors.values.count else {
      throw InputError(
        .malformed, "vectors", at: "row \(bad / vectors.columns)", expected: "finite values",
        found: "\(vectors.values[bad])", remedy: "drop or repair that row")
    }
  }
}
