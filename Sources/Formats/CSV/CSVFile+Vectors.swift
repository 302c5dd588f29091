package import Vectors

extension CSVFile {
  /// A column of lists of numbers, `[0.1, 0.2]` or `0.1 0.2`, as a matrix.
  ///
  /// - Throws: `InputError` naming the line and column of what is no number, and of a list of another length.
  package func matrix(_ name: String) throws -> Matrix {
    var values: [Float] = []
    var width: Int?
    let rows = try scan([column(name)]) { _, _, field, line in
      let before = values.count
      let place = Self.place(line, name)
      try NumberText.list(field, into: &values) { found in
        InputError(.malformed, source, at: place, expected: "a list of numbers", found: found)
      }
      let count = values.count - before
      guard count == width ?? count else {
        throw InputError(
          .malformed, source, at: place, expected: "\(width ?? 0) numbers, as the first row has", found: "\(count)")
      }
      width = count
    }
    return Matrix(rows: rows, columns: width ?? 0, values: Buffer(values))
  }

  /// Columns of numbers side by side, one for each dimension.
  package func matrix(of names: [String]) throws -> Matrix {
    let columns = try names.map(column)
    var values: [Float] = []
    var row = [Float](repeating: 0, count: names.count)
    var filled = 0
    let rows = try scan(columns) { _, place, field, line in
      guard let number = NumberText.number(field) else {
        throw InputError(
          .malformed, source, at: Self.place(line, names[place]), expected: "a number",
          found: NumberText.excerpt(field))
      }
      row[place] = number
      filled += 1
      if filled == names.count {
        values.append(contentsOf: row)
        filled = 0
      }
    }
    guard values.count == rows * names.count else {
      throw InputError(.malformed, source, expected: "\(rows) rows", found: "\(values.count / max(1, names.count))")
    }
    return Matrix(rows: rows, columns: names.count, values: Buffer(values))
  }
}

/// Numbers and lists of them, as text tables hold them.
enum NumberText {
  /// Longer texts are no numbers.
  private static let longest = 63

  /// A number in decimal notation, spaces around it aside; nil for other text, and for an empty one.
  static func number(_ field: UnsafeBufferPointer<UInt8>) -> Float? {
    var text = field[...]
    while let first = text.first, first == 0x20 { text = text.dropFirst() }
    while let last = text.last, last == 0x20 { text = text.dropLast() }
    guard !text.isEmpty, text.count <= longest, text.allSatisfy({ Self.isPart($0) }) else { return nil }
    return Float(Substring(decoding: text, as: UTF8.self))
  }

  /// Digits, signs, points and exponents, and the letters of `nan` and `inf`, which are refused where values are checked.
  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    case UInt8(ascii: "n"), UInt8(ascii: "a"), UInt8(ascii: "N"), UInt8(ascii: "i"), UInt8(ascii: "f"): true
    default: false
    }
  }

  /// Appends the numbers of a list: in brackets or without, with commas, semicolons or spaces between.
  static func list(
    _ field: UnsafeBufferPointer<UInt8>, into values: inout [Float], _ fault: (_ found: String) -> InputError
  ) throws {
    var text = field[...]
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    while let first = text.first, isSpace(first) { text = text.dropFirst() }
    while let last = text.last, isSpace(last) { text = text.dropLast() }
    if let open = text.first,
      let close = [UInt8(ascii: "["): UInt8(ascii: "]"), UInt8(ascii: "("): UInt8(ascii: ")")][open]
    {
      guard text.count > 1, text.last == close else { throw fault(excerpt(field)) }
      text = text.dropFirst().dropLast()
    }
    var start = text.startIndex
    var wantsNumber = true
    while start < text.endIndex {
      let byte = text[start]
      if isSpace(byte) {
        start += 1
      } else if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") {
        guard !wantsNumber else { throw fault(excerpt(field)) }
        wantsNumber = true
        start += 1
      } else {
        let end = text[start...].firstIndex { isSpace($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
        let piece = UnsafeBufferPointer(rebasing: text[start..<(end ?? text.endIndex)])
        guard let number = number(piece) else { throw fault(excerpt(piece)) }
        values.append(number)
        wantsNumber = false
        start = end ?? text.endIndex
      }
    }
  }

  /// Whether a text is a list of two numbers or more.
  static func isList(_ text: String) -> Bool {
    var values: [Float] = []
    var text = text
    return text.withUTF8 { bytes in
      guard (try? list(bytes, into: &values) { InputError(.malformed, "", found: $0) }) != nil else { return false }
      return values.count > 1 || (values.count == 1 && bytes.first == UInt8(ascii: "["))
    }
  }

  static func excerpt(_ field: UnsafeBufferPointer<UInt8>) -> String {
    field.isEmpty ? "an empty text" : "\"\(String(decoding: field.prefix(40), as: UTF8.self))\""
  }
}
