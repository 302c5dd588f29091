/// Character references of HTML inside texts, as in catalogues from web pages: `&amp;`, `&#39;`, `&#x2019;`.
enum HTMLEntities {
  /// How often a text may have been escaped. `&amp;amp;`, which an exporter escaped twice, means `&`. Text that was
  /// escaped more often stays as it is then.
  static let mostLayers = 3

  /// The most bytes of a reference, with `&` and `;`: any name, or a number with some zeros in front.
  private static let longest = max(HTMLEntityNames.longest + 2, 16)

  /// The text with its references as characters, or nil where there are none. O(bytes).
  ///
  /// A reference must end in `;`. Otherwise `AT&T`, `R&D` and `?a=1&copy=2` would be taken for one. Numbers from 128 to
  /// 159 are read as Windows-1252, as browsers do. A no-break space becomes a space. Numbers that are no character
  /// (surrogates, too large, 0) and unknown names stay as they are written.
  static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard var decoded = decodeLayer(text) else { return nil }
    for _ in 1..<mostLayers {
      guard let next = decoded.withUnsafeBufferPointer(decodeLayer) else { break }
      decoded = next
    }
    return decoded
  }

  private static func decodeLayer(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8]?
    var copied = 0
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "&"), let (scalar, end) = reference(text, at: index) else {
        index += 1
        continue
      }
      if result == nil {
        result = []
        result?.reserveCapacity(text.count)
      }
      result?.append(contentsOf: text[copied..<index])
      result?.append(contentsOf: UTF8.encode(scalar == "\u{A0}" ? " " : scalar) ?? UTF8.encodedReplacementCharacter)
      copied = end
      index = end
    }
    result?.append(contentsOf: text[copied...])
    return result
  }

  /// The character of the reference that begins at `place`, and where it ends.
  private static func reference(
    _ text: UnsafeBufferPointer<UInt8>, at place: Int
  ) -> (scalar: Unicode.Scalar, end: Int)? {
    let near = text[(place + 1)..<min(text.count, place + longest)]
    guard let end = near.firstIndex(where: { !isName($0) }), text[end] == UInt8(ascii: ";"), end > place + 1 else {
      return nil
    }
    let name = near[..<end]
    guard name.first == UInt8(ascii: "#") else {
      return HTMLEntityNames.characters[String(decoding: name, as: UTF8.self)[...]].map { ($0, end + 1) }
    }
    let isHexadecimal = name.dropFirst().first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
    let digits = name.dropFirst(isHexadecimal ? 2 : 1)
    guard let first = digits.first, first != UInt8(ascii: "+"),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10), value > 0
    else { return nil }
    let code = (0x80...0x9F).contains(value) ? windows1252[Int(value) - 0x80] : value
    return Unicode.Scalar(code).map { ($0, end + 1) }
  }

  private static func isName(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "#")
  }

  /// The characters of the bytes 0x80 to 0x9F in Windows-1252. Bytes that it does not use keep their number.
  private static let windows1252: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D,
    0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,
    0x017E, 0x0178,
  ]
}
