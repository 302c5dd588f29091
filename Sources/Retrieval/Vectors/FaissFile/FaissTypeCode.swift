/// The four characters by which a FAISS file says what comes next.
struct FaissTypeCode: Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(stringLiteral text: StaticString) { bytes = text.withUTF8Buffer { Array($0) } }

  var description: String {
    let isText = bytes.allSatisfy { (0x20...0x7E).contains($0) }
    return isText ? "\"\(String(decoding: bytes, as: UTF8.self))\"" : "bytes \(bytes)"
  }
}
