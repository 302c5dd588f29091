import Foundation
import Formats
import Vectors

/// A folder whose files are copied, except for some that are written anew.
struct FolderCopy {
  private let folder: String
  private let names: Set<String>

  init(of folder: String) throws {
    self.folder = folder
    names = Set(try Self.reading(folder) { try FileManager.default.contentsOfDirectory(atPath: folder) })
  }

  /// - Parameter body: writes files; all others are copied.
  func write(to output: TokenizerFolder.Output, _ body: (StagedDirectory) throws -> Void) throws {
    switch output {
    case .folder(let path):
      try AtomicDirectory.write(to: path, replacing: .new) { staged in
        try body(staged)
        try copy(to: staged, sharing: false)
      }
    case .inPlace:
      // A file that came into the folder meanwhile is not in the copy, so the folder must not be replaced.
      let asItWas = DirectoryKind("the folder as it was read") { [names] folder in
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().first { !names.contains($0) }
      }
      try AtomicDirectory.write(to: folder, replacing: asItWas) { staged in
        try body(staged)
        try copy(to: staged, sharing: true)
      }
    }
  }

  private func copy(to staged: StagedDirectory, sharing: Bool) throws {
    for name in names.sorted() where !FileManager.default.fileExists(atPath: staged.file(name)) {
      try Self.copy(TokenizerPath.joined(folder, name), to: staged.file(name), sharing: sharing)
    }
  }

  /// Copies a file or a folder.
  ///
  /// - Parameter sharing: the copy takes the place of the original, so its files are the old ones under a second name,
  ///   and links stay links. Otherwise the files that links lead to are copied, as from the folders of a download
  ///   cache.
  private static func copy(_ source: String, to target: String, sharing: Bool) throws {
    let manager = FileManager.default
    try reading(source) {
      let type = try manager.attributesOfItem(atPath: source)[.type] as? FileAttributeType
      var isDirectory: ObjCBool = false
      _ = manager.fileExists(atPath: source, isDirectory: &isDirectory)
      if type == .typeSymbolicLink, sharing {
        try manager.createSymbolicLink(
          atPath: target, withDestinationPath: manager.destinationOfSymbolicLink(atPath: source))
      } else if type == .typeSymbolicLink, isDirectory.boolValue {
        throw InputError(
          .unsupported, source, expected: "files, folders and links to files", found: "a link to a folder",
          remedy: "put the folder in its place")
      } else if isDirectory.boolValue {
        try manager.createDirectory(atPath: target, withIntermediateDirectories: false)
        for name in try manager.contentsOfDirectory(atPath: source).sorted() {
          try copy(source + "/" + name, to: target + "/" + name, sharing: sharing)
        }
      } else if sharing, (try? manager.linkItem(atPath: source, toPath: target)) != nil {
        return
      } else {
        let file = URL(fileURLWithPath: source).resolvingSymlinksInPath().path
        try manager.copyItem(atPath: file, toPath: target)
      }
    }
  }

  private static func reading<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error where !(error is InputError) {
      throw InputError(.io, path, found: "cannot be read: \((error as NSError).localizedDescription)")
    }
  }
}
