package import Vectors

/// The shape of a catalogue's IDs: how many levels, and how many codes each level has.
///
/// The one place that knows the limits of both. Codes are `UInt16`, so a level has at most 65,536 of them.
package struct CodeShape: Hashable, Sendable {
  /// Levels that an ID may have.
  package static let levelRange = 1...256
  /// Codes that a level may have.
  package static let sizeRange = 1...65_536

  /// Codes of each level, first to last.
  package let levelSizes: [Int]

  /// - Parameters:
  ///   - kind: `usage` for an option, `malformed` for a file.
  ///   - source: the option's name or the file's path.
  ///   - place: where in the file.
  ///   - levels: how many levels there may be.
  /// - Throws: `InputError` for too few levels or too many, or for a level that has no codes or over 65,536.
  package init(
    _ levelSizes: [Int], kind: InputError.Kind = .usage, source: String, at place: String? = nil,
    levels: ClosedRange<Int> = levelRange
  ) throws(InputError) {
    guard levels.contains(levelSizes.count) else {
      throw InputError(
        kind, source, at: place,
        expected: levelSizes.isEmpty ? "at least one level" : "at most \(levels.upperBound) levels",
        found: "\(levelSizes.count)")
    }
    if let level = levelSizes.firstIndex(where: { !Self.sizeRange.contains($0) }) {
      throw InputError(
        kind, source, at: [place, "level \(level)"].compactMap(\.self).joined(separator: ", "),
        expected: "1 to 65,536 codes", found: "\(levelSizes[level])")
    }
    self.levelSizes = levelSizes
  }

  /// Reads `256` or `256,512,1024`; nil for another text.
  package init?(parsing text: String) {
    var sizes: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let size = Int(part), Self.sizeRange.contains(size) else { return nil }
      sizes.append(size)
    }
    guard Self.levelRange.contains(sizes.count) else { return nil }
    levelSizes = sizes
  }

  /// The product of all sizes: the number of possible IDs. A `Double`, since a few levels already overflow an `Int`.
  package var possibleIDs: Double { levelSizes.reduce(1) { $0 * Double($1) } }

  /// Number of codes in the levels before each level: added to a code, it numbers the codes of all levels in one row.
  package var offsets: [Int] { levelSizes.indices.map { levelSizes[..<$0].reduce(0, +) } }
}
