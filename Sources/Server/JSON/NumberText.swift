#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads the numbers of JSON.
enum NumberText {
  /// Powers of ten that double precision holds exactly.
  private static let powers: [Double] = (0...22).reduce(into: []) { powers, _ in
    powers.append((powers.last ?? 0.1) * 10)
  }

  /// The double nearest to a number written as JSON writes it.
  ///
  /// Up to 15 digits with a small exponent are one exact whole number and one exact power of ten, so one division or
  /// multiplication rounds once (Clinger 1990, "How to Read Floating Point Numbers Accurately"). All others go to the C
  /// library.
  static func value(_ text: UnsafeRawBufferPointer) -> Double? {
    var place = 0
    let negative = text.first == UInt8(ascii: "-")
    if negative { place = 1 }
    var digits: UInt64 = 0
    var count = 0
    var exponent = 0
    var isBehindPoint = false
    while place < text.count {
      let byte = text[place]
      if (0x30...0x39).contains(byte) {
        digits = digits &* 10 &+ UInt64(byte &- 0x30)
        if digits > 0 { count += 1 }
        if isBehindPoint { exponent -= 1 }
      } else if byte == UInt8(ascii: "."), !isBehindPoint {
        isBehindPoint = true
      } else {
        break
      }
      place += 1
    }
    if place < text.count {
      guard text[place] == UInt8(ascii: "e") || text[place] == UInt8(ascii: "E"), text.count - place <= 5 else {
        return slowly(text)
      }
      place += 1
      var sign = 1
      if place < text.count, text[place] == UInt8(ascii: "-") || text[place] == UInt8(ascii: "+") {
        sign = text[place] == UInt8(ascii: "-") ? -1 : 1
        place += 1
      }
      var value = 0
      while place < text.count {
        value = value * 10 + Int(text[place] &- 0x30)
        place += 1
      }
      exponent += sign * value
    }
    guard count <= 15, abs(exponent) <= 22 else { return slowly(text) }
    let whole = Double(digits)
    let value = exponent < 0 ? whole / powers[-exponent] : whole * powers[exponent]
    return negative ? -value : value
  }

  private static func slowly(_ text: UnsafeRawBufferPointer) -> Double? {
    Double(String(decoding: text, as: UTF8.self))
  }
}
