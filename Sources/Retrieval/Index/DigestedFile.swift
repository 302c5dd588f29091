import Formats
import Vectors

extension IndexManifest.File {
  /// Writes a large file piece by piece, digests the bytes as they are written, and synchronizes it to the disk.
  ///
  /// - Parameter body: appends the pieces.
  init(
    writing name: String, in directory: StagedDirectory,
    _ body: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var digest = SHA256()
    let bytes = try directory.write(name) { writer in
      try body { piece in
        digest.update(piece)
        try writer.write(piece)
      }
      try writer.synchronize()
      return writer.position
    }
    self.init(bytes: bytes, sha256: digest.hexDigest())
  }
}
