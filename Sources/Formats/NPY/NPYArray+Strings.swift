package import Vectors

extension NPYArray {
  /// The strings of a one-dimensional array of type `U` (UTF-32) or `S` (bytes, which must be UTF-8). Zero padding at
  /// the end of each is dropped, as numpy does.
  ///
  /// - Throws: `InputError` for numbers, for more than one dimension, or naming the first row that is not Unicode.
  package func strings() throws -> StringColumn {
    guard shape.count == 1 else {
      throw InputError(.malformed, source, at: place, expected: "one dimension", found: "shape \(text(shape))")
    }
    switch header.elements {
    case .numbers(let type, _):
      throw InputError(.malformed, source, at: place, expected: "strings", found: type.rawValue)
    case .unicode(let length, let order): return try unicode(length: length, bigEndian: order == .big)
    case .bytes(let length): return try utf8(length: length)
    }
  }

  private func unicode(length: Int, bigEndian: Bool) throws -> StringColumn {
    var builder = StringColumnBuilder(rows: shape[0], bytes: data.count / 4)
    try data.withUnsafeBufferPointer { data in
      let raw = UnsafeRawBufferPointer(data)
      func unit(_ index: Int) -> UInt32 {
        let unit = raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
        return bigEndian ? unit.byteSwapped : unit
      }
      for row in 0..<shape[0] {
        var end = (row + 1) * length
        while end > row * length, unit(end - 1) == 0 { end -= 1 }
        for index in row * length..<end {
          guard let scalar = Unicode.Scalar(unit(index)), let encoded = UTF8.encode(scalar) else {
            throw InputError(
              .malformed, source, at: at(row: row), expected: "Unicode text",
              found: "the unit 0x\(String(unit(index), radix: 16, uppercase: true))")
          }
          builder.bytes.append(contentsOf: encoded)
        }
        builder.endRow()
      }
    }
    return builder.column()
  }

  private func utf8(length: Int) throws -> StringColumn {
    var builder = StringColumnBuilder(rows: shape[0], bytes: data.count)
    try data.withUnsafeBufferPointer { data in
      for row in 0..<shape[0] {
        var text = UnsafeBufferPointer(rebasing: data[row * length..<(row + 1) * length])
        while text.last == 0 { text = UnsafeBufferPointer(rebasing: text.dropLast()) }
        guard isValidUTF8(text) else {
          throw InputError(.malformed, source, at: at(row: row), expected: "UTF-8 text", found: "other bytes")
        }
        builder.bytes.append(contentsOf: text)
        builder.endRow()
      }
    }
    return builder.column()
  }

  private func at(row: Int) -> String {
    let text = "row \(row) (from 0)"
    return place.map { "\($0), \(text)" } ?? text
  }
}
