import Vectors

/// A table of JSON objects: one per line (`.jsonl`), or a list of them, or an object of them by id (`.json`).
struct JSONRows: Sendable {
  enum Layout: Sendable {
    /// One object per line; empty lines are passed over.
    case lines
    /// `[{…}, {…}]`
    case list
    /// `{"id": {…}, …}`: the keys are a column of their own. Of values that are no objects they are the column `value`.
    case keyed
  }

  /// The column of an object's keys, and that of values that are no objects.
  static let keyColumn = "item_id"
  static let valueColumn = "value"

  let source: String
  let layout: Layout
  /// In the order in which they are first met.
  let names: [String]
  let rows: Int
  /// The line (from 1) of each row, of lines.
  let lines: [UInt32]
  private let bytes: Buffer<UInt8>

  /// Finds the rows, and the names of their members.
  ///
  /// - Parameter isLines: whether there is one object per line.
  /// - Throws: `InputError` with the line or the byte at which the text is no JSON of this kind.
  init(_ bytes: Buffer<UInt8>, isLines: Bool, source: String) throws {
    self.bytes = bytes
    self.source = source
    let layout = isLines ? .lines : Self.layout(bytes, source)
    var known: Set<String> = []
    var names: [String] = []
    var lines: [UInt32] = []
    var rows = 0
    func meet(_ name: String) { if known.insert(name).inserted { names.append(name) } }
    try Self.scan(bytes, layout, source) { row, line, key, scanner in
      rows = row + 1
      if layout == .lines { lines.append(UInt32(truncatingIfNeeded: line)) }
      if key != nil { meet(Self.keyColumn) }
      guard layout != .keyed || scanner.peek() == UInt8(ascii: "{") else {
        meet(Self.valueColumn)
        return try scanner.skip()
      }
      try scanner.object { name, scanner in
        meet(name)
        try scanner.skip()
      }
    }
    self.layout = layout
    self.names = names
    self.lines = lines
    self.rows = rows
  }

  /// The members of some names. O(bytes).
  ///
  /// - Throws: `InputError` for an object with two members of one name.
  func columns(_ wanted: [String]) throws -> [RawColumn] {
    var columns = [RawColumn](repeating: RawColumn(), count: wanted.count)
    let places = Dictionary(wanted.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var filled = [Bool](repeating: false, count: wanted.count)
    try Self.scan(bytes, layout, source) { _, _, key, scanner in
      for place in filled.indices { filled[place] = false }
      func take(_ name: String, _ scanner: inout JSONScanner) throws {
        guard let place = places[name] else { return try scanner.skip() }
        guard !filled[place] else { throw scanner.unexpected("one member \"\(name)\"; this is the end of the second") }
        filled[place] = true
        try Self.value(&scanner, into: &columns[place])
      }
      if layout == .keyed, scanner.peek() != UInt8(ascii: "{") {
        try take(Self.valueColumn, &scanner)
      } else {
        try scanner.object { name, scanner in try take(name, &scanner) }
      }
      for place in filled.indices where !filled[place] {
        if let key, wanted[place] == Self.keyColumn {
          columns[place].texts.bytes.append(contentsOf: key.utf8)
          columns[place].endRow(.text)
        } else {
          columns[place].endRow(.missing)
        }
      }
    }
    return columns
  }

  /// Reads one value of a column.
  private static func value(_ scanner: inout JSONScanner, into column: inout RawColumn) throws {
    switch scanner.peek() {
    case UInt8(ascii: "\"")?:
      try scanner.string(appendingTo: &column.texts.bytes)
      column.endRow(.text)
    case UInt8(ascii: "[")?:
      var isFlat = true
      try scanner.array { _, scanner in
        switch scanner.peek() {
        case UInt8(ascii: "\"")?:
          try scanner.string(appendingTo: &column.elements.bytes)
          column.endElement()
        case UInt8(ascii: "[")?, UInt8(ascii: "{")?:
          isFlat = false
          try scanner.skip()
        default:
          let literal = try scanner.literal()
          guard literal.kind != .null else { return }
          column.elements.bytes.append(contentsOf: literal.text)
          column.endElement()
        }
      }
      column.endRow(isFlat ? .list : .other)
    case UInt8(ascii: "{")?:
      try scanner.skip()
      column.endRow(.other)
    default:
      let literal = try scanner.literal()
      if literal.kind != .null { column.texts.bytes.append(contentsOf: literal.text) }
      switch literal.kind {
      case .null: column.endRow(.missing)
      case .boolean: column.endRow(.boolean)
      case .integer: column.endRow(.integer)
      case .number: column.endRow(.number)
      }
    }
  }

  private static func layout(_ bytes: Buffer<UInt8>, _ source: String) -> Layout {
    bytes.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes: withoutMark(UnsafeRawBufferPointer(bytes)), source: source)
      return scanner.peek() == UInt8(ascii: "[") ? .list : .keyed
    }
  }

  /// Calls `body` with each row: its number, its line, its key and the scanner before its value.
  private static func scan(
    _ bytes: Buffer<UInt8>, _ layout: Layout, _ source: String,
    _ body: (_ row: Int, _ line: Int, _ key: String?, _ scanner: inout JSONScanner) throws -> Void
  ) throws {
    try bytes.withUnsafeBufferPointer { bytes in
      let text = withoutMark(UnsafeRawBufferPointer(bytes))
      guard layout == .lines else {
        var scanner = JSONScanner(bytes: text, source: source)
        if layout == .list {
          try scanner.array { row, scanner in try body(row, 0, nil, &scanner) }
        } else {
          var row = 0
          try scanner.object { key, scanner in
            try body(row, 0, key, &scanner)
            row += 1
          }
        }
        return try scanner.end()
      }
      var (line, row, start) = (0, 0, 0)
      while start < text.count {
        let end = text[start...].firstIndex(of: 0x0A) ?? text.count
        line += 1
        var scanner = JSONScanner(
          bytes: UnsafeRawBufferPointer(rebasing: text[start..<end]), source: source, place: "line \(line)")
        if scanner.peek() != nil {
          try body(row, line, nil, &scanner)
          try scanner.end()
          row += 1
        }
        start = end + 1
      }
    }
  }

  private static func withoutMark(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? UnsafeRawBufferPointer(rebasing: bytes[3...]) : bytes
  }
}
