import Formats
import Retrieval
import Tokenizers
import Vectors

/// The catalogue of NVIDIA's recsys-examples (sid-gr-inference): an item a line,
/// `{"item_id": "17", "token_ids": [151669, 151934, 152181]}`.
package enum SemanticItemLines {
  /// Writes the items in ID order.
  ///
  /// Its reader refuses items that share an ID, unless it is told `allow_duplicate_token_paths=True`.
  ///
  /// - Parameters:
  ///   - tokens: of the language model; those before and behind an ID are written, too.
  /// - Throws: `InputError` for a catalogue without items, and for tokens outside the vocabulary.
  package static func write(
    _ catalogue: EngineCatalogue, tokens: ConstraintTokens, to path: String, progress: (Int) throws -> Void = { _ in }
  ) throws -> (vocabularySize: Int, told: String?) {
    guard catalogue.count > 0 else {
      throw InputError(.malformed, catalogue.source, expected: "items, for SID-GR", found: "none")
    }
    let (levels, vocabularySize) = try tokens.resolved(levelSizes: catalogue.shape.levelSizes)
    try AtomicFile.write(to: path) { file in
      var line: [UInt8] = []
      for position in 0..<catalogue.count {
        line += "{\"item_id\": \"".utf8
        JSONBytes.append(catalogue.id(at: position), to: &line)
        line += "\", \"token_ids\": [".utf8
        let codes = catalogue.shape.spelled(catalogue.trie.codes(at: position))
        let path = tokens.begin + codes.enumerated().map { levels[$0.offset].token(of: $0.element) } + tokens.end
        line += path.map(String.init).joined(separator: ", ").utf8
        line += "]}\n".utf8
        try file.write(line)
        line.removeAll(keepingCapacity: true)
        if position % 65_536 == 65_535 { try progress(position + 1) }
      }
    }
    let shared = catalogue.sharedItems
    return (
      vocabularySize,
      shared == 0
        ? nil
        : "\(shared) items share an ID: its reader takes them with allow_duplicate_token_paths=True alone"
    )
  }
}
