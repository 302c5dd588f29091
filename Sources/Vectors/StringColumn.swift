/// An immutable column of strings: one run of UTF-8 bytes and the offsets between them, as in Arrow.
///
/// Item ids are kept in it. Each takes its bytes and eight more, and a column maps from a file as it is.
public struct StringColumn: Sendable {
  /// count + 1 ascending offsets into `bytes`.
  package let offsets: Buffer<UInt64>
  package let bytes: Buffer<UInt8>

  /// Copies the strings as UTF-8, in their order. Linear in the number of bytes.
  public init(_ strings: some Collection<String>) {
    var offsets: [UInt64] = [0]
    offsets.reserveCapacity(strings.count + 1)
    var bytes: [UInt8] = []
    for string in strings {
      bytes.append(contentsOf: string.utf8)
      offsets.append(UInt64(bytes.count))
    }
    self.offsets = Buffer(offsets)
    self.bytes = Buffer(bytes)
  }

  /// - Returns: nil when the offsets do not start at 0, are not ascending or do not end at the number of bytes.
  ///   Linear in the number of offsets.
  package init?(offsets: Buffer<UInt64>, bytes: Buffer<UInt8>) {
    let valid = offsets.withUnsafeBufferPointer { offsets in
      guard let first = offsets.first, let last = offsets.last, first == 0, last == UInt64(bytes.count) else {
        return false
      }
      return zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
    }
    guard valid else { return nil }
    self.offsets = offsets
    self.bytes = bytes
  }
}

extension StringColumn: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { offsets.count - 1 }

  public subscript(index: Int) -> String {
    withUTF8(at: index) { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of one string, in place.
  package func withUTF8<Result>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result
  {
    let range = Int(offsets[index])..<Int(offsets[index + 1])
    return try bytes.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range])) }
  }

  /// The strings at `indices`, in that order.
  package func gathered(_ indices: some Collection<Int>) -> StringColumn {
    StringColumn(indices.map { self[$0] })
  }
}
