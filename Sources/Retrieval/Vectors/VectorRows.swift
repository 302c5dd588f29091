import CKernels
import Vectors

/// The vectors of a segment's items, by row, wherever they lie: in a matrix, or in the segments that are merged.
struct VectorRows: Sendable {
  let columns: Int
  let count: Int
  /// Whether they are already as they will be stored: of length 1 under cosine.
  let isStored: Bool
  private let storage: Storage

  private enum Storage: Sendable {
    case matrix(Matrix)
    /// For each row, the file and the position there.
    case files([FlatVectorFile], places: [(file: UInt32, position: UInt32)])
  }

  init(_ matrix: Matrix, isStored: Bool = false) {
    columns = matrix.columns
    count = matrix.rows
    self.isStored = isStored
    storage = .matrix(matrix)
  }

  /// - Parameter places: the file and position of each row.
  init(_ files: [FlatVectorFile], dimension: Int, places: [(file: UInt32, position: UInt32)]) {
    columns = dimension
    count = places.count
    isStored = true
    storage = .files(files, places: places)
  }

  /// The matrix, where the vectors are one.
  var matrix: Matrix? { if case .matrix(let matrix) = storage { matrix } else { nil } }

  /// Calls `body` with a function that gives the address of each row's floats. Addresses are valid inside the call;
  /// those of files are not aligned.
  func withRows<Result>(_ body: (@escaping (Int) -> UnsafePointer<Float>) throws -> Result) rethrows -> Result {
    let columns = columns
    switch storage {
    case .matrix(let matrix):
      return try matrix.withUnsafeBufferPointer { values in
        // Without an address there is no row to ask for.
        try body { values.baseAddress.unsafelyUnwrapped + $0 * columns }
      }
    case .files(let files, let places):
      let starts = files.map { $0.rows.map { UInt(bitPattern: $0) } ?? 0 }
      defer { withExtendedLifetime(files) {} }
      return try places.withUnsafeBufferPointer { places in
        try body { row in
          let place = places[row]
          let address = starts[Int(place.file)] + UInt(place.position) * UInt(4 * columns)
          return UnsafePointer(bitPattern: address).unsafelyUnwrapped
        }
      }
    }
  }
}

extension VectorRows {
  /// - Throws: `InputError` naming the first vector that holds NaN or Inf or, under cosine, has length 0.
  func check(_ metric: Metric, _ pool: ThreadPool) throws {
    let piece = 1 << 12
    try withRows { pointer in
      try pool.run(
        tasks: (count + piece - 1) / piece,
        throwing: { task in
          for row in task * piece..<min(count, (task + 1) * piece) {
            let vector = pointer(row)
            let bad = semid_first_non_finite(vector, columns)
            guard bad == columns else {
              throw InputError(
                .malformed, "vectors", at: "row \(row), column \(bad)", expected: "a number",
                found: "\(vector[bad])", remedy: "remove the item")
            }
            guard metric != .cosine || UnitVector.length(vector, count: columns) > 0 else {
              throw InputError(
                .malformed, "vectors", at: "row \(row)", expected: "a vector with a direction", found: "length 0",
                remedy: "remove the item or use the metric l2")
            }
          }
        })
    }
  }
}
