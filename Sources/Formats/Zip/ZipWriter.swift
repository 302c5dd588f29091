import CLibzip
import Vectors

/// Writes zip archives, by libzip. The same members give the same bytes: they keep their order and carry no time of day.
enum ZipWriter {
  /// - Parameters:
  ///   - members: names, and pieces of contents that are written one behind the other.
  ///   - source: what errors call the file.
  static func write(
    _ members: [(name: String, pieces: [Buffer<UInt8>])], to path: String, source: String, deflated: Bool = false
  ) throws {
    var code: Int32 = 0
    guard let archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
      throw InputError(.cannotCreate, source, found: "cannot be created (libzip error \(code))")
    }
    do {
      for member in members { try add(member, to: archive, source, deflated: deflated) }
      guard zip_close(archive) == 0 else { throw failure(archive, source) }
    } catch {
      zip_discard(archive)
      throw error
    }
    // libzip reads the members' memory as late as in zip_close.
    withExtendedLifetime(members) {}
  }

  private static func add(
    _ member: (name: String, pieces: [Buffer<UInt8>]), to archive: OpaquePointer, _ source: String, deflated: Bool
  ) throws {
    var fragments = member.pieces.filter { !$0.isEmpty }.compactMap { piece in
      piece.withUnsafeBufferPointer { bytes in
        bytes.baseAddress.map {
          zip_buffer_fragment_t(data: UnsafeMutablePointer(mutating: $0), length: UInt64(bytes.count))
        }
      }
    }
    guard let contents = zip_source_buffer_fragment(archive, &fragments, UInt64(fragments.count), 0) else {
      throw failure(archive, source)
    }
    let index = zip_file_add(archive, member.name, contents, zip_flags_t(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(contents)
      throw failure(archive, source)
    }
    // 1 January 1980, the format's first day, as numpy writes it.
    guard
      zip_set_file_compression(archive, UInt64(index), deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0) == 0,
      zip_file_set_dostime(archive, UInt64(index), 0, 0x21, 0) == 0
    else { throw failure(archive, source) }
  }

  private static func failure(_ archive: OpaquePointer, _ source: String) -> InputError {
    InputError(.io, source, found: "cannot be written: \(String(cString: zip_strerror(archive)))")
  }
}
