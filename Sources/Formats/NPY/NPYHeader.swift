import Vectors

/// The header of an `.npy` file: magic, version, and a Python dictionary literal with type, order and shape.
///
/// Source: `numpy.lib.format`, versions 1.0 to 3.0. The literal is parsed, never evaluated, and strictly: exactly the
/// three keys, in any order.
struct NPYHeader: Hashable, Sendable {
  enum Elements: Hashable, Sendable {
    case numbers(ElementType, ByteOrder)
    /// Fixed numbers of UTF-32 units, zero-padded (`<U12`).
    case unicode(length: Int, ByteOrder)
    /// Fixed numbers of bytes, zero-padded (`|S12`).
    case bytes(length: Int)

    /// Bytes per element.
    var size: Int {
      switch self {
      case .numbers(let type, _): type.size
      case .unicode(let length, _): length * 4
      case .bytes(let length): length
      }
    }
  }

  var elements: Elements
  var isColumnMajor: Bool
  var shape: [Int]
  /// Where the data begin.
  var dataOffset: Int

  /// - Throws: `InputError` naming the byte at which the header departs from the format.
  init(parsing bytes: UnsafeRawBufferPointer, source: String, place: String? = nil) throws {
    var scanner = PythonLiteralScanner(bytes: bytes, source: source, place: place)
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw scanner.fault(expected: "the six bytes \\x93NUMPY", found: bytes.isEmpty ? "an empty file" : "others")
    }
    guard bytes.count >= 10 else { throw scanner.fault(expected: "a header", found: "the end of the file") }
    let start: Int
    let length: Int
    switch bytes[6] {
    case 1:
      start = 10
      length = Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self).littleEndian)
    case 2, 3:
      guard bytes.count >= 12 else { throw scanner.fault(expected: "a header", found: "the end of the file") }
      start = 12
      length = Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian)
    default:
      throw scanner.fault(.unsupported, expected: "version 1, 2 or 3", found: "version \(bytes[6]).\(bytes[7])")
    }
    guard length <= bytes.count - start else {
      throw scanner.fault(
        expected: "a header of \(length) bytes", found: "\(bytes.count - start) bytes",
        remedy: "the file is cut short")
    }
    dataOffset = start + length
    scanner.enter(start..<dataOffset)

    var elements: Elements?
    var isColumnMajor: Bool?
    var shape: [Int]?
    try scanner.dictionary { key, scanner in
      switch key {
      case "descr" where elements == nil: elements = try Self.elements(&scanner)
      case "fortran_order" where isColumnMajor == nil: isColumnMajor = try scanner.boolean()
      case "shape" where shape == nil: shape = try scanner.tuple()
      default:
        throw scanner.fault(expected: "the keys descr, fortran_order and shape, once each", found: "'\(key)'")
      }
    }
    guard let elements, let isColumnMajor, let shape else {
      throw scanner.fault(expected: "the keys descr, fortran_order and shape", found: "fewer")
    }
    guard shape.count <= 32 else {
      throw scanner.fault(.unsupported, expected: "at most 32 dimensions", found: "\(shape.count)")
    }
    self.elements = elements
    self.isColumnMajor = isColumnMajor
    self.shape = shape
  }

  /// The element type after `descr`.
  private static func elements(_ scanner: inout PythonLiteralScanner) throws -> Elements {
    if scanner.peek() == UInt8(ascii: "[") {
      throw scanner.fault(
        .unsupported, expected: "one plain type", found: "a structured type with fields",
        remedy: "save each field as an array of its own")
    }
    let text = try scanner.string()
    let kind = text.dropFirst().first
    if kind == "O" {
      throw scanner.fault(
        .unsupported, expected: "numbers or strings", found: "Python objects, which only running a pickle would read",
        remedy: "save the array with dtype=str or a numeric type")
    }
    guard let order = text.first, let kind, let size = canonicalInteger(text.dropFirst(2)) else {
      throw scanner.fault(expected: "a type such as '<f4'", found: "'\(text)'")
    }
    let byteOrder: ByteOrder
    switch order {
    case "<", "=": byteOrder = .little
    case ">": byteOrder = .big
    case "|" where size == 1 || kind == "S" || kind == "V": byteOrder = .little
    default: throw scanner.fault(expected: "a type such as '<f4'", found: "'\(text)'")
    }
    switch kind {
    case "U" where size <= Int.max / 4: return .unicode(length: size, byteOrder)
    case "S": return .bytes(length: size)
    default:
      guard let type = ElementType.allCases.first(where: { $0.pythonKind == kind && $0.size == size }) else {
        throw scanner.fault(
          .unsupported, expected: "bool, int8…int64, uint8…uint64, float16, float32, float64, U or S",
          found: "type '\(text)'", remedy: "convert it, for example with .astype('float32')")
      }
      return .numbers(type, byteOrder)
    }
  }
}

extension ElementType {
  /// The letter of this type in numpy's type strings; nil for bfloat16, which numpy does not know.
  var pythonKind: Character? {
    switch self {
    case .bool: "b"
    case .uint8, .uint16, .uint32, .uint64: "u"
    case .int8, .int16, .int32, .int64: "i"
    case .float16, .float32, .float64: "f"
    case .bfloat16: nil
    }
  }
}

/// A number in digits alone, with no sign and no needless zero; nil for anything else and for what does not fit.
func canonicalInteger(_ text: some StringProtocol) -> Int? {
  guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || text.first != "0" else {
    return nil
  }
  return Int(text)
}
