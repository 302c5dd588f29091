import Formats
import Vectors

/// The arrays of an index: one `.npy` file each, of a type and shape that the manifest implies.
enum ArrayFile {
  /// Writes an array into a directory in the making.
  ///
  /// - Returns: the file's size and digest.
  static func write<Element: ArrayElement>(
    _ elements: Buffer<Element>, shape: [Int], to name: String, in directory: StagedDirectory
  ) throws -> IndexManifest.File {
    let bytes = try directory.write(name) { writer in
      try NPY.write(elements, shape: shape, into: writer)
      return writer.position
    }
    return IndexManifest.File(bytes: bytes, sha256: try SHA256.hexDigest(ofFile: directory.file(name)))
  }

  /// Maps an array.
  ///
  /// - Parameter alignment: what the address of the elements has to be a multiple of.
  /// - Throws: `InputError` when the file is not exactly an array of this type and shape.
  static func map<Element: ArrayElement>(
    _ file: MappedFile, _ type: Element.Type, shape: [Int], alignment: Int = MemoryLayout<Element>.alignment
  ) throws -> Buffer<Element> {
    let array = try NPYArray(file).numbers()
    let buffer = array.bytes.withUnsafeBufferPointer { bytes -> Buffer<Element>? in
      guard array.elementType == Element.elementType, array.byteOrder == .little || MemoryLayout<Element>.size == 1,
        !array.isColumnMajor, array.shape == shape,
        UInt(bitPattern: bytes.baseAddress) % UInt(alignment) == 0
      else { return nil }
      return Buffer(
        unsafe: bytes.baseAddress, count: bytes.count / MemoryLayout<Element>.stride, keeping: array.bytes)
    }
    guard let buffer else {
      throw InputError(
        .malformed, file.path, expected: "\(Element.elementType) of shape \(shape), as the manifest says",
        found: "\(array.elementType) of shape \(array.shape)", remedy: "build the index again")
    }
    return buffer
  }
}
