import Foundation

/// The path and query of a request, percent-decoded.
struct RequestPath {
  let parts: [String]
  let query: [(name: String, value: String)]

  private static let longest = 16_384

  /// - Throws: `ServerFault` for text that cannot be decoded.
  init(_ target: String) throws {
    guard target.utf8.count <= Self.longest else {
      throw ServerFault(.tooLarge, "path", expected: "at most \(Self.longest) bytes", found: "\(target.utf8.count)")
    }
    // Some clients write the whole address.
    var target = Substring(target)
    if !target.hasPrefix("/"), let scheme = target.range(of: "://") {
      let rest = target[scheme.upperBound...]
      target = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    }
    let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = halves.first, path.hasPrefix("/") else {
      throw ServerFault(.usage, "path", expected: "a path that begins with /", found: "\"\(target.prefix(60))\"")
    }
    let pieces = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    parts = try (pieces == [""] ? [] : pieces).map { piece in
      guard let text = Self.decoded(piece, plusIsSpace: false), !text.isEmpty else {
        throw ServerFault(.missing, "path", expected: "an operation of the API", found: "\"\(path.prefix(60))\"")
      }
      return text
    }
    query = try (halves.count > 1 ? halves[1].split(separator: "&") : []).map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(sides[0], plusIsSpace: true),
        let value = sides.count > 1 ? Self.decoded(sides[1], plusIsSpace: true) : ""
      else {
        throw ServerFault(.usage, "query", expected: "percent-encoded UTF-8", found: "\"\(pair.prefix(60))\"")
      }
      return (name, value)
    }
  }

  /// nil for an escape that is none, and for bytes that are not UTF-8.
  static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var iterator = text.utf8.makeIterator()
    while let byte = iterator.next() {
      if byte == UInt8(ascii: "+"), plusIsSpace {
        bytes.append(UInt8(ascii: " "))
      } else if byte == UInt8(ascii: "%") {
        guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else { return nil }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
