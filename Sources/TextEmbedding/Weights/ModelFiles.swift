import Foundation

/// The files of a model's directory.
enum ModelFiles {
  static func exists(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
  }

  static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// The regular files of a directory and of the folders in it, by path, sorted.
  static func all(in directory: String) -> [String] {
    guard let paths = FileManager.default.enumerator(atPath: directory) else { return [] }
    return paths.compactMap { $0 as? String }.filter { exists(directory + "/" + $0) }.sorted()
  }
}
