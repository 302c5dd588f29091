import Foundation
import Vectors

/// SentencePiece's normalizer: a map from characters to texts, precompiled into a double-array trie (Aoe 1989, in the
/// layout of Darts-clone), followed by the texts, each ended by a zero byte.
///
/// The keys are looked up by whole characters as readers see them where these take fewer than six bytes, else by scalars.
/// The shortest key that begins a character decides, also where the character goes on behind it: so does the library that
/// models were trained with.
struct PrecompiledCharacters: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]
  /// By ASCII character: whether a key begins with it.
  private var touchesASCII: [Bool] = []

  /// - Throws: `InputError` for what is no base64, or whose sizes do not agree.
  init(base64 text: String, _ fields: JSONFields) throws {
    guard let data = Data(base64Encoded: text) else {
      throw fields.fault("precompiled_charsmap", expected: "base64", found: "other characters")
    }
    try self.init(bytes: [UInt8](data), fields)
  }

  init(bytes: [UInt8], _ fields: JSONFields) throws {
    func number(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) } }
    guard bytes.count >= 4 else {
      throw fields.fault("precompiled_charsmap", expected: "4 bytes with the trie's size", found: "\(bytes.count)")
    }
    let size = Int(number(0))
    guard size % 4 == 0, size > 0, size <= bytes.count - 4 else {
      throw fields.fault(
        "precompiled_charsmap", expected: "a trie of a multiple of 4 bytes, at most \(bytes.count - 4)",
        found: "a claim of \(size)")
    }
    units = (0..<size / 4).map { number(4 + $0 * 4) }
    texts = Array(bytes[(4 + size)...])
    touchesASCII = (0..<128).map { character in
      var isTouched = false
      walk([UInt8(character)]) { _ in isTouched = true }
      return isTouched
    }
  }

  func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    // Characters of ASCII stand alone where ASCII follows, but for a carriage return before a line end.
    if text.allSatisfy({ $0.value < 0x80 && $0.value != 0x0D && !touchesASCII[Int($0.value)] }) { return text }
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    var string = ""
    string.unicodeScalars.append(contentsOf: text)
    for character in string {
      if character.utf8.count < 6, let replacement = replacement(for: Array(character.utf8)) {
        result.append(contentsOf: replacement)
        continue
      }
      for scalar in character.unicodeScalars {
        if let replacement = replacement(for: Array(UTF8.encode(scalar) ?? .init())) {
          result.append(contentsOf: replacement)
        } else {
          result.append(scalar)
        }
      }
    }
    return result
  }

  private func replacement(for key: [UInt8]) -> [Unicode.Scalar]? {
    var found: Int?
    walk(key) { value in
      if found == nil { found = value }
    }
    guard let found, found < texts.count else { return nil }
    let text = texts[found...].prefix { $0 != 0 }
    return Array(String(decoding: text, as: UTF8.self).unicodeScalars)
  }

  /// Calls `body` with the value of each key that `key` begins with, shortest first.
  private func walk(_ key: [UInt8], _ body: (Int) -> Void) {
    var place = Self.offset(units[0])
    for byte in key {
      guard byte != 0 else { return }
      place ^= Int(byte)
      guard place < units.count, units[place] & 0x8000_00FF == UInt32(byte) else { return }
      let unit = units[place]
      place ^= Self.offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard place < units.count else { return }
      body(Int(units[place] & 0x7FFF_FFFF))
    }
  }

  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
}
