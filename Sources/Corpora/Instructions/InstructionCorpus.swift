public import Interactions
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

  /// How a corpus of instructions is made. The members of `rows` are members of the options, too: `options.seed`.
  @dynamicMemberLookup
  public struct Options: Hashable, Sendable {
    /// Which rows are made, in which order, and how they are written.
    public var rows = TextRowOptions(weights: [.nextItem: 1, .titlesNextItem: 0.5, .itemTitle: 1, .titleItem: 1])
    /// The JSON of a row.
    public var form = Form.messages
    /// The system message before every prompt, unless a wording has one of its own; nil: none.
    public var system: String?
    /// The text behind a prompt of `promptCompletion`, since trainers join prompt and completion as they are.
    public var promptEnd = "\n"
    /// Whether a title that items with different IDs share makes rows from the title to the ID, which then has several
    /// answers.
    public var keepsSharedTitles = false
    /// Whether every row also has task, user_id and item_id.
    public var namesRows = false

    /// The member of `rows` with this name.
    public subscript<Value>(dynamicMember path: WritableKeyPath<TextRowOptions, Value>) -> Value {
      get { rows[keyPath: path] }
      set { rows[keyPath: path] = newValue }
    }

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
    to path: String, pool: ThreadPool = ThreadPool(), progress: (Int) throws -> Void = { _ in }
  ) throws -> CorpusManifest {
    if let task = options.weights.keys.first(where: \.isDocument) {
      throw InputError(.usage, "tasks", expected: "tasks of instructions", found: task.rawValue)
    }
    let corpus = try TextCorpus(
      histories, items: items, texts: texts, vocabulary: vocabulary, templates: templates, options: options.rows,
      keepsSharedTitles: options.keepsSharedTitles, heldOut: .history)
    let writer = InstructionLines(corpus, options)
    return try corpus.write(
      kind: "instructions", form: options.form.rawValue, sources: sources, to: path, pool: pool, progress: progress,
      line: writer.append)
  }
}
