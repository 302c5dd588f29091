import Foundation
import SemanticID

/// Text that a verb reads: a file, or standard input.
enum TextInput {
  /// - Parameter path: nil or `-`: standard input.
  /// - Throws: `InputError` when it cannot be read; also for a pipe that has a name of its own, which might never be
  ///   written to.
  static func read(_ path: String?) throws -> Data {
    guard let path, path != "-" else { return try read(.standardInput, "standard input") }
    // A pipe that is open already: standard input under its own name, or what a shell makes of <(…). Others are no files.
    if ["/dev/stdin", "/dev/fd/", "/proc/"].contains(where: path.hasPrefix), !isFile(path),
      let pipe = FileHandle(forReadingAtPath: path)
    {
      return try read(pipe, path)
    }
    let file = try MappedFile(path: path)
    // The bytes are there for as long as the file is.
    return withExtendedLifetime(file) { Data(file.bytes) }
  }

  private static func read(_ file: FileHandle, _ name: String) throws -> Data {
    do {
      return try file.readToEnd() ?? Data()
    } catch {
      throw InputError(.io, name, found: error.localizedDescription)
    }
  }

  private static func isFile(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
  }
}
