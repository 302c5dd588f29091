import SemanticID

/// What corpora are made from, as users bring it.
extension FuzzTarget {
  static let corpora = [itemCodes, tokenizerJSON, templateFile]

  private static let itemCodes = FuzzTarget.file("item-codes", extension: "jsonl") { folder in
    try AtomicFile.write(
      #"{"item": "a", "codes": [1, 2], "x": [{"y": null}, -1.5e3]}"# + "\n" + #"{"item_id": 12, "codes": [7]}"# + "\n",
      to: folder + "/two")
  } read: { path in
    let items = try ItemCodes.read(path: path)
    precondition(items.codes.count == items.count && items.distinctIDs <= items.count, "a short column")
  }

  private static let tokenizerJSON = FuzzTarget.file("tokenizer-json", extension: "json") { folder in
    try AtomicFile.write(
      #"{"added_tokens": [{"id": 3, "content": "x\"y"}], "model": {"vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}}"#,
      to: folder + "/bpe")
    try AtomicFile.write(
      #"{"added_tokens": [], "model": {"type": "Unigram", "vocab": [["a", -1.5], ["b", 0]]}}"#, to: folder + "/unigram")
  } read: { path in
    let vocabulary = try TokenVocabulary(levelSizes: [2, 1])
    let report = try TokenizerJSON.merge(vocabulary, into: path, output: "/dev/null", existing: .keep)
    precondition(Set(report.ids).count == vocabulary.count, "two tokens of one id")
  }

  private static let templateFile = FuzzTarget.file("templates", extension: "json") { folder in
    try AtomicFile.write(TemplateLibrary.standard().json(), to: folder + "/ours")
    try AtomicFile.write(
      ##"{"next-item": [{"prompt": "{{#items}}{{number}} {{{item}}}{{^last()}}, {{/last()}}{{/items}} {{uppercased(user)}}"}]}"##,
      to: folder + "/sections")
  } read: { path in
    _ = try TemplateLibrary.read(path)
  }
}
