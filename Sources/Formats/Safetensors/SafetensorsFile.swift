package import Vectors

/// A `.safetensors` file: named tensors behind a JSON header. The tensors stay mapped.
///
/// Format: https://github.com/huggingface/safetensors. Checked on opening: the header's size, its JSON, that every
/// tensor's bytes are those its type and shape need, and that the tensors cover the data without gap or overlap, which
/// the format demands so that nothing can hide in between.
package struct SafetensorsFile: Sendable {
  /// Names of the tensors, in the order of their bytes.
  package let names: [String]
  /// The free texts under `__metadata__`.
  package let metadata: [String: String]
  /// The file, for errors.
  package let source: String

  private let tensors: [String: NumericArray]

  /// The reference implementation's own bound on the header.
  static let largestHeader = 100_000_000

  package init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  package init(_ file: MappedFile) throws {
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, file.path, found: "cannot be mapped")
    }
    try self.init(bytes: bytes, source: file.path)
  }

  /// Reads the bytes of a whole file.
  package init(bytes: Buffer<UInt8>, source: String) throws {
    guard bytes.count >= 8 else {
      throw InputError(
        .malformed, source, at: "header", expected: "8 bytes with the header's size", found: "\(bytes.count)")
    }
    let claimed = bytes.withUnsafeBufferPointer {
      UInt64(littleEndian: UnsafeRawBufferPointer($0).loadUnaligned(as: UInt64.self))
    }
    guard claimed <= Self.largestHeader, claimed <= bytes.count - 8 else {
      throw InputError(
        .malformed, source, at: "header",
        expected: "a header of at most \(min(Self.largestHeader, bytes.count - 8)) bytes",
        found: "a claim of \(claimed)",
        remedy: "the file is cut short or is no safetensors file")
    }
    let data = bytes[slice: 8 + Int(claimed)..<bytes.count]
    let header = try bytes[slice: 8..<8 + Int(claimed)].withUnsafeBufferPointer { text in
      try Header(parsing: UnsafeRawBufferPointer(text), source: source)
    }
    var tensors: [String: NumericArray] = [:]
    var names: [String] = []
    var end = 0
    for entry in header.entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let place = "tensor \(entry.name)"
      guard entry.begin == end, entry.end >= entry.begin, entry.end <= data.count else {
        throw InputError(
          .malformed, source, at: place, expected: "bytes from \(end), at most to \(data.count)",
          found: "\(entry.begin) to \(entry.end)")
      }
      end = entry.end
      tensors[entry.name] = try NumericArray(
        elementType: entry.type, shape: entry.shape, bytes: data[slice: entry.begin..<entry.end], source: source,
        place: place)
      names.append(entry.name)
    }
    guard end == data.count else {
      throw InputError(.malformed, source, expected: "\(end) bytes of tensors", found: "\(data.count)")
    }
    self.names = names
    self.metadata = header.metadata
    self.source = source
    self.tensors = tensors
  }

  /// The tensor `name`.
  ///
  /// - Throws: `InputError` of kind `missing` that lists the names there are.
  package func tensor(_ name: String) throws -> NumericArray {
    guard let tensor = tensors[name] else {
      throw InputError(
        .missing, source, expected: "a tensor \(name)",
        found: names.isEmpty ? "no tensors" : names.prefix(20).joined(separator: ", "))
    }
    return tensor
  }
}

extension SafetensorsFile {
  struct Entry {
    var name: String
    var type: ElementType
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  struct Header {
    var entries: [Entry] = []
    var metadata: [String: String] = [:]

    init(parsing text: UnsafeRawBufferPointer, source: String) throws {
      var scanner = JSONScanner(bytes: text, source: source, place: "header")
      var seen: Set<String> = []
      try scanner.object { name, scanner in
        guard seen.insert(name).inserted else {
          throw scanner.fault(at: scanner.position, expected: "each name once", found: "\(name) again")
        }
        if name == "__metadata__" {
          try scanner.object { key, scanner in metadata[key] = try scanner.string() }
        } else {
          entries.append(try Self.entry(name, &scanner))
        }
      }
      try scanner.end()
    }

    private static func entry(_ name: String, _ scanner: inout JSONScanner) throws -> Entry {
      let start = scanner.position
      var type: ElementType?
      var shape: [Int]?
      var offsets: [Int]?
      try scanner.object { key, scanner in
        let start = scanner.position
        switch key {
        case "dtype" where type == nil:
          let text = try scanner.string()
          guard let known = ElementType(safetensors: text) else {
            throw InputError(
              .unsupported, scanner.source, at: "tensor \(name)",
              expected: "type BOOL, U8…U64, I8…I64, F16, BF16, F32 or F64", found: text)
          }
          type = known
        case "shape" where shape == nil:
          shape = try scanner.counts(most: 32)
        case "data_offsets" where offsets == nil:
          offsets = try scanner.counts(most: 2)
        default:
          throw scanner.fault(
            at: start, expected: "dtype, shape and data_offsets, once each, for tensor \(name)", found: key)
        }
      }
      guard let type, let shape, let offsets, offsets.count == 2 else {
        throw scanner.fault(
          at: start, expected: "dtype, shape and two data_offsets for tensor \(name)", found: "fewer")
      }
      return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
    }
  }
}

extension JSONScanner {
  /// A list of at most `most` whole numbers.
  fileprivate mutating func counts(most: Int) throws -> [Int] {
    var counts: [Int] = []
    try array { index, scanner in
      guard index < most else { throw scanner.unexpected("at most \(most) numbers") }
      counts.append(try scanner.count())
    }
    return counts
  }
}

extension ElementType {
  /// The type's name in safetensors files.
  var safetensorsName: String {
    switch self {
    case .bool: "BOOL"
    case .uint8: "U8"
    case .uint16: "U16"
    case .uint32: "U32"
    case .uint64: "U64"
    case .int8: "I8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    }
  }

  init?(safetensors name: String) {
    guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
    self = type
  }
}
