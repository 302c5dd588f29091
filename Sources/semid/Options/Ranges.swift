import SemanticID

/// What numbers options may be, where no type of the library says it. Bounds are far beyond use: what is past them is a
/// typing error.
enum Ranges {
  /// Items, rows, neighbors, candidates.
  static let items = 1...CodeTrie.maximumCount
  static let itemsOrNone = 0...CodeTrie.maximumCount
  /// Of a registry, from 1.
  static let generations = 1...Int(Int32.max)
  /// Rounds, repeats, steps of anything.
  static let rounds = 1...1_000_000
  static let roundsOrNone = 0...1_000_000
  static let rowsOfAFile = 1...1 << 40
  /// Length of a vector, width of a layer.
  static let dimension = 1...65_536
  static let share = 0.0...1
  /// Weights and norms.
  static let weight = 0.0...1e9

  /// - Throws: `InputError` when so many bytes, which a benchmark would make up, are more than half of this machine's
  ///   memory.
  static func checkMemory(_ option: String, bytes factors: Int...) throws {
    let bytes = factors.reduce(1.0) { $0 * Double($1) }
    guard bytes > Double(ProcessMemory.installed / 2) else { return }
    throw InputError(
      .usage, option, expected: "what fits half of this machine's memory, \(Text.bytes(ProcessMemory.installed / 2))",
      found: "\(Text.figure(bytes / 1e9)) GB")
  }
}
