public import Interactions
public import Vectors

/// Texts to go on pre-training with: items with what is known of them, and users' histories, each `{"text": …}` a line.
public enum PretrainCorpus {
  public struct Options: Hashable, Sendable {
    /// How often each document of a task is used; a fraction is the chance of once more.
    public var weights: [CorpusTask: Double] = [.itemDocument: 1, .historyDocument: 1]
    public var windows = WindowOptions()
    public var seed: UInt64 = 42
    public var isShuffled = true
    /// Between the IDs of a history.
    public var separator = ", "
    /// Between titles.
    public var titleSeparator = "; "
    public var shardRows: Int?
    public var isAudited = true
    /// Leaves out, and forbids, texts of items that no training interaction is of.
    public var hidesHeldOutTexts = false
    /// What the documents of validation and test hold.
    public var heldOut = HeldOutDocuments.targets

    public init() {}
  }

  /// Writes a corpus directory. Histories are documents whole, cut where they are longer than a window and its target; of
  /// validation and test, that is the held-out items alone, unless the items before them are asked for.
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
