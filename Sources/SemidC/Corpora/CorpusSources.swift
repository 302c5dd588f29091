import CSemid
import SemanticID

/// The tables that a corpus is made of: the caller's, by their names, and files.
struct CorpusSources {
  private var tables: [String: (table: DataTable, recorded: String?)] = [:]
  private let pool: ThreadPool

  init(_ sources: UnsafePointer<semid_source>?, count: Int64, pool: ThreadPool) throws {
    self.pool = pool
    for source in try CallerArray.copy(sources, count: count, "sources") {
      let name = try source.name.required("name of a table")
      let columns = try CallerArray.copy(source.columns, count: source.count, name)
      let rows = columns.first.map { Int(clamping: $0.count) }
      let table = try DataTable(try columns.map { try $0.optional(rows: rows, name) }, source: name)
      let recorded = try source.recorded.string("file of table \(name)")
      guard tables.updateValue((table, recorded), forKey: name) == nil else {
        throw InputError(.usage, "sources", expected: "names that differ", found: "\"\(name)\" more than once")
      }
    }
  }

  func open(_ name: String) throws -> DataTable { try tables[name]?.table ?? DataTable(opening: name, pool: pool) }

  func codes(_ items: CorpusItems) throws -> CodesTable {
    guard let name = items.codes else { throw InputError(.usage, "codes", expected: "codes of items", found: "none") }
    let options = try items.options()
    if let table = tables[name]?.table { return try CodesTable(table, options: options) }
    return try CodesTable(opening: name, options: options, pool: pool)
  }

  /// What the manifest says of where a corpus comes from.
  func records(_ names: [String]) throws -> [CorpusManifest.Source] {
    try names.flatMap { name in
      let path = tables[name].map(\.recorded) ?? name
      return try path.map { try DataTable.files(at: $0).map { try CorpusManifest.Source(path: $0) } } ?? []
    }
  }

  /// Files that are read, for the check of the output.
  func files(_ names: [String?]) -> [String] {
    names.compactMap(\.self).compactMap { name in tables[name].map(\.recorded) ?? name }
  }
}

/// The inputs of a corpus, opened.
struct CorpusInputs {
  var items: ItemCodes
  var vocabulary: TokenVocabulary
  var histories: Histories
  var texts: ItemTexts?
  var sources: [CorpusManifest.Source]

  init(
    _ tables: CorpusSources, _ interactions: CorpusInteractions, _ items: CorpusItems, _ texts: CorpusTexts?,
    _ watch: semid_watch
  ) throws {
    func warn(_ summary: InputSummary) throws {
      for text in summary.warnings { try watch.tell(CallOptions.json(CorpusWarning(text: text))) }
    }
    if watch.isCancelled { throw Call.Cancelled() }
    let codes = try tables.codes(items)
    try warn(codes.summary)
    self.items = try ItemCodes(codes)
    vocabulary = try items.vocabulary(self.items.levelSizes)
    let source = try interactions.source()
    histories = try Histories.read(source, items: self.items, open: tables.open)
    try warn(histories.summary)
    if let texts, let name = texts.items {
      let read = try ItemTexts.read(
        tables.open(name), names: .init(id: texts.itemsIDs, title: texts.itemsTitles), items: self.items,
        vocabulary: vocabulary, cleaning: texts.cleaning())
      try warn(read.summary)
      self.texts = read
    } else if let texts {
      for (option, value) in [("itemsIDs", texts.itemsIDs), ("itemsTitles", texts.itemsTitles)] where value != nil {
        throw InputError(.usage, option, expected: "items beside it, whose column it names", found: "none")
      }
    }
    sources = try tables.records(
      [items.codes].compactMap(\.self) + source.paths.map(\.path) + [texts?.items].compactMap(\.self))
    if watch.isCancelled { throw Call.Cancelled() }
  }
}

struct CorpusWarning: Encodable {
  var event = "warning"
  var text: String
}
