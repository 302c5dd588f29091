import Foundation

/// Writes JSON from the front to the back, without a tree.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

  /// The most bytes of an answer.
  static let limit = 256 << 20
  /// Whether more was written. The bytes are then thrown away, so that memory stays bounded.
  private(set) var isTooLarge = false

  private mutating func separate() {
    if bytes.count > Self.limit {
      isTooLarge = true
      bytes.removeAll(keepingCapacity: true)
    }
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    try body(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
    separate()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    try body(&self)
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  mutating func array<Elements: Sequence>(
    _ elements: Elements, _ element: (inout JSONWriter, Elements.Element) throws -> Void
  ) rethrows {
    try array { writer in for value in elements { try element(&writer, value) } }
  }

  /// The name of the member that is written next.
  mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func string(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      for (place, byte) in utf8.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
        bytes.append(contentsOf: utf8[start..<place])
        start = place + 1
        switch byte {
        case 0x22: raw("\\\"")
        case 0x5C: raw("\\\\")
        case 0x0A: raw("\\n")
        case 0x0D: raw("\\r")
        case 0x09: raw("\\t")
        default:
          raw("\\u00")
          for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        }
      }
      bytes.append(contentsOf: utf8[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func integer(_ value: some BinaryInteger) {
    separate()
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var magnitude = UInt64(value.magnitude)
    let start = bytes.count
    repeat {
      bytes.append(UInt8(0x30 + magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    bytes[start...].reverse()
  }

  /// The shortest decimal that reads back as the same number; null where it is not finite.
  mutating func number(_ value: some BinaryFloatingPoint & CustomStringConvertible) {
    separate()
    if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { raw("null") }
  }

  mutating func boolean(_ value: Bool) {
    separate()
    raw(value ? "true" : "false")
  }

  mutating func null() {
    separate()
    raw("null")
  }

  /// A value that is JSON already.
  mutating func json(_ value: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: value)
  }

  mutating func member(_ name: String, _ value: String?) {
    guard let value else { return }
    key(name)
    string(value)
  }

  mutating func member(_ name: String, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    key(name)
    integer(value)
  }

  mutating func member(_ name: String, _ value: Bool) {
    key(name)
    boolean(value)
  }

  mutating func member(_ name: String, number value: (some BinaryFloatingPoint & CustomStringConvertible)?) {
    guard let value, value.isFinite else { return }
    key(name)
    number(value)
  }
}
