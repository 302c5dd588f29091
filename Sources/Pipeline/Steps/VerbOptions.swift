/// The options that a verb of the command has, as a pipeline needs to know them.
package struct VerbOptions: Sendable {
  package struct Option: Sendable {
    package enum Kind: Sendable {
      /// `--name value`; several times where it repeats.
      case value(repeats: Bool)
      /// `--name`, and the spelling that turns it off, where there is one.
      case flag(off: String?)
    }

    /// The long names, without dashes; the first is the one that is written.
    package var names: [String]
    package var kind: Kind
    /// The value names a file or a directory.
    package var isPath: Bool
    /// The value names a file, or something inside of another file.
    package var mayBePath: Bool

    package init(names: [String], kind: Kind, isPath: Bool, mayBePath: Bool = false) {
      self.names = names
      self.kind = kind
      self.isPath = isPath
      self.mayBePath = mayBePath
    }
  }

  package var options: [Option]

  package init(options: [Option]) { self.options = options }

  package func option(_ name: String) -> Option? { options.first { $0.names.contains(name) } }

  /// The option whose name is spelt most like `name`; nil where none is spelt much like it.
  func nearest(to name: String) -> String? {
    let name = name.replacing("_", with: "-")
    let near = options.flatMap(\.names).map { ($0, Self.edits(name, $0)) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
    return near.flatMap { $0.1 <= max(1, name.count / 4) ? $0.0 : nil }
  }

  /// Characters to put in, to leave out or to change (Levenshtein 1966).
  private static func edits(_ one: String, _ other: String) -> Int {
    var row = Array(0...other.count)
    for (i, a) in one.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in other.enumerated() {
        (diagonal, row[j + 1]) = (row[j + 1], min(row[j + 1] + 1, row[j] + 1, diagonal + (a == b ? 0 : 1)))
      }
    }
    return row[other.count]
  }

  package func has(_ name: String) -> Bool { option(name) != nil }
}
