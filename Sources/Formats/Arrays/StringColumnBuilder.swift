package import Vectors

/// Gathers strings one after another into a column.
package struct StringColumnBuilder {
  package var bytes: [UInt8] = []
  private var offsets: [UInt64] = [0]

  package init(rows: Int = 0, bytes: Int = 0) {
    offsets.reserveCapacity(rows + 1)
    self.bytes.reserveCapacity(bytes)
  }

  /// Ends the string whose bytes were appended.
  package mutating func endRow() { offsets.append(UInt64(bytes.count)) }

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
