import Vectors

/// IDs in text whose levels are not known before: `<a_3><b_9>`, `3-9-1`, and lists as Python prints them.
enum IDText {
  /// The most levels.
  static let maximumLevels = 255
  /// `<a_`, `<b_`, … of each level.
  private static let beginnings: [[UInt8]] = (0..<maximumLevels).map {
    Array("<\(TokenFormat.letters(level: $0))_".utf8)
  }

  /// Appends the codes of an ID.
  ///
  /// - Throws: `InputError` with the character at which the text is no ID.
  static func append(_ text: UnsafeBufferPointer<UInt8>, to codes: inout [UInt16]) throws {
    let first = codes.count
    if text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") {
      return try appendList(UnsafeBufferPointer(rebasing: text.dropFirst().dropLast()), to: &codes)
    }
    guard scan(text, level: 0, to: &codes), codes.count > first else {
      codes.removeLast(codes.count - first)
      let whole = String(decoding: text, as: UTF8.self)
      // Says where the text departs from an ID.
      _ = try TokenFormat.parse(
        whole, levelSizes: Array(repeating: CodeShape.sizeRange.upperBound, count: maximumLevels), prefix: true)
      throw InputError(.malformed, "semantic ID \"\(whole.prefix(60))\"", expected: "an ID", found: "another text")
    }
  }

  /// Appends the code of one level, `<b_9>` or `9`.
  ///
  /// - Returns: whether the text is one.
  static func append(_ text: UnsafeBufferPointer<UInt8>, level: Int, to codes: inout [UInt16]) -> Bool {
    let first = codes.count
    guard level < maximumLevels, scan(text, level: level, to: &codes), codes.count == first + 1 else {
      codes.removeLast(codes.count - first)
      return false
    }
    return true
  }

  /// `3, 9, 1` or `'<a_3>', '<b_9>'`.
  private static func appendList(_ text: UnsafeBufferPointer<UInt8>, to codes: inout [UInt16]) throws {
    let ignored: Set<UInt8> = [0x20, UInt8(ascii: "'"), UInt8(ascii: "\"")]
    for (level, part) in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).enumerated() {
      let element = Array(part.filter { !ignored.contains($0) })
      guard element.withUnsafeBufferPointer({ append($0, level: level, to: &codes) }) else {
        throw InputError(
          .malformed, "semantic ID \"[\(String(decoding: text.prefix(60), as: UTF8.self))]\"", at: "element \(level)",
          expected: "a code of level \(level), \(TokenFormat.token(level: level, code: 0)) or 0",
          found: "\"\(String(decoding: element.prefix(30), as: UTF8.self))\"")
      }
    }
  }

  /// Reads tokens from `level` on, or numbers with hyphens between.
  private static func scan(_ text: UnsafeBufferPointer<UInt8>, level: Int, to codes: inout [UInt16]) -> Bool {
    var (place, level) = (0, level)
    let isTokens = text.first == UInt8(ascii: "<")
    while place < text.count {
      guard level < maximumLevels else { return false }
      if isTokens {
        let beginning = beginnings[level]
        guard text[place...].starts(with: beginning) else { return false }
        place += beginning.count
      }
      var value = 0
      let start = place
      while place < text.count, (0x30...0x39).contains(text[place]), place - start < 6 {
        value = value * 10 + Int(text[place] - 0x30)
        place += 1
      }
      guard place > start, place == start + 1 || text[start] != UInt8(ascii: "0"), let code = UInt16(exactly: value)
      else { return false }
      codes.append(code)
      level += 1
      if isTokens {
        guard place < text.count, text[place] == UInt8(ascii: ">") else { return false }
        place += 1
      } else if place < text.count {
        // A separator leads to one more code.
        guard text[place] == UInt8(ascii: "-"), place + 1 < text.count else { return false }
        place += 1
      }
    }
    return true
  }
}
