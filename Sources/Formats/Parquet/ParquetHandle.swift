import CParquet
import Vectors

/// An open file of CParquet's, closed when the last reference goes.
///
/// Several threads may read at a time: each call makes its own reader over metadata that never change.
final class ParquetHandle: @unchecked Sendable {
  let file: OpaquePointer
  let path: String

  init(path: String, maximumBytes: Int) throws {
    self.path = path
    #if !Parquet
      throw InputError.noParquet(path)
    #else
      var opened: OpaquePointer?
      var fault = semid_parquet_fault()
      let status = semid_parquet_open(path, Int64(maximumBytes), &opened, &fault)
      guard status == 0, let opened else {
        throw InputError(parquet: status, fault, path, column: nil, expected: "a Parquet file")
      }
      file = opened
    #endif
  }

  deinit { semid_parquet_close(file) }

  /// Runs one of CParquet's functions and throws its fault.
  func call(column: String, _ body: (_ fault: inout semid_parquet_fault) -> Int32) throws {
    var fault = semid_parquet_fault()
    let status = body(&fault)
    guard status == 0 else { throw InputError(parquet: status, fault, path, column: column) }
  }
}

extension InputError {
  /// What a build without Arrow C++ (the trait Parquet is off) says of every Parquet file.
  static func noParquet(_ path: String) -> InputError {
    InputError(
      .unsupported, path, expected: "a format that this build has", found: "Parquet, which it was built without",
      remedy: "read or write it with pyarrow, and hand the arrays over")
  }

  init(
    parquet status: Int32, _ fault: semid_parquet_fault, _ path: String, column: String?, expected: String? = nil
  ) {
    let kind: Kind =
      switch UInt32(status) {
      case SEMID_PARQUET_IO.rawValue: .io
      case SEMID_PARQUET_UNSUPPORTED.rawValue: .unsupported
      default: .malformed
      }
    var places: [String] = []
    if let column { places.append(ParquetFile.place(column)) }
    if fault.row >= 0 { places.append("row \(fault.row) (from 0)") }
    let wanted = text(fault.expected)
    let found = text(fault.found)
    self.init(
      kind, path, at: places.isEmpty ? nil : places.joined(separator: ", "),
      expected: wanted.isEmpty ? expected : wanted, found: found.isEmpty ? "contents that cannot be read" : found)
  }
}

/// The text in an array of characters that C ends with a zero.
private func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
