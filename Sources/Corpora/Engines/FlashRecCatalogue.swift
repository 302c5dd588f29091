import Formats
import Retrieval
import Vectors

/// The catalogue of FlashRec: a JSON object whose keys are the IDs of all items, codes with commas between.
package enum FlashRecCatalogue {
  /// The run of tokens that codes have, in the words of FlashRec's `--sid`: `151669:152436/256,256,256`.
  ///
  /// - Throws: `InputError` where tokens are no run, level after level, which FlashRec takes for granted.
  package static func layout(_ tokens: ConstraintTokens, levelSizes: [Int]) throws -> String {
    let (levels, _) = try tokens.resolved(levelSizes: levelSizes)
    guard let first = levels.first?.first else { return "" }
    var next = first
    for (number, (level, size)) in zip(levels, levelSizes).enumerated() {
      guard level.places == nil, level.first == next else {
        throw InputError(
          .unsupported, "tokenizer", at: "level \(number) (from 0)",
          expected: "the tokens of its codes in order, \(next) to \(next + size - 1), behind those of the level before",
          found: "from \(level.first) on\(level.places == nil ? "" : ", in another order")",
          remedy:
            "FlashRec computes a code's token: add the tokens to the tokenizer in the order of semid corpus vocabulary")
      }
      next += size
    }
    return "\(first):\(next - 1)/\(levelSizes.map(String.init).joined(separator: ","))"
  }

  /// Writes a key for each ID, in ID order.
  ///
  /// FlashRec reads the keys alone. A value is 1, or the ids of the ID's items, a list of text.
  ///
  /// - Throws: `InputError` for a catalogue without items, for IDs of two lengths and for those of one code, whose keys
  ///   would be read as packed numbers.
  package static func write(
    _ catalogue: EngineCatalogue, namesItems: Bool, to path: String, progress: (Int) throws -> Void = { _ in }
  ) throws {
    try catalogue.check(fewestLevels: 2, for: "FlashRec")
    let trie = catalogue.trie
    guard let last = trie.levels.last else { return }
    try AtomicFile.write(to: path) { file in
      var line = Array("{".utf8)
      for node in 0..<last.count {
        let items = Int(last.starts[node])..<Int(last.starts[node + 1])
        line += node == 0 ? "\n\"".utf8 : ",\n\"".utf8
        line += trie.codes(at: items.lowerBound).map(String.init).joined(separator: ",").utf8
        line += "\":".utf8
        if namesItems {
          for (number, position) in items.enumerated() {
            line += number == 0 ? "[\"".utf8 : ",\"".utf8
            JSONBytes.append(catalogue.id(at: position), to: &line)
            line += "\"".utf8
          }
          line += "]".utf8
        } else {
          line += "1".utf8
        }
        try file.write(line)
        line.removeAll(keepingCapacity: true)
        if node % 65_536 == 65_535 { try progress(node + 1) }
      }
      try file.write("\n}\n")
    }
  }
}
