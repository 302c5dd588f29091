import Vectors

/// Texts end to end, for rows to copy: a `StringColumn` whose elements can be read without a call into another module.
struct EncodedTexts: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  var count: Int { ends.count }

  /// The texts as they stand between the quotes of JSON strings.
  init(escaping column: StringColumn) {
    bytes.reserveCapacity(column.bytes.count)
    ends.reserveCapacity(column.count)
    for row in column.indices {
      column.withUTF8(at: row) { JSONBytes.append($0, to: &bytes) }
      ends.append(bytes.count)
    }
  }

  /// The texts as they are.
  init(_ column: StringColumn) {
    bytes = column.bytes.array
    ends = column.offsets.array.dropFirst().map { Int($0) }
  }

  private func range(_ row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

  func isEmpty(_ row: Int) -> Bool { range(row).isEmpty }

  subscript(row: Int) -> ArraySlice<UInt8> { bytes[range(row)] }

  func append(_ row: Int, to target: inout [UInt8]) {
    let range = range(row)
    bytes.withUnsafeBufferPointer { target.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
  }
}
