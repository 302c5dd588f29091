import Formats
import Tokenizers
import Vectors

/// Items and their tokens, in the files that other programs read.
///
/// MiniOneRec and LC-Rec number items: item `n` is row `n` of the codes, and of the `ids.json` beside them.
package struct ItemMaps: Sendable {
  package let items: ItemCodes
  package let vocabulary: TokenVocabulary

  /// - Throws: `InputError` unless the vocabulary has a token for each of the codes.
  package init(_ items: ItemCodes, vocabulary: TokenVocabulary) throws {
    try items.check(vocabulary)
    self.items = items
    self.vocabulary = vocabulary
  }

  /// MiniOneRec's and LC-Rec's `index.json`: item numbers, and their tokens level by level.
  package func write(indexJSON path: String) throws { try AtomicFile.write(path: path, indexJSON) }

  /// Their `item.json`: item numbers, and title, description, brand and categories.
  package func write(itemJSON path: String, texts: ItemTexts) throws {
    try AtomicFile.write(path: path) { itemJSON(texts, $0) }
  }

  /// One object per line: item_id, codes, code (`3-9-1`), tokens.
  package func write(lines path: String) throws { try write(.jsonLines, path) }

  /// Columns item_id, c1 … cL (−1 behind the end of a shorter ID), code (`3-9-1`), tokens.
  package func write(parquet path: String) throws { try write(.parquet, path) }

  private func write(_ form: CodesForm, _ path: String) throws {
    let texts = items.texts(vocabulary)
    try form.write(
      count: items.count, levels: items.codes.levels, ids: items.ids,
      columns: .init(lineID: "item_id", hasPlain: true), to: path
    ) { item in
      CodesForm.Row(codes: items.id(of: item).array, tokens: texts[item])
    }
  }

  func indexJSON(_ append: (String) -> Void) {
    for item in 0..<items.count {
      let tokens = items.id(of: item).array.enumerated().map { level, code in
        jsonString(vocabulary.token(level: level, code: code))
      }
      append((item == 0 ? "{\n" : ",\n") + "  \"\(item)\": [\(tokens.joined(separator: ", "))]")
    }
    append("\n}\n")
  }

  /// An item without a title is called `Item_n`, since these readers need a title.
  func itemJSON(_ texts: ItemTexts, _ append: (String) -> Void) {
    for item in 0..<items.count {
      append((item == 0 ? "{\n" : ",\n") + "  \"\(item)\": {\"title\": \(jsonString(texts.titleOrNumber(item))), ")
      append("\"description\": \(jsonString(texts.descriptions[item])), \"brand\": \(jsonString(texts.brands[item])), ")
      append("\"categories\": \(jsonString(texts.categories[item]))}")
    }
    append("\n}\n")
  }
}

extension ItemTexts {
  /// The item's title, or `Item_n` where it has none.
  func titleOrNumber(_ item: Int) -> String {
    let title = titles[item]
    return title.isEmpty ? "Item_\(item)" : title
  }
}

extension AtomicFile {
  /// Writes what `body` appends, a piece at a time.
  fileprivate static func write(path: String, _ body: ((String) -> Void) throws -> Void) throws {
    try write(to: path) { file in
      var failure: (any Error)?
      try body { text in
        guard failure == nil else { return }
        do { try file.write(text) } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }
}
