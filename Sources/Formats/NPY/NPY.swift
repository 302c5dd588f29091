public import Vectors

/// Writes `.npy` files, version 1.0 (2.0 for headers that need it), little-endian, C order.
///
/// Headers are padded so that the data begin at a multiple of 64 bytes. So these files can be mapped in place, aligned.
public enum NPY {
  /// Writes an N×d matrix as float32.
  public static func write(_ matrix: Matrix, to path: String) throws {
    try AtomicFile.write(to: path) { try write(matrix, into: $0) }
  }

  /// Writes numbers of the given shape, in C order.
  package static func write<Element: ArrayElement>(_ values: Buffer<Element>, shape: [Int], to path: String) throws {
    try AtomicFile.write(to: path) { try write(values, shape: shape, into: $0) }
  }

  /// Writes numbers as an array of one dimension.
  package static func write<Element: ArrayElement>(_ values: [Element], to path: String) throws {
    try write(Buffer(values), shape: [values.count], to: path)
  }

  /// Writes strings as an array of one dimension and type `U`, as wide as the longest.
  ///
  /// - Throws: `InputError` for a string that ends with a zero character, which the format cannot keep.
  public static func write(_ strings: StringColumn, to path: String) throws {
    try AtomicFile.write(to: path) { try write(strings, into: $0) }
  }

  /// The same into a file that is being written.
  package static func write(_ matrix: Matrix, into writer: FileWriter) throws {
    try write(matrix.values, shape: [matrix.rows, matrix.columns], into: writer)
  }

  /// The same into a file that is being written.
  package static func write<Element: ArrayElement>(
    _ values: Buffer<Element>, shape: [Int], into writer: FileWriter
  ) throws {
    precondition(shape.reduce(1, *) == values.count, "the shape must have as many elements as are written")
    try writer.write(header(descriptor: Element.elementType.npyDescriptor, shape: shape))
    try writer.write(values)
  }

  /// The same into a file that is being written.
  package static func write(_ strings: StringColumn, into writer: FileWriter) throws {
    var length = 1
    for row in strings.indices {
      try strings.withUTF8(at: row) { text in
        guard text.last != 0 else {
          throw InputError(
            .malformed, writer.source, at: "row \(row) (from 0)", expected: "text for a .npy array",
            found: "a zero character at its end", remedy: "write ids as .json")
        }
        // Units of UTF-32: every byte but continuation bytes begins one.
        length = max(length, text.count { $0 & 0xC0 != 0x80 })
      }
    }
    try writer.write(header(descriptor: "<U\(length)", shape: [strings.count]))
    var units = [UInt32](repeating: 0, count: length)
    for row in strings.indices {
      var count = 0
      for scalar in strings[row].unicodeScalars {
        units[count] = scalar.value
        count += 1
      }
      for index in count..<length { units[index] = 0 }
      try units.withUnsafeBufferPointer { try writer.write($0) }
    }
  }

  /// Writes rows as they come, their number unknown until the last.
  ///
  /// - Parameters:
  ///   - columns: the length of each row; nil for an array of one dimension.
  ///   - body: appends whole rows.
  package static func stream<Element: ArrayElement, Result>(
    _ type: Element.Type, columns: Int?, to path: String, _ body: (NPYRows<Element>) throws -> Result
  ) throws -> Result {
    try AtomicFile.write(to: path) { writer in
      let rows = NPYRows<Element>(writer: writer, columns: columns)
      try writer.write(rows.header(rows: 0))
      let result = try body(rows)
      try writer.rewrite(rows.header(rows: rows.count), at: 0)
      return result
    }
  }

  /// The bytes before the numbers of an array of this shape, in C order, for callers that write the numbers piece by
  /// piece.
  package static func header<Element: ArrayElement>(of type: Element.Type, shape: [Int]) -> [UInt8] {
    header(descriptor: Element.elementType.npyDescriptor, shape: shape)
  }

  /// Magic, version and dictionary, padded with spaces to a multiple of 64 bytes.
  ///
  /// - Parameter spare: bytes of padding to leave at least, so that a rewritten header has the same length.
  static func header(descriptor: String, shape: [Int], spare: Int = 0) -> [UInt8] {
    let dictionary = Array("{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(text(shape)), }".utf8)
    let version: UInt8 = dictionary.count + spare > 65_000 ? 2 : 1
    let prefix = version == 1 ? 10 : 12
    let total = (prefix + dictionary.count + spare + 1 + 63) / 64 * 64
    let length = UInt32(total - prefix)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
    for byte in 0..<(version == 1 ? 2 : 4) { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * UInt32(byte)))) }
    bytes += dictionary
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: total - 1 - bytes.count)
    return bytes + [UInt8(ascii: "\n")]
  }
}

/// The rows of an `.npy` file that is being written; see `NPY.stream`.
package final class NPYRows<Element: ArrayElement> {
  /// Rows appended so far.
  package private(set) var count = 0
  private let writer: FileWriter
  private let columns: Int?

  init(writer: FileWriter, columns: Int?) {
    self.writer = writer
    self.columns = columns
  }

  /// Appends whole rows, one after another.
  ///
  /// - Precondition: a multiple of `columns` values.
  package func append(_ values: UnsafeBufferPointer<Element>) throws {
    precondition(columns.map { $0 > 0 && values.count % $0 == 0 } ?? true, "whole rows only")
    try writer.write(values)
    count += values.count / (columns ?? 1)
  }

  package func append(_ values: Buffer<Element>) throws {
    try values.withUnsafeBufferPointer { try append($0) }
  }

  /// Nineteen digits are the most that a count has, so every header has one length.
  func header(rows: Int) -> [UInt8] {
    NPY.header(
      descriptor: Element.elementType.npyDescriptor, shape: [rows] + (columns.map { [$0] } ?? []),
      spare: 19 - "\(rows)".utf8.count)
  }
}

extension ElementType {
  /// `<f4`: this type in numpy's spelling, little-endian.
  var npyDescriptor: String {
    precondition(self != .bfloat16, "numpy has no bfloat16")
    return pythonKind.map { (size == 1 ? "|" : "<") + "\($0)\(size)" } ?? ""
  }
}
