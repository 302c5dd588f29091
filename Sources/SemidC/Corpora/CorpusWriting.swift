public import CSemid
import SemanticID

private struct CorpusProgress: Encodable {
  var event = "rows"
  var done: Int
}

@c @implementation
public func semid_corpus_write(
  _ kind: semid_text, _ path: semid_text, _ options: semid_text, _ sources: UnsafePointer<semid_source>?,
  _ count: Int64, _ threads: Int64, _ watch: semid_watch, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let kind = try kind.required("kind of corpus")
    let path = try path.required("path")
    let pool = try Call.pool(threads)
    let tables = try CorpusSources(sources, count: count, pool: pool)
    func progress(_ done: Int) throws { try watch.tell(CallOptions.json(CorpusProgress(done: done))) }
    func decode<Options: Codable>(_ defaults: Options) throws -> Options {
      try CallOptions.decode(options, over: defaults, "options")
    }
    func inputs(
      _ interactions: CorpusInteractions, _ items: CorpusItems, _ texts: CorpusTexts?, reading others: [String?] = []
    ) throws -> CorpusInputs {
      let source = try interactions.source()
      try Output.check(
        [.directory(path, .corpus)],
        reading: tables.files([items.codes, texts?.items] + source.paths.map(\.path))
          + ([items.ids] + others).compactMap(\.self))
      return try CorpusInputs(tables, interactions, items, texts, watch)
    }
    let manifest: CorpusManifest
    switch kind {
    case "sequences":
      let given = try decode(SequencesOptions())
      let options = try given.options()
      let found = try inputs(given.interactions, given.items, nil)
      manifest = try SequenceCorpus.write(
        found.histories, items: found.items, vocabulary: found.vocabulary, options: options, sources: found.sources,
        to: path, pool: pool, progress: progress)
    case "instructions":
      let given = try decode(InstructionsOptions())
      let options = try given.options()
      let templates = try given.rows.templates.map { try TemplateLibrary.read($0) }
      let found = try inputs(given.interactions, given.items, given.texts, reading: [given.rows.templates])
      manifest = try InstructionCorpus.write(
        found.histories, items: found.items, texts: found.texts, vocabulary: found.vocabulary, templates: templates,
        options: options, sources: found.sources, to: path, pool: pool, progress: progress)
    case "pretrain":
      let given = try decode(PretrainOptions())
      let options = try given.options()
      let templates = try given.rows.templates.map { try TemplateLibrary.read($0) }
      let found = try inputs(given.interactions, given.items, given.texts, reading: [given.rows.templates])
      manifest = try PretrainCorpus.write(
        found.histories, items: found.items, texts: found.texts, vocabulary: found.vocabulary, templates: templates,
        options: options, sources: found.sources, to: path, pool: pool, progress: progress)
    case "mini-onerec":
      let given = try decode(MiniOneRecOptions())
      guard let category = given.category else {
        throw InputError(.usage, "category", expected: "a category, which names the files", found: "none")
      }
      var options = MiniOneRecFiles.Options(category: category)
      options.windows = try given.windows.options(options.windows)
      options.isAudited = given.audit
      options.allowsAnyLevels = given.anyLevels
      let found = try inputs(given.interactions, given.items, given.texts)
      manifest = try MiniOneRecFiles.write(
        found.histories, items: found.items, texts: found.texts, vocabulary: found.vocabulary, options: options,
        sources: found.sources, to: path, pool: pool, progress: progress)
    case "lc-rec":
      let given = try decode(LCRecOptions())
      guard let name = given.name else {
        throw InputError(.usage, "name", expected: "a name of the data set, which names the files", found: "none")
      }
      let found = try inputs(given.interactions, given.items, given.texts)
      manifest = try LCRecFiles.write(
        found.histories, items: found.items, texts: found.texts, vocabulary: found.vocabulary, name: name,
        isAudited: given.audit, allowsAnyLevels: given.anyLevels, sources: found.sources, to: path, pool: pool)
    default:
      throw InputError(
        .usage, "kind of corpus", expected: "sequences, instructions, pretrain, mini-onerec or lc-rec", found: kind)
    }
    // The directory is there: nothing ends the call any more.
    for text in manifest.warnings ?? [] { try? watch.tell(CallOptions.json(CorpusWarning(text: text))) }
    try result.giveIfAsked(try CallResult(json: manifest))
  }
}
