import Foundation
import SemanticID

/// A valid directory in memory, and what an input of the fuzzer makes of it.
struct DirectorySeed: Sendable {
  /// Paths inside the directory, sorted, and what stands there.
  private let files: [(name: String, bytes: [UInt8])]

  /// - Parameter make: writes the directory at the path it is given.
  init(_ make: (_ path: String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "semid-fuzz-seed-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try make(path)
    let names = FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []
    files = try names.sorted().compactMap { name in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder), !isFolder.boolValue
      else { return nil }
      // FileManager.contents(atPath:) leaks a page for each empty file.
      let file = try MappedFile(path: path + "/" + name)
      return (name, withExtendedLifetime(file) { [UInt8](file.bytes) })
    }
    precondition(!files.isEmpty, "a seed without files")
  }

  /// Bytes of a change: file, kind, three of the place in the file, value.
  private static let changeBytes = 6
  /// The first bit of an input: what is changed gets its digests recorded anew, so that the change is read.
  static let repairs: UInt8 = 1

  /// Inputs to start from: nothing changed, and a byte of each file, with digests as they were and recorded anew.
  var seeds: [[UInt8]] {
    [0, Self.repairs].flatMap { flag in
      [[flag]] + files.indices.map { [flag, UInt8($0 & 255), 0, 0, 0, 20, 1] }
    }
  }

  /// Writes the directory with the changes that `input` describes.
  func write(_ input: [UInt8], to path: String) throws {
    var files = files.map { (name: $0.name, bytes: Optional($0.bytes), link: String?.none) }
    let changes = input.dropFirst()
    for start in stride(from: changes.startIndex, through: changes.endIndex - Self.changeBytes, by: Self.changeBytes) {
      let change = Array(changes[start..<start + Self.changeBytes])
      let file = Int(change[0]) % files.count
      let place = Int(change[2]) << 16 | Int(change[3]) << 8 | Int(change[4])
      let other = Int(change[5]) % files.count
      guard var bytes = files[file].bytes else { continue }
      switch change[1] % 8 {
      case 0, 1: if !bytes.isEmpty { bytes[place % bytes.count] ^= change[5] }
      case 2: if !bytes.isEmpty { bytes[place % bytes.count] = change[5] }
      case 3: bytes = Array(bytes.prefix(place % (bytes.count + 1)))
      case 4: bytes += Array(repeating: change[5], count: min(place, 4096))
      case 5: bytes = self.files[other].bytes
      case 6:
        // Numbers that sizes and counts take badly.
        let values: [UInt64] = [
          0, 1, 0x7F, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 62, 1 << 63, .max, 0x7FF8 << 48,
        ]
        let value = values[Int(change[5]) % values.count]
        for byte in 0..<8 where place % max(1, bytes.count) + byte < bytes.count {
          bytes[place % bytes.count + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(byte)))
        }
      default:
        files[file].bytes = nil
        if change[5] & 1 == 1 { files[file].link = self.files[other].name }
        continue
      }
      files[file].bytes = bytes
    }
    for file in files {
      let place = path + "/" + file.name
      let folder = URL(fileURLWithPath: place).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      if let bytes = file.bytes {
        try Data(bytes).write(to: URL(fileURLWithPath: place))
      } else if let link = file.link {
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: path + "/" + link)
      }
    }
  }

  /// Runs `read`; where it finds a digest that is not the recorded one, records what it found, and runs it again.
  static func repairing(_ path: String, _ read: () throws -> Void) throws {
    for _ in 0..<16 {
      do {
        return try read()
      } catch let error as InputError {
        guard let old = digest(in: error.expected), let new = digest(in: error.found), old != new,
          try replace(old, by: new, below: path)
        else { throw error }
      }
    }
  }

  private static func digest(in text: String?) -> String? {
    text?.split { !$0.isHexDigit }.first { $0.utf8.count == 64 }.map(String.init)
  }

  /// - Returns: whether any JSON file had it.
  private static func replace(_ old: String, by new: String, below path: String) throws -> Bool {
    var isFound = false
    for case let name as String in FileManager.default.enumerator(atPath: path) ?? .init() where name.hasSuffix("json")
    {
      let file = path + "/" + name
      guard let text = try? String(contentsOfFile: file, encoding: .utf8), text.contains(old) else { continue }
      try text.replacingOccurrences(of: old, with: new).write(toFile: file, atomically: false, encoding: .utf8)
      isFound = true
    }
    return isFound
  }
}
