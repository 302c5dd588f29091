/// Whole lines of a file, one behind the other.
package struct LineBlock: Sendable {
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var count: Int { bytes.count }

  /// Whether a line holds anything but white space. Zeros, as a file that was cut off by a crash ends with, are no white
  /// space.
  package static func isData(_ line: UnsafeRawBufferPointer) -> Bool {
    line.contains { $0 != 0x20 && !(0x09...0x0D).contains($0) }
  }

  /// Calls `body` with each line, without its end (`\n` or `\r\n`), and its number in the block from 0.
  ///
  /// - Returns: how many lines there are.
  package func forEachLine(_ body: (Int, UnsafeRawBufferPointer) throws -> Void) rethrows -> Int {
    try bytes.withUnsafeBytes { bytes in
      var (start, number) = (0, 0)
      while start < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let length = rest.firstNewline ?? rest.count
        let hasReturn = length > 0 && rest[length - 1] == 0x0D
        try body(number, UnsafeRawBufferPointer(rebasing: rest[..<(hasReturn ? length - 1 : length)]))
        start += length + 1
        number += 1
      }
      return number
    }
  }
}
