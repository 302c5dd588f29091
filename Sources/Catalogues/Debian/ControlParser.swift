import Vectors

/// Reads stanzas of Debian's control format (deb-control(5)) from bytes that come in pieces of any size.
///
/// A stanza is lines `Name: value`, up to a blank line; a line that starts with a space or a tab goes on with the value
/// before it. Only the wanted fields are kept. A stanza that breaks the rules is counted, described and left out, and
/// reading goes on after the next blank line. Linear in the number of bytes; holds one line and one stanza.
struct ControlParser {
  /// Field names without capitals, and whether only the first line of the value counts.
  struct Field {
    let name: [UInt8]
    let firstLineOnly: Bool
    init(_ name: String, firstLineOnly: Bool = false) {
      self.name = Array(name.utf8)
      self.firstLineOnly = firstLineOnly
    }
  }

  /// A longer line or value has no place in a package list: its stanza is malformed, and its bytes are not kept.
  static let longestValue = 1 << 20

  private let fields: [Field]
  /// Values of the wanted fields in the stanza being read; `isPresent` tells an empty one from an absent one.
  private(set) var values: [[UInt8]]
  private(set) var isPresent: [Bool]
  /// The line on which the stanza being read started.
  private(set) var stanzaStart = 1

  private var line = 0
  private var partialLine: [UInt8] = []
  private var partialIsTooLong = false
  private var isInStanza = false
  /// The field that a continuation line goes on with; nil when it is not a wanted one.
  private var currentField: Int?
  private var hasField = false
  private var problem: (line: Int, text: String)?

  init(fields: [Field]) {
    self.fields = fields
    values = fields.map { _ in [] }
    isPresent = fields.map { _ in false }
  }

  /// What became of a stanza; its values are in `values` while the handler runs.
  enum Outcome {
    case complete
    case malformed(line: Int, problem: String)
  }

  /// Reads on; calls `handler` at the end of each stanza.
  mutating func consume(_ bytes: UnsafeBufferPointer<UInt8>, handler: (borrowing ControlParser, Outcome) -> Void) {
    var start = 0
    while start < bytes.count {
      let rest = UnsafeBufferPointer(rebasing: bytes[start...])
      guard let end = firstNewline(in: rest) else {
        keep(rest)
        return
      }
      let piece = UnsafeBufferPointer(rebasing: rest[..<end])
      start += end + 1
      if partialLine.isEmpty && !partialIsTooLong {
        read(line: piece, handler)
      } else {
        keep(piece)
        finishPartialLine(handler)
      }
    }
  }

  /// Ends the last line and the last stanza.
  mutating func finish(handler: (borrowing ControlParser, Outcome) -> Void) {
    if !partialLine.isEmpty || partialIsTooLong { finishPartialLine(handler) }
    endStanza(handler)
  }

  private mutating func keep(_ piece: UnsafeBufferPointer<UInt8>) {
    if partialIsTooLong || partialLine.count + piece.count > Self.longestValue {
      partialIsTooLong = true
      partialLine.removeAll()
    } else {
      partialLine.append(contentsOf: piece)
    }
  }

  private mutating func finishPartialLine(_ handler: (borrowing ControlParser, Outcome) -> Void) {
    if partialIsTooLong {
      partialIsTooLong = false
      beginLine()
      refuse("a line longer than \(Self.longestValue) bytes")
    } else {
      let whole = partialLine
      partialLine.removeAll(keepingCapacity: true)
      whole.withUnsafeBufferPointer { read(line: $0, handler) }
    }
  }

  private mutating func beginLine() {
    line += 1
    if !isInStanza {
      isInStanza = true
      stanzaStart = line
    }
  }

  private mutating func read(
    line text: UnsafeBufferPointer<UInt8>, _ handler: (borrowing ControlParser, Outcome) -> Void
  ) {
    let content = trimmed(text)
    guard !content.isEmpty else {
      line += 1
      endStanza(handler)
      return
    }
    beginLine()
    guard problem == nil else { return }
    if isBlank(text[0]) {
      guard hasField else { return refuse("a continuation line with nothing before it") }
      if let field = currentField, !fields[field].firstLineOnly { append(content, to: field, separator: " ") }
      return
    }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
      return refuse("a line without a field name")
    }
    hasField = true
    let name = UnsafeBufferPointer(rebasing: text[..<colon])
    currentField = fields.firstIndex { matches(name, $0.name) }
    guard let field = currentField else { return }
    guard !isPresent[field] else { return refuse("the field \(String(decoding: name, as: UTF8.self)) twice") }
    isPresent[field] = true
    append(trimmed(UnsafeBufferPointer(rebasing: text[(colon + 1)...])), to: field, separator: "")
  }

  private mutating func append(_ content: UnsafeBufferPointer<UInt8>, to field: Int, separator: StaticString) {
    guard values[field].count + content.count < Self.longestValue else {
      return refuse("a value longer than \(Self.longestValue) bytes")
    }
    values[field].append(
      contentsOf: UnsafeBufferPointer(start: separator.utf8Start, count: separator.utf8CodeUnitCount))
    values[field].append(contentsOf: content)
  }

  private mutating func refuse(_ text: String) {
    if problem == nil { problem = (line, text) }
  }

  private mutating func endStanza(_ handler: (borrowing ControlParser, Outcome) -> Void) {
    guard isInStanza else { return }
    if let problem {
      handler(self, .malformed(line: problem.line, problem: problem.text))
    } else {
      handler(self, .complete)
    }
    isInStanza = false
    problem = nil
    currentField = nil
    hasField = false
    for field in fields.indices where isPresent[field] {
      isPresent[field] = false
      values[field].removeAll(keepingCapacity: true)
    }
  }
}

private func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}

private func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
  var range = 0..<text.count
  while let first = range.first, isBlank(text[first]) { range = range.dropFirst() }
  while let last = range.last, isBlank(text[last]) { range = range.dropLast() }
  return UnsafeBufferPointer(rebasing: text[range])
}

/// Equal but for the capitals of ASCII letters; `name` has none.
private func matches(_ text: UnsafeBufferPointer<UInt8>, _ name: [UInt8]) -> Bool {
  guard text.count == name.count else { return false }
  for index in name.indices {
    let byte = text[index]
    let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
    guard (isCapital ? byte | 0x20 : byte) == name[index] else { return false }
  }
  return true
}
