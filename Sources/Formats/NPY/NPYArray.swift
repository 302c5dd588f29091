package import Vectors

/// An `.npy` file, or a member of an `.npz` file: one array of numbers or strings.
///
/// Versions 1.0 to 3.0; bool, integers and floats of both byte orders, C or Fortran order, and fixed-width strings
/// (`U`, `S`). Python objects and structured types are refused. The header is checked against the bytes that are there
/// before anything is allocated.
package struct NPYArray: Sendable {
  package let shape: [Int]
  /// The file, for errors.
  package let source: String
  /// The member of an archive, for errors.
  package let place: String?

  let header: NPYHeader
  let data: Buffer<UInt8>

  /// Maps the file at `path`. The numbers are read when they are asked for.
  package init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// Reads an array from a file that is mapped.
  package init(_ file: MappedFile) throws {
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, file.path, found: "cannot be mapped")
    }
    try self.init(bytes: bytes, source: file.path)
  }

  /// Reads an array from the bytes of a whole file.
  ///
  /// - Parameters:
  ///   - source: the file's name, for errors.
  ///   - place: the member of an archive, for errors.
  package init(bytes: Buffer<UInt8>, source: String, place: String? = nil) throws {
    let header = try bytes.withUnsafeBufferPointer { bytes in
      try NPYHeader(parsing: UnsafeRawBufferPointer(bytes), source: source, place: place)
    }
    let found = bytes.count - header.dataOffset
    let claimed = byteCount(of: header.shape, elementSize: header.elements.size)
    guard let claimed, claimed == found else {
      throw InputError(
        .malformed, source, at: place,
        expected: "\(sizeText(claimed)) of data for shape \(text(header.shape))", found: "\(found) bytes",
        remedy: (claimed ?? .max) > found ? "the file is cut short or its header is wrong" : nil)
    }
    // Elements of no bytes would let a tiny file claim any number of them.
    guard header.elements.size > 0 || header.shape.contains(0) else {
      throw InputError(.malformed, source, at: place, expected: "elements of at least one byte", found: "none")
    }
    self.header = header
    self.shape = header.shape
    self.source = source
    self.place = place
    self.data = bytes[slice: header.dataOffset..<bytes.count]
  }

  /// The type of number; nil for strings.
  package var elementType: ElementType? {
    if case .numbers(let type, _) = header.elements { type } else { nil }
  }

  /// The array as numbers.
  ///
  /// - Throws: `InputError` when it holds strings.
  package func numbers() throws -> NumericArray {
    guard case .numbers(let type, let order) = header.elements else {
      throw InputError(.malformed, source, at: place, expected: "numbers", found: "strings")
    }
    return try NumericArray(
      elementType: type, byteOrder: order, shape: shape, isColumnMajor: header.isColumnMajor, bytes: data,
      source: source, place: place)
  }

  /// The array as a matrix; see `NumericArray.matrix(pool:)`.
  package func matrix(pool: ThreadPool = ThreadPool()) throws -> Matrix { try numbers().matrix(pool: pool) }

  /// The array as integers, exactly; see `NumericArray.integers(as:pool:)`.
  package func integers<Target: FixedWidthInteger & ArrayElement>(
    as type: Target.Type = Int64.self, pool: ThreadPool = ThreadPool()
  ) throws -> Buffer<Target> {
    try numbers().integers(as: type, pool: pool)
  }
}
