import ArgumentParser
import SemanticID

/// The inputs of a corpus, opened.
struct CorpusInputs {
  var items: ItemCodes
  var vocabulary: TokenVocabulary
  var histories: Histories
  var texts: ItemTexts?
  var sources: [CorpusManifest.Source]

  init(
    _ items: CorpusItemOptions, _ interactions: InteractionOptions, texts: String?, _ names: ItemNameOptions?,
    _ cleaning: TextCleaningArguments?, _ console: Console
  ) throws {
    (self.items, vocabulary) = try items.open(console)
    let source = try interactions.source()
    histories = try Histories.read(source, items: self.items)
    console.tell(histories.summary)
    // A verb that takes no items has no names for their columns either.
    let texts = texts ?? (names == nil ? nil : interactions.preparedItems)
    try names?.check(hasItems: texts != nil)
    self.texts = try texts.map { [items = self.items, vocabulary] in
      let texts = try ItemTexts.read(
        path: $0, names: names?.names ?? .init(), items: items, vocabulary: vocabulary,
        cleaning: cleaning?.options() ?? TextCleaningOptions())
      console.tell(texts.summary)
      return texts
    }
    sources = try ([items.codes] + source.paths.map(\.path) + [texts].compactMap(\.self)).flatMap { path in
      try DataTable.files(at: path).map { try CorpusManifest.Source(path: $0) }
    }
  }
}
