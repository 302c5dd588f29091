import CParquet
import Vectors

/// Takes the pieces of a column of lists as CParquet hands them over.
final class ParquetListGatherer {
  private let path: String
  private let name: String
  private let maximumBytes: Int
  private var builder = StringColumnBuilder()
  private var starts = [0]
  private var elements = 0
  private var row = 0
  /// One a row so far: 0 where the list is missing.
  private(set) var present: [UInt8] = []
  /// Why the reading was stopped.
  private(set) var failure: InputError?

  init(path: String, column: String, maximumBytes: Int) {
    self.path = path
    self.name = column
    self.maximumBytes = maximumBytes
  }

  /// `semid_parquet_list_sink`, with a gatherer for its context.
  static let sink:
    @convention(c) (
      UnsafeMutableRawPointer?, Int64, UnsafePointer<Int64>?, Int64, UnsafePointer<UInt64>?, UnsafePointer<UInt8>?
    ) -> Int32 = { context, rows, counts, elements, lengths, bytes in
      guard let context else { return 1 }
      return Unmanaged<ParquetListGatherer>.fromOpaque(context).takeUnretainedValue()
        .take(
          UnsafeBufferPointer(start: counts, count: Int(rows)),
          UnsafeBufferPointer(start: lengths, count: Int(elements)), bytes) ? 0 : 1
    }

  func column() -> ListColumn { ListColumn(elements: builder.column(), starts: starts) }

  private func take(
    _ counts: UnsafeBufferPointer<Int64>, _ lengths: UnsafeBufferPointer<UInt64>, _ bytes: UnsafePointer<UInt8>?
  ) -> Bool {
    // An element that is missing has the greatest length there is, and no bytes.
    let total = lengths.reduce(0) { $1 == .max ? $0 : $0 + Int($1) }
    guard total <= maximumBytes - builder.bytes.count, lengths.count <= maximumBytes / 8 - elements else {
      return refuse("at most \(maximumBytes) bytes in memory", "more")
    }
    let all = UnsafeBufferPointer(start: bytes, count: total)
    var start = 0
    var next = 0
    for count in counts {
      present.append(count < 0 ? 0 : 1)
      for length in lengths[next..<next + Int(max(count, 0))] where length != .max {
        let text = UnsafeBufferPointer(rebasing: all[start..<start + Int(length)])
        guard isValidUTF8(text) else { return refuse("UTF-8", "bytes that are not") }
        builder.bytes.append(contentsOf: text)
        builder.endRow()
        elements += 1
        start += text.count
      }
      next += Int(max(count, 0))
      starts.append(elements)
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

extension ParquetFile {
  func lists(_ name: String, _ index: Int) throws -> OptionalColumn {
    guard rows <= options.maximumBytes / 9 else { throw tooLarge(name) }
    let gatherer = ParquetListGatherer(path: path, column: name, maximumBytes: options.maximumBytes)
    for group in 0..<rowGroups {
      do {
        try handle.call(column: name) {
          semid_parquet_read_lists(
            handle.file, Int32(index), Int32(group), ParquetListGatherer.sink,
            Unmanaged.passUnretained(gatherer).toOpaque(), &$0)
        }
      } catch { throw gatherer.failure ?? error }
    }
    return withExtendedLifetime(gatherer) {
      OptionalColumn(values: .lists(gatherer.column()), present: Buffer(gatherer.present))
    }
  }
}
