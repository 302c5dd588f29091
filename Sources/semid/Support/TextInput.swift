import Foundation
import SemanticID

/// Text that a verb reads: a file, or standard input.
enum TextInput {
  /// - Parameter path: nil or `-`: standard input.
  static func read(_ path: String?) throws -> Data {
    guard let path, path != "-" else {
      do {
        return try FileHandle.standardInput.readToEnd() ?? Data()
      } catch {
        throw InputError(.io, "standard input", found: error.localizedDescription)
      }
    }
    let file = try MappedFile(path: path)
    // The bytes are there for as long as the file is.
    return withExtendedLifetime(file) { Data(file.bytes) }
  }
}
