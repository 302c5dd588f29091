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

    package init(names: [String], kind: Kind, isPath: Bool) {
      self.names = names
      self.kind = kind
      self.isPath = isPath
    }
  }

  package var options: [Option]

  package init(options: [Option]) { self.options = options }

  package func option(_ name: String) -> Option? { options.first { $0.names.contains(name) } }

  package func has(_ name: String) -> Bool { option(name) != nil }
}
