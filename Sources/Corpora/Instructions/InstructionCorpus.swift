public import Interactions
public import Vectors

/// Prompts and their completions, for Hugging Face TRL.
public enum InstructionCorpus {
  /// How a row stands in its line.
  public enum Form: String, Hashable, Sendable, CaseIterable {
    /// `{"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}`
    case messages
    /// `{"prompt": …, "completion": …}`, two texts.
    case promptCompletion = "prompt-completion"
    /// `{"prompt": [{"role": "user", …}], "completion": [{"role": "assistant", …}]}`
    case conversation
  }

  public struct Options: Hashable, Sendable {
    public var form = Form.messages
    /// How often each row of a task is used; a fraction is the chance of once more. Tasks that are not named make none.
    public var weights: [CorpusTask: Double] = [.nextItem: 1, .titlesNextItem: 0.5, .itemTitle: 1, .titleItem: 1]
    public var windows = WindowOptions()
    public var seed: UInt64 = 42
    /// Whether training rows are put in a random order; those of validation and test never are.
    public var isShuffled = true
    /// What the model is told before every prompt, where a wording has nothing of its own.
    public var system: String?
    /// Between the IDs of a history.
    public var separator = ", "
    /// Between titles.
    public var titleSeparator = "; "
    /// Behind the prompt of `promptCompletion`, which trainers join to the completion as they are.
    public var promptEnd = "\n"
    /// The most rows of a file; nil: one file for each part.
    public var shardRows: Int?
    public var isAudited = true
    /// Leaves out, and forbids, texts of items that no training interaction is of.
    public var hidesHeldOutTexts = false
    /// Whether titles that items with different IDs have make rows from the title to the ID, which then has two answers.
    public var keepsSharedTitles = false
    /// Adds task, user_id and item_id to every row.
    public var namesRows = false

    public init() {}
  }

  /// Writes a corpus directory: `train.jsonl`, and for tasks of histories `valid.jsonl` and `test.jsonl`.
  ///
  /// - Throws: `InputError` when the audit finds a held-out target in a training row, an answer inside its own prompt, or a
  ///   text that must be hidden, naming the row; or when the directory cannot be written. Nothing is published then.
  @discardableResult
  public static func write(
    _ histories: Histories, items: ItemCodes, texts: ItemTexts? = nil, vocabulary: TokenVocabulary,
    templates: TemplateLibrary? = nil, options: Options = Options(), sources: [CorpusManifest.Source] = [],
    to path: String, pool: ThreadPool = ThreadPool(), progress: (Int) -> Void = { _ in }
  ) throws -> CorpusManifest {
    if let task = options.weights.keys.first(where: \.isDocument) {
      throw InputError(.usage, "tasks", expected: "tasks of instructions", found: task.rawValue)
    }
    let corpus = try TextCorpus(
      histories, items: items, texts: texts, vocabulary: vocabulary, templates: templates, windows: options.windows,
      seed: options.seed, separator: options.separator, titleSeparator: options.titleSeparator,
      isAudited: options.isAudited, hidesHeldOutTexts: options.hidesHeldOutTexts,
      keepsSharedTitles: options.keepsSharedTitles, heldOut: .history)
    let writer = InstructionLines(corpus, options)
    return try corpus.write(
      kind: "instructions", form: options.form.rawValue, weights: options.weights, isShuffled: options.isShuffled,
      shardRows: options.shardRows, sources: sources, to: path, pool: pool, progress: progress,
      line: writer.append)
  }
}
