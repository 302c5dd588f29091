import SemanticID

extension TokenSpelling {
  /// A spelling that has a name, or a pattern of the user's.
  init(argument: String) throws {
    if let named = Self.named.first(where: { $0.name == argument }) {
      self = named.spelling
    } else if argument.contains("{") {
      try self.init(pattern: argument)
    } else {
      throw InputError(
        .usage, "--spelling", expected: Self.named.map(\.name).joined(separator: ", ") + ", or a pattern",
        found: argument)
    }
  }
}
