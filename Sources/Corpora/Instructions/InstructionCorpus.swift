public import Vectors

/// Prompts and their completions, for Hugging Face TRL.
public enum InstructionCorpus {
  /// The JSON of a row.
  public enum Form: String, Hashable, Sendable, CaseIterable {
    /// `{"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}`
    case messages
    /// `{"prompt": …, "completion": …}`, two texts.
    case promptCompletion = "prompt-completion"
    /// `{"prompt": [{"role": "user", …}], "completion": [{"role": "assistant", …}]}`
    case conversation
  }

  /// What rows are made, and how they are written.
  public struct Options: Hashable, Sendable {
    /// The JSON of a row.
    public var form = Form.messages
    /// How often each row of a task is used; a fraction is the chance of one more time. Tasks that are not named make
    /// no rows.
    public var weights: [CorpusTask: Double] = [.nextItem: 1, .titlesNextItem: 0.5, .itemTitle: 1, .titleItem: 1]
    /// How histories are cut into rows of one target each.
    public var windows = WindowOptions()
    /// Seed of the choice and order of rows, and of the wording of each. Equal seeds give equal files.
    public var seed: UInt64 = 42
    /// Whether training rows are put in a random order; those of validation and test never are.
    public var isShuffled = true
    /// The system message before every prompt, unless a wording has one of its own; nil: none.
    public var system: String?
    /// The text between the IDs of a history.
    public var separator = ", "
    /// The text between titles.
    public var titleSeparator = "; "
    /// The text behind a prompt of `promptCompletion`, since trainers join prompt and completion as they are.
    public var promptEnd = "\n"
    /// The most rows of a file; nil: one file for each part.
    public var shardRows: Int?
    /// Whether rows are checked for held-out targets in training and for answers inside their own prompts.
    public var isAudited = true
    /// Whether texts of items without a training interaction are left out, and forbidden by the audit.
    public var hidesHeldOutTexts = false
    /// Whether a title that items with different IDs share makes rows from the title to the ID, which then has several
    /// answers.
    public var keepsSharedTitles = false
    /// Whether every row also has task, user_id and item_id.
    public var namesRows = false

    /// Default options.
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
