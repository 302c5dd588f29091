import Vectors

/// What the files of MiniOneRec and LC-Rec have in common.
enum DialectFiles {
  static func check(name: String, _ vocabulary: TokenVocabulary) throws {
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), !name.contains("\0") else {
      throw InputError(.usage, "name \"\(name)\"", expected: "the beginning of a file name", found: "another")
    }
    guard vocabulary.spelling.begin.isEmpty, vocabulary.spelling.end.isEmpty else {
      throw InputError(
        .usage, "token spelling", expected: "IDs without tokens around them, which these readers do not know",
        found: "\(vocabulary.spelling.begin)…\(vocabulary.spelling.end)", remedy: "use the spelling \"levels\"")
    }
  }

  /// A warning where items with different IDs have one title; nil where none do.
  ///
  /// - Parameter reader: what their reader does about it.
  static func warning(_ texts: ItemTexts, _ reader: String) -> String? {
    let items = texts.report.itemsWithTitleOfSeveralIDs
    return items == 0 ? nil : "\(items) items have the title of an item with another ID; \(reader)"
  }

  /// `NAME.index.json` and `NAME.item.json`.
  static func writeItems(
    _ maps: ItemMaps, _ texts: ItemTexts, name: String, into directory: CorpusDirectory
  ) throws {
    func write(_ file: String, _ body: ((String) -> Void) -> Void) throws {
      try directory.write(file) { writer in
        var failure: (any Error)?
        body { text in
          guard failure == nil else { return }
          do { try writer.write(text) } catch { failure = error }
        }
        if let failure { throw failure }
        return maps.items.count
      }
    }
    try write(name + ".index.json", maps.indexJSON)
    try write(name + ".item.json") { maps.itemJSON(texts, $0) }
  }
}
