public import Foundation

/// Everything below a folder, byte for byte: what must not change is compared with what it was.
public struct FolderSnapshot: Equatable, Sendable {
  /// The bytes of files, where links point, and nil for folders; by path.
  public let entries: [String: Data?]

  public init(_ root: String) throws {
    var entries: [String: Data?] = [:]
    func look(_ path: String) throws {
      for name in try FileManager.default.contentsOfDirectory(atPath: root + path) {
        let inner = path + "/" + name
        // Of the entry itself: links are not followed.
        switch try FileManager.default.attributesOfItem(atPath: root + inner)[.type] as? FileAttributeType {
        case .typeSymbolicLink?:
          entries[inner] = Data(try FileManager.default.destinationOfSymbolicLink(atPath: root + inner).utf8)
        case .typeDirectory?:
          entries[inner] = .some(nil)
          try look(inner)
        case .typeRegular?: entries[inner] = FileManager.default.contents(atPath: root + inner)
        default: entries[inner] = Data()
        }
      }
    }
    try look("")
    self.entries = entries
  }

  public var paths: Set<String> { Set(entries.keys) }
}
