import SemanticID

extension FuzzTarget {
  /// Every parser of something that comes from outside.
  static let all =
    [tokenFormat, vectorSelector] + arrays + texts + torch + identifiers + tables + catalogues + preparation + corpora
    + filters + directories + encoders

  /// IDs as text, whole and as prefixes. What is accepted must be written back as it was read.
  private static let tokenFormat = FuzzTarget("token-format") {
    ["12-4-9", "<a_12><b_4><c_9>", "0-0-0", "255-255-255", "12-4", "<a_12>"].map { Array($0.utf8) }
  } run: { bytes in
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let codes = try TokenFormat.parse(text, levelSizes: [256, 256, 65_536], prefix: true)
    let format: TokenFormat = text.hasPrefix("<") ? .tokens : .plain()
    precondition(format.text(for: codes) == text, "an ID that is not written as it was read")
  }

  /// `FILE[:ROW]`, which the parser takes apart and the caller puts together again.
  private static let vectorSelector = FuzzTarget("vector-selector") {
    ["a.npy", "a.npy:12", "dir:1/a.npy:0"].map { Array($0.utf8) }
  } run: { bytes in
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let selector = try VectorSelector(parsing: text)
    let spelt = selector.path + (selector.row.map { ":\($0)" } ?? "")
    precondition(spelt == text, "a selector that is not written as it was read")
  }
}
