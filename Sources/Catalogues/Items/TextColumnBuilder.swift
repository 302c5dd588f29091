import Vectors

/// Grows a `StringColumn` from bytes, without a `String` for each element.
struct TextColumnBuilder {
  private var offsets: [UInt64] = [0]
  private var bytes: [UInt8] = []

  var count: Int { offsets.count - 1 }

  /// Appends one element. Bytes that are not UTF-8 are replaced by U+FFFD, so that every column holds valid text.
  mutating func append(_ element: some Collection<UInt8>) {
    if element.allSatisfy({ $0 < 0x80 }) {
      bytes.append(contentsOf: element)
    } else {
      bytes.append(contentsOf: String(decoding: element, as: UTF8.self).utf8)
    }
    offsets.append(UInt64(bytes.count))
  }

  func withUTF8<Result>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[Int(offsets[index])..<Int(offsets[index + 1])]))
    }
  }

  /// The elements in the order given.
  func column(_ order: some Collection<Int>) -> StringColumn {
    var gathered = TextColumnBuilder()
    gathered.offsets.reserveCapacity(order.count + 1)
    gathered.bytes.reserveCapacity(bytes.count)
    for index in order {
      withUTF8(at: index) { gathered.bytes.append(contentsOf: $0) }
      gathered.offsets.append(UInt64(gathered.bytes.count))
    }
    return gathered.column()
  }

  /// The elements in the order they came.
  func column() -> StringColumn {
    guard let column = StringColumn(offsets: Buffer(offsets), bytes: Buffer(bytes)) else {
      preconditionFailure("a builder's offsets ascend from 0 to the number of its bytes")
    }
    return column
  }
}
