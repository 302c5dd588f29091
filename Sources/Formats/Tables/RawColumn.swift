import Vectors

/// One column of a text format as it was written: what each row has, not yet of one type.
struct RawColumn {
  /// What a row holds.
  enum Tag: UInt8 {
    /// No value: `null`, an empty field, or no member of that name.
    case missing
    case text
    /// Its digits are the text.
    case integer
    case number
    /// `true` or `false`.
    case boolean
    /// Its elements stand in `elements`.
    case list
    /// An object, or a list of what is no scalar.
    case other
  }

  private(set) var tags: [Tag] = []
  var texts = StringColumnBuilder()
  var elements = StringColumnBuilder()
  private(set) var elementCount = 0
  private(set) var starts = [0]

  /// Ends a row, whose text was appended to `texts`, or its elements to `elements`.
  mutating func endRow(_ tag: Tag) {
    tags.append(tag)
    texts.endRow()
    starts.append(elementCount)
  }

  mutating func endElement() {
    elements.endRow()
    elementCount += 1
  }
}

extension RawColumn {
  /// The column as one type that all its values have: lists, booleans, integers, floats, times or text.
  ///
  /// - Parameters:
  ///   - isTyped: whether the format itself tells numbers from text, as JSON does. Where it does not, text that is a
  ///     number, a boolean or a time in every row is read as such.
  ///   - place: names a row in errors.
  func typed(
    isTyped: Bool, source: String, place: (Int) -> String
  ) throws -> ParquetFile.OptionalColumn {
    let present = Buffer(tags.map { UInt8($0 == .missing ? 0 : 1) })
    let texts = texts.column()
    let seen = Set(tags).subtracting([.missing])
    if let row = tags.firstIndex(of: .other) {
      throw InputError(
        .unsupported, source, at: place(row), expected: "text, a number, true, false or a list of such",
        found: "an object, or a list of lists or objects")
    }
    if seen.contains(.list) {
      if let row = tags.firstIndex(where: { $0 != .list && $0 != .missing }) {
        throw InputError(
          .malformed, source, at: place(row), expected: "a list, as in other rows", found: "a single value")
      }
      return ParquetFile.OptionalColumn(
        values: .lists(ListColumn(elements: elements.column(), starts: starts)), present: present)
    }
    func parsed<Value>(_ zero: Value, _ parse: (UnsafeBufferPointer<UInt8>) -> Value?) -> [Value]? {
      var values: [Value] = []
      values.reserveCapacity(tags.count)
      for row in texts.indices {
        guard present[row] != 0 else {
          values.append(zero)
          continue
        }
        guard let value = texts.withUTF8(at: row, parse) else { return nil }
        values.append(value)
      }
      return values
    }
    let mayBeNumbers = isTyped ? seen.isSubset(of: [.integer, .number]) : true
    let isEmpty = seen.isEmpty
    if mayBeNumbers, !isEmpty {
      if let numbers = parsed(0, CellText.integer) {
        return ParquetFile.OptionalColumn(values: .integers(Buffer(numbers)), present: present)
      }
      if let numbers = parsed(0, CellText.number) {
        return ParquetFile.OptionalColumn(values: .floats(Buffer(numbers)), present: present)
      }
    }
    if isTyped ? seen == [.boolean] : !isEmpty, let values = parsed(0, CellText.boolean) {
      return ParquetFile.OptionalColumn(values: .booleans(Buffer(values)), present: present)
    }
    if !isTyped, !isEmpty, let times = parsed(0, { TimeText.microseconds($0) }) {
      return ParquetFile.OptionalColumn(values: .times(Buffer(times)), present: present)
    }
    if isTyped, seen.contains(.boolean) || (seen.contains(.number) && seen.contains(.text)),
      let row = tags.firstIndex(where: { $0 != .missing && $0 != tags.first { $0 != .missing } })
    {
      throw InputError(
        .malformed, source, at: place(row), expected: "a value of the type that earlier rows have", found: "another")
    }
    return ParquetFile.OptionalColumn(values: .strings(texts), present: present)
  }

  /// The column as text: numbers as they are written, lists with commas between their elements.
  ///
  /// - Throws: `InputError` for a boolean, an object or a list of lists, naming the row.
  func text(source: String, place: (Int) -> String) throws -> DataTable.Texts {
    if let row = tags.firstIndex(where: { $0 == .other || $0 == .boolean }) {
      throw InputError(
        .malformed, source, at: place(row), expected: "text, a number or a list of such",
        found: tags[row] == .boolean ? "true or false" : "an object, or a list of lists or objects")
    }
    let present = Buffer(tags.map { UInt8($0 == .missing ? 0 : 1) })
    guard let firstList = tags.firstIndex(of: .list) else {
      return DataTable.Texts(texts: texts.column(), present: present, firstList: nil)
    }
    let (single, parts) = (texts.column(), elements.column())
    var joined = StringColumnBuilder(rows: tags.count)
    for row in tags.indices {
      if tags[row] == .list {
        var isFirst = true
        for element in starts[row]..<starts[row + 1] {
          parts.withUTF8(at: element) { text in
            guard !text.isEmpty else { return }
            if !isFirst { joined.bytes.append(contentsOf: ", ".utf8) }
            joined.bytes.append(contentsOf: text)
            isFirst = false
          }
        }
      } else {
        single.withUTF8(at: row) { joined.bytes.append(contentsOf: $0) }
      }
      joined.endRow()
    }
    return DataTable.Texts(texts: joined.column(), present: present, firstList: firstList)
  }
}

/// Values written as text.
package enum CellText {
  /// A whole number in 64 bits, as it is printed: no leading zeros or plus, which ids and postcodes have.
  package static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
    guard (1...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { return nil }
    return Int64(String(decoding: text, as: UTF8.self))
  }

  /// A finite number in digits, with a point and an exponent or without, and without leading zeros.
  package static func number(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    let allowed = text.allSatisfy { byte in
      (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }
    let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
    let isPadded = digits.count > 1 && digits.first == 0x30 && (0x30...0x39).contains(digits[digits.startIndex + 1])
    guard allowed, !text.isEmpty, !isPadded, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite
    else { return nil }
    return value
  }

  package static func boolean(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    switch String(decoding: text, as: UTF8.self).lowercased() {
    case "true": 1
    case "false": 0
    default: nil
    }
  }
}
