import Foundation

/// The place of a tokenizer's `tokenizer.json`, and of the files beside it that libraries look for.
struct TokenizerPath {
  let folder: String
  /// The `tokenizer.json`, whatever its name.
  let file: String

  /// - Parameter path: a folder, or the file.
  init(_ path: String) {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      folder = path
      file = Self.joined(path, "tokenizer.json")
    } else {
      let parent = (path as NSString).deletingLastPathComponent
      folder = parent.isEmpty ? "." : parent
      file = path
    }
  }

  /// The path of a file of the folder that is there; links are followed, as in the folders of a download cache.
  func neighbor(_ name: String) -> String? {
    let path = Self.joined(folder, name)
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
      ? path : nil
  }

  static func joined(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }
}
