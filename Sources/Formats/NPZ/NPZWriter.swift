import CLibzip
public import Vectors

/// Writes `.npz` files: arrays under names, stored (`numpy.savez`) or deflated (`numpy.savez_compressed`).
///
/// The same arrays give the same bytes: members keep the order of the calls and carry no time of day.
public struct NPZWriter {
  private var members: [(key: String, header: Buffer<UInt8>, data: Buffer<UInt8>)] = []

  public init() {}

  /// Adds an N×d matrix as float32.
  public mutating func add(_ key: String, _ matrix: Matrix) {
    add(key, matrix.values, shape: [matrix.rows, matrix.columns])
  }

  /// Adds numbers of the given shape, in C order.
  ///
  /// - Precondition: `key` is new and the shape fits.
  public mutating func add<Element: ArrayElement>(_ key: String, _ values: Buffer<Element>, shape: [Int]) {
    precondition(shape.reduce(1, *) == values.count, "the shape must have as many elements as are written")
    precondition(members.allSatisfy { $0.key != key }, "array \(key) is there already")
    let data = values.withUnsafeBufferPointer { elements in
      Buffer<UInt8>(
        unsafe: elements.baseAddress, count: elements.count * MemoryLayout<Element>.stride, keeping: values)
    }
    members.append((key, Buffer(NPY.header(descriptor: Element.elementType.npyDescriptor, shape: shape)), data))
  }

  /// Writes the archive.
  public func write(to path: String, deflated: Bool = false) throws {
    try AtomicFile.write(toPath: path) { temporary in
      var code: Int32 = 0
      guard let archive = zip_open(temporary, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
        throw InputError(.cannotCreate, path, found: "cannot be created (libzip error \(code))")
      }
      do {
        for member in members { try add(member, to: archive, path, deflated: deflated) }
        guard zip_close(archive) == 0 else { throw failure(archive, path) }
      } catch {
        zip_discard(archive)
        throw error
      }
    }
    // libzip reads the members' memory as late as in zip_close.
    withExtendedLifetime(members) {}
  }

  private func add(
    _ member: (key: String, header: Buffer<UInt8>, data: Buffer<UInt8>), to archive: OpaquePointer, _ path: String,
    deflated: Bool
  ) throws {
    var fragments = [member.header, member.data].filter { !$0.isEmpty }.map { piece in
      piece.withUnsafeBufferPointer {
        zip_buffer_fragment_t(
          data: UnsafeMutablePointer(mutating: $0.baseAddress), length: UInt64($0.count))
      }
    }
    guard let contents = zip_source_buffer_fragment(archive, &fragments, UInt64(fragments.count), 0) else {
      throw failure(archive, path)
    }
    let index = zip_file_add(archive, member.key + ".npy", contents, zip_flags_t(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(contents)
      throw failure(archive, path)
    }
    // 1 January 1980, the format's first day, as numpy writes it.
    guard
      zip_set_file_compression(archive, UInt64(index), deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0) == 0,
      zip_file_set_dostime(archive, UInt64(index), 0, 0x21, 0) == 0
    else { throw failure(archive, path) }
  }

  private func failure(_ archive: OpaquePointer, _ path: String) -> InputError {
    InputError(.io, path, found: "cannot be written: \(String(cString: zip_strerror(archive)))")
  }
}
