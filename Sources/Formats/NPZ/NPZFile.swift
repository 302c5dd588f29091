package import Vectors

/// An `.npz` file: a zip archive of `.npy` arrays, stored or deflated.
///
/// Opening reads the archive's directory; each array is read, and its checksum verified, when it is asked for. Arrays in
/// an archive are seldom aligned (numpy does not align them), so they are read into memory, not mapped.
package struct NPZFile: Sendable {
  /// The names of the arrays, without `.npy`, in the archive's order.
  package let keys: [String]
  /// The file, for errors.
  package let source: String

  private let archive: ZipArchive
  private let entries: [String: Int]

  package init(path: String) throws {
    let file = try MappedFile(path: path)
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    try self.init(bytes: bytes, source: path)
  }

  /// Reads an archive from the bytes of a whole file.
  package init(bytes: Buffer<UInt8>, source: String) throws {
    archive = try ZipArchive(bytes: bytes, source: source)
    var keys: [String] = []
    var entries: [String: Int] = [:]
    for (index, name) in archive.names.enumerated() where name.hasSuffix(".npy") {
      let key = String(name.dropLast(4))
      guard entries.updateValue(index, forKey: key) == nil else {
        throw InputError(.malformed, source, at: "array \(key)", expected: "one array of this name", found: "two")
      }
      keys.append(key)
    }
    self.source = source
    self.keys = keys
    self.entries = entries
  }

  /// The shape of an array and the type of its numbers, nil for strings: its header, without the rest.
  ///
  /// - Throws: `InputError` when there is no such array or its header cannot be read.
  package func description(of key: String) throws -> (shape: [Int], elementType: ElementType?) {
    let place = "array \(key)"
    let head = try archive.head(of: try index(of: key), place: place)
    let header = try head.withUnsafeBytes { try NPYHeader(parsing: $0, source: source, place: place) }
    guard case .numbers(let type, _) = header.elements else { return (header.shape, nil) }
    return (header.shape, type)
  }

  private func index(of key: String) throws -> Int {
    guard let index = entries[key] else {
      throw InputError(
        .missing, source, expected: "an array \(key)",
        found: keys.isEmpty ? "no arrays" : keys.prefix(20).joined(separator: ", "))
    }
    return index
  }

  /// Reads the array `key`.
  ///
  /// - Throws: `InputError` when there is none, when its contents do not match their checksum, or when the sizes that
  ///   the archive and the array's header claim disagree, which is checked before memory is allocated.
  package func array(_ key: String) throws -> NPYArray {
    let place = "array \(key)"
    let index = try index(of: key)
    let contents = try archive.contents(of: index, place: place) { head, size in
      // The array's own header first: what it claims must be what the archive claims.
      guard head.count < size else { return }
      let header = try NPYHeader(parsing: head, source: source, place: place)
      let claimed = byteCount(of: header.shape, elementSize: header.elements.size)
      guard let claimed, claimed == size - header.dataOffset else {
        throw InputError(
          .malformed, source, at: place, expected: "\(sizeText(claimed)) of data for shape \(text(header.shape))",
          found: "\(size - header.dataOffset) bytes")
      }
    }
    return try NPYArray(bytes: contents, source: source, place: place)
  }
}
