public import Vectors

/// Texts for continued pre-training: items with what is known of them, and users' histories, one `{"text": …}` per
/// line.
public enum PretrainCorpus {
  /// What documents are made, and how they are written.
  public struct Options: Hashable, Sendable {
    /// How often each document of a task is used; a fraction is the chance of one more time. Tasks that are not named
    /// make none.
    public var weights: [CorpusTask: Double] = [.itemDocument: 1, .historyDocument: 1]
    /// How long a document of a history may be: a window and its target.
    public var windows = WindowOptions()
    /// Seed of the choice and order of documents, and of the wording of each. Equal seeds give equal files.
    public var seed: UInt64 = 42
    /// Whether training documents are put in a random order; those of validation and test never are.
    public var isShuffled = true
    /// The text between the IDs of a history.
    public var separator = ", "
    /// The text between titles.
    public var titleSeparator = "; "
    /// The most documents of a file; nil: one file for each part.
    public var shardRows: Int?
    /// Whether training documents are checked for held-out targets.
    public var isAudited = true
    /// Whether texts of items without a training interaction are left out, and forbidden by the audit.
    public var hidesHeldOutTexts = false
    /// What the documents of validation and test hold.
    public var heldOut = HeldOutDocuments.targets

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
    to path: String, pool: ThreadPool = ThreadPool(), progress: (Int) -> Void = { _ in }
  ) throws -> CorpusManifest {
    if let task = options.weights.keys.first(where: { !$0.isDocument }) {
      throw InputError(.usage, "tasks", expected: "tasks of documents", found: task.rawValue)
    }
    let corpus = try TextCorpus(
      histories, items: items, texts: texts, vocabulary: vocabulary, templates: templates, windows: options.windows,
      seed: options.seed, separator: options.separator, titleSeparator: options.titleSeparator,
      isAudited: options.isAudited, hidesHeldOutTexts: options.hidesHeldOutTexts,
      keepsSharedTitles: true, heldOut: options.heldOut)
    return try corpus.write(
      kind: "pretrain", form: "jsonl", weights: options.weights, isShuffled: options.isShuffled,
      shardRows: options.shardRows, sources: sources, to: path, pool: pool, progress: progress
    ) { row, wording, line in
      line.append(contentsOf: #"{"text": ""#.utf8)
      corpus.renderer.append(wording.prompt, row, to: &line)
      line.append(contentsOf: "\"}\n".utf8)
      return 0..<0
    }
  }
}
