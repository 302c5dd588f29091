import Formats
import Vectors

/// The files of a segment, each mapped once, for its arrays and for verification.
///
/// A holder keeps them as they are, also after a writer has removed the segment.
struct SegmentFolder: Sendable {
  /// For errors.
  let path: String
  let files: [String: MappedFile]

  /// - Throws: `InputError` when a file is missing, is a link or has another size than the manifest says.
  init(_ folder: FolderHandle, _ expected: [String: IndexManifest.File]) throws {
    path = folder.path
    var files: [String: MappedFile] = [:]
    for (name, file) in expected.sorted(by: { $0.key < $1.key }) {
      let mapped = try folder.map(name)
      guard mapped.count == file.bytes else {
        throw InputError(
          .malformed, mapped.path, expected: "\(file.bytes) bytes, as the manifest says", found: "\(mapped.count)",
          remedy: "build the index again")
      }
      files[name] = mapped
    }
    self.files = files
  }

  func file(_ name: String) throws -> MappedFile {
    guard let file = files[name] else {
      throw InputError(
        .malformed, path, expected: "the file \(name) among those of the manifest", found: "none",
        remedy: "build the index again")
    }
    return file
  }

  /// An array; see `ArrayFile.map`.
  func array<Element: ArrayElement>(
    _ name: String, _ type: Element.Type, shape: [Int], alignment: Int = MemoryLayout<Element>.alignment
  ) throws -> Buffer<Element> {
    try ArrayFile.map(file(name), type, shape: shape, alignment: alignment)
  }

  /// The error for a file that is not what it should be.
  func damaged(_ name: String, _ expected: String, found: String = "others") -> InputError {
    InputError(
      .malformed, path + "/" + name, expected: expected, found: found, remedy: "build the index again")
  }
}
