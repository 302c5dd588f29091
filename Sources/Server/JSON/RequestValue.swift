import Formats
import Vectors

/// A value of a request's JSON.
enum RequestValue {
  case null
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  /// An array of one number and more: vectors, codes, tokens.
  case numbers([Double])
  case array([RequestValue])
  case object([(name: String, value: RequestValue)])

  /// Deeper values are refused: filters may be nested, and nothing else is.
  private static let deepest = 32

  /// Reads a whole body.
  ///
  /// - Throws: `InputError` with the byte at which the text stops being JSON.
  init(parsing bytes: UnsafeRawBufferPointer) throws {
    var scanner = JSONScanner(bytes: bytes, source: "body")
    self = try Self.read(&scanner, depth: 0)
    try scanner.end()
  }

  private static func read(_ scanner: inout JSONScanner, depth: Int) throws -> RequestValue {
    guard depth < deepest else {
      throw scanner.fault(at: scanner.position, expected: "at most \(deepest) levels of nesting", found: "more")
    }
    switch scanner.peek() {
    case UInt8(ascii: "\"")?: return .text(try scanner.string())
    case UInt8(ascii: "{")?:
      var members: [(name: String, value: RequestValue)] = []
      var names = Set<String>()
      try scanner.object { name, scanner in
        guard names.insert(name).inserted else {
          throw scanner.fault(at: scanner.position, expected: "each field once", found: "\"\(name)\" again")
        }
        members.append((name, try read(&scanner, depth: depth + 1)))
      }
      return .object(members)
    case UInt8(ascii: "[")?: return try readArray(&scanner, depth: depth)
    default:
      let start = scanner.position
      let (kind, text) = try scanner.literal()
      switch kind {
      case .null: return .null
      case .boolean: return .boolean(text.count == 4)
      case .integer:
        if let value = integer(text) { return .integer(value) }
        fallthrough
      case .number:
        guard let value = NumberText.value(text), value.isFinite else {
          throw scanner.fault(
            at: start, expected: "a number that 64 bits hold", found: String(decoding: text.prefix(30), as: UTF8.self))
        }
        return .number(value)
      }
    }
  }

  private static func readArray(_ scanner: inout JSONScanner, depth: Int) throws -> RequestValue {
    var numbers: [Double] = []
    var values: [RequestValue] = []
    try scanner.array { _, scanner in
      let value = try read(&scanner, depth: depth + 1)
      if values.isEmpty {
        switch value {
        case .integer(let number) where number.magnitude < 1 << 53:
          numbers.append(Double(number))
          return
        case .number(let number):
          numbers.append(number)
          return
        default:
          values = numbers.map(Self.whole)
          numbers = []
        }
      }
      values.append(value)
    }
    return numbers.isEmpty ? .array(values) : .numbers(numbers)
  }

  private static func whole(_ value: Double) -> RequestValue {
    Int64(exactly: value).map { .integer($0) } ?? .number(value)
  }

  private static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
    var negative = false
    var value: Int64 = 0
    for (place, byte) in text.enumerated() {
      if place == 0, byte == UInt8(ascii: "-") {
        negative = true
        continue
      }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte &- UInt8(ascii: "0"))
      let (sum, overflows) =
        negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflow || overflows { return nil }
      value = sum
    }
    return value
  }

  /// The same text for the same value, whatever the order of its members.
  var canonical: [UInt8] {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes
  }

  private func write(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.null()
    case .boolean(let flag): writer.boolean(flag)
    case .integer(let number): writer.integer(number)
    case .number(let number): writer.number(number)
    case .text(let text): writer.string(text)
    case .numbers(let numbers): writer.array(numbers) { $0.number($1) }
    case .array(let values): writer.array(values) { $1.write(to: &$0) }
    case .object(let members):
      writer.object { writer in
        for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
          writer.key(member.name)
          member.value.write(to: &writer)
        }
      }
    }
  }

  /// What it is, for messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer, .number: "a number"
    case .text: "text"
    case .numbers, .array: "an array"
    case .object: "an object"
    }
  }

  /// The elements of an array; nil for anything else.
  var elements: [RequestValue]? {
    switch self {
    case .array(let values): values
    case .numbers(let numbers): numbers.map(Self.whole)
    default: nil
    }
  }
}
