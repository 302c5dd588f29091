import Formats
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An element that an index file may hold, and how NumPy spells it.
protocol ArrayElement: BitwiseCopyable, Sendable {
  static var descriptor: String { get }
}

extension UInt8: ArrayElement { static var descriptor: String { "|u1" } }
extension UInt16: ArrayElement { static var descriptor: String { "<u2" } }
extension UInt32: ArrayElement { static var descriptor: String { "<u4" } }
extension UInt64: ArrayElement { static var descriptor: String { "<u8" } }
extension Float: ArrayElement { static var descriptor: String { "<f4" } }

/// The arrays of an index: `.npy` files of one known type and shape each, mapped.
///
/// The reader knows what every file must be, so it parses nothing: the header must be, byte for byte, the one that the
/// writer makes for this type and shape, and the file must end where the array ends. (`Formats` reads `.npy` files of
/// other people.)
enum ArrayFile {
  /// The header of a version 1.0 `.npy` file, padded so that the data start at a multiple of 64 bytes.
  static func header(descriptor: String, shape: [Int]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(sizes)), }"
    let prefix = 10
    let length = (prefix + text.utf8.count + 1 + 63) / 64 * 64 - prefix
    text += String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }

  /// Writes an array into a directory in the making.
  ///
  /// - Returns: the file's size and digest.
  static func write<Element: ArrayElement>(
    _ elements: Buffer<Element>, shape: [Int], to name: String, in directory: StagedDirectory
  ) throws -> IndexManifest.File {
    precondition(shape.reduce(1, *) == elements.count, "the shape must be the array's")
    var digest = SHA256()
    let header = header(descriptor: Element.descriptor, shape: shape)
    digest.update(header)
    elements.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    let bytes = try directory.write(name) { writer in
      try writer.write(header)
      try writer.write(elements)
      return writer.position
    }
    return IndexManifest.File(bytes: bytes, sha256: digest.hexDigest())
  }

  /// Maps an array.
  ///
  /// - Throws: `InputError` when the file is not there or is not exactly an array of this type and shape.
  static func map<Element: ArrayElement>(_ path: String, _ type: Element.Type, shape: [Int]) throws -> Buffer<Element> {
    let file = try MappedFile(path: path)
    let header = header(descriptor: Element.descriptor, shape: shape)
    let count = shape.reduce(1, *)
    let size = header.count + count * MemoryLayout<Element>.stride
    let damaged = "build the index again"
    guard file.count == size else {
      throw InputError(.malformed, path, expected: "\(size) bytes", found: "\(file.count)", remedy: damaged)
    }
    guard file.bytes.prefix(header.count).elementsEqual(header),
      let buffer = Buffer<Element>(mapping: file, offset: header.count, count: count)
    else {
      throw InputError(
        .malformed, path, at: "header", expected: "an array \(Element.descriptor) of shape \(shape)",
        found: "another header", remedy: damaged)
    }
    return buffer
  }
}
