public import Interactions
public import Vectors

/// Texts for continued pre-training: items with what is known of them, and users' histories, one `{"text": …}` per
/// line.
public enum PretrainCorpus {
  /// How a corpus of documents is made. The members of `rows` are members of the options, too: `options.seed`.
  @dynamicMemberLookup
  public struct Options: Hashable, Sendable {
    /// Which rows are made, in which order, and how they are written.
    public var rows = TextRowOptions(weights: [.itemDocument: 1, .historyDocument: 1])
    /// What the documents of validation and test hold.
    public var heldOut = HeldOutDocuments.targets

    /// The member of `rows` with this name.
    public subscript<Value>(dynamicMember path: WritableKeyPath<TextRowOptions, Value>) -> Value {
      get { rows[keyPath: path] }
      set { rows[keyPath: path] = newValue }
    }

    /// Default options.
    public init() {}
  }

  /// Writes a corpus directory. A history is one document, cut where it is longer than a window and its target.
  /// Documents of validation and test hold the held-out items alone, unless `heldOut` says otherwise.
  ///
  /// - Throws: as `InstructionCorpus.write`.
  @discardableResult
  public static func write(
    _ histories: Histories, items: ItemCodes, texts: ItemTexts? = nil, vocabulary: TokenVocabulary,
    templates: TemplateLibrary? = nil, options: Options = Options(), sources: [CorpusManifest.Source] = [],
    to path: String, pool: ThreadPool = ThreadPool(), progress: (Int) throws -> Void = { _ in }
  ) throws -> CorpusManifest {
    if let task = options.weights.keys.first(where: { !$0.isDocument }) {
      throw InputError(.usage, "tasks", expected: "tasks of documents", found: task.rawValue)
    }
    let corpus = try TextCorpus(
      histories, items: items, texts: texts, vocabulary: vocabulary, templates: templates, options: options.rows,
      keepsSharedTitles: true, heldOut: options.heldOut)
    return try corpus.write(
      kind: "pretrain", form: "jsonl", sources: sources, to: path, pool: pool, progress: progress
    ) { row, wording, line in
      line.append(contentsOf: #"{"text": ""#.utf8)
      corpus.renderer.append(wording.prompt, row, to: &line)
      line.append(contentsOf: "\"}\n".utf8)
      return 0..<0
    }
  }
}
