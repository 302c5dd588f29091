import CParquet
import Vectors

/// Takes the pieces of a text column as CParquet hands them over.
final class ParquetTextGatherer {
  private let path: String
  private let name: String
  private let maximumBytes: Int
  private var builder = StringColumnBuilder()
  private var row: Int
  /// One a row so far: 0 where the text is missing.
  private(set) var present: [UInt8] = []
  /// Why the reading was stopped.
  private(set) var failure: InputError?

  init(path: String, column: String, firstRow: Int, maximumBytes: Int) {
    self.path = path
    self.name = column
    self.maximumBytes = maximumBytes
    row = firstRow
  }

  /// `semid_parquet_sink`, with a gatherer for its context.
  static let sink:
    @convention(c) (
      UnsafeMutableRawPointer?, Int64, UnsafePointer<UInt64>?, UnsafePointer<UInt8>?
    ) -> Int32 = { context, rows, lengths, bytes in
      guard let context, let lengths else { return 1 }
      return Unmanaged<ParquetTextGatherer>.fromOpaque(context).takeUnretainedValue()
        .take(UnsafeBufferPointer(start: lengths, count: Int(rows)), bytes) ? 0 : 1
    }

  func column() -> StringColumn { builder.column() }

  private func take(_ lengths: UnsafeBufferPointer<UInt64>, _ bytes: UnsafePointer<UInt8>?) -> Bool {
    // A text that is missing has the greatest length there is, and no bytes.
    let total = lengths.reduce(0) { $1 == .max ? $0 : $0 + Int($1) }
    guard total <= maximumBytes - builder.bytes.count else {
      return refuse("at most \(maximumBytes) bytes of text", "more")
    }
    let all = UnsafeBufferPointer(start: bytes, count: total)
    var start = 0
    for length in lengths {
      present.append(length == .max ? 0 : 1)
      let text = UnsafeBufferPointer(rebasing: all[start..<start + (length == .max ? 0 : Int(length))])
      guard isValidUTF8(text) else { return refuse("UTF-8", "bytes that are not") }
      builder.bytes.append(contentsOf: text)
      builder.endRow()
      start += text.count
      row += 1
    }
    return true
  }

  private func refuse(_ expected: String, _ found: String) -> Bool {
    failure = InputError(
      .malformed, path, at: ParquetFile.place(name) + ", row \(row) (from 0)", expected: expected, found: found)
    return false
  }
}
