import Formats
import Vectors

/// Entries to put into lists and objects of a JSON text. Its other bytes stay as they are.
struct JSONInsertions {
  private var parts: [(place: Int, text: String)] = []

  var isEmpty: Bool { parts.isEmpty }

  /// Puts entries at the end of a list or an object.
  ///
  /// - Parameters:
  ///   - place: the byte behind the last entry, or behind the opening bracket where there is none (`isFirst`).
  mutating func add(_ entries: [String], at place: Int, isFirst: Bool, indent: String) {
    guard !entries.isEmpty else { return }
    let lines = entries.map { "\n" + indent + $0 }
    parts.append((place, (isFirst ? "" : ",") + lines.joined(separator: ",")))
  }

  /// The bytes of the file with the entries in their places.
  func write(_ file: MappedFile, to writer: FileWriter) throws {
    defer { withExtendedLifetime(file) {} }
    var written = 0
    for (place, text) in parts.sorted(by: { $0.place < $1.place }) {
      try writer.write(UnsafeRawBufferPointer(rebasing: file.bytes[written..<place]))
      try writer.write(text)
      written = place
    }
    try writer.write(UnsafeRawBufferPointer(rebasing: file.bytes[written...]))
  }
}
