import Foundation
import Vectors

/// Little-endian 32-bit numbers, as bytes and as base64.
enum RawNumbers {
  /// Rows of `columns` floats.
  ///
  /// - Throws: `InputError` where the bytes are not whole rows, or hold NaN or Inf.
  static func matrix(_ bytes: UnsafeRawBufferPointer, columns: Int, at place: String) throws -> Matrix {
    guard columns > 0, !bytes.isEmpty, bytes.count % (columns * 4) == 0 else {
      throw InputError(
        .mismatch, "body", at: place, expected: "rows of \(columns) 32-bit floats, \(columns * 4) bytes each",
        found: "\(bytes.count) bytes")
    }
    let rows = bytes.count / (columns * 4)
    let matrix = Matrix(rows: rows, columns: columns) { target in
      for index in 0..<rows * columns {
        target[index] = Float(
          bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
      }
    }
    try check(matrix, at: place)
    return matrix
  }

  static func matrix(base64 text: String, columns: Int, at place: String) throws -> Matrix {
    guard let data = Data(base64Encoded: text) else {
      throw InputError(.mismatch, "body", at: place, expected: "base64", found: "other text")
    }
    return try data.withUnsafeBytes { try matrix($0, columns: columns, at: place) }
  }

  /// Rows of a JSON array.
  static func matrix(_ rows: [[Double]], columns: Int, at place: (Int) -> String) throws -> Matrix {
    for (row, values) in rows.enumerated() where values.count != columns {
      throw InputError(
        .mismatch, "body", at: place(row), expected: "\(columns) numbers, the dimension of the index",
        found: "\(values.count)")
    }
    let matrix = Matrix(rows: rows.count, columns: columns) { target in
      for (row, values) in rows.enumerated() {
        for (column, value) in values.enumerated() { target[row * columns + column] = Float(value) }
      }
    }
    for row in 0..<matrix.rows where !matrix.row(row).allSatisfy(\.isFinite) {
      throw InputError(
        .mismatch, "body", at: place(row), expected: "numbers that 32-bit floats hold", found: "a larger one")
    }
    return matrix
  }

  private static func check(_ matrix: Matrix, at place: String) throws {
    for row in 0..<matrix.rows where !matrix.row(row).allSatisfy(\.isFinite) {
      throw InputError(
        .mismatch, "body", at: "\(place), row \(row) (from 0)", expected: "finite numbers", found: "NaN or Inf")
    }
  }

  static func base64(_ words: UnsafeBufferPointer<Int32>) -> String { data(words).base64EncodedString() }

  static func data(_ words: UnsafeBufferPointer<Int32>) -> Data {
    #if _endian(little)
      return Data(buffer: words)
    #else
      return words.map(\.littleEndian).withUnsafeBufferPointer { Data(buffer: $0) }
    #endif
  }
}
