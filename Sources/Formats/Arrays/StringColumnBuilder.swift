package import Vectors

/// Gathers strings one after another into a column.
package struct StringColumnBuilder {
  package var bytes: [UInt8] = []
  private var offsets: [UInt64] = [0]

  package init(rows: Int = 0, bytes: Int = 0) {
    offsets.reserveCapacity(rows + 1)
    self.bytes.reserveCapacity(bytes)
  }

  /// Strings so far.
  package var count: Int { offsets.count - 1 }

  /// Ends the string whose bytes were appended.
  package mutating func endRow() { offsets.append(UInt64(bytes.count)) }

  /// Appends one string. Bytes that are not UTF-8 are replaced by U+FFFD, so that every column holds valid text.
  package mutating func append(_ element: some Collection<UInt8>) {
    if element.allSatisfy({ $0 < 0x80 }) {
      bytes.append(contentsOf: element)
    } else {
      bytes.append(contentsOf: String(decoding: element, as: UTF8.self).utf8)
    }
    endRow()
  }

  package func withUTF8<Result>(
    at index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[Int(offsets[index])..<Int(offsets[index + 1])]))
    }
  }

  /// The strings in the order given.
  package func column(_ order: some Collection<Int>) -> StringColumn {
    var gathered = StringColumnBuilder(rows: order.count, bytes: bytes.count)
    for index in order {
      withUTF8(at: index) { gathered.bytes.append(contentsOf: $0) }
      gathered.endRow()
    }
    return gathered.column()
  }

  /// The strings in the order they came.
  package func column() -> StringColumn {
    guard let column = StringColumn(offsets: Buffer(offsets), bytes: Buffer(bytes)) else {
      preconditionFailure("offsets ascend by construction")
    }
    return column
  }
}

/// Whether the bytes are UTF-8 in full: no truncated, overlong or surrogate sequences.
package func isValidUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  // Nearly all ids are ASCII: eight bytes at a time.
  let raw = UnsafeRawBufferPointer(bytes)
  var index = 0
  while index + 8 <= raw.count, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
    index += 8
  }
  let rest = bytes[index...]
  return rest.allSatisfy { $0 < 0x80 } || String(validating: rest, as: UTF8.self) != nil
}
