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

  /// How a corpus of instructions is made. The members of `rows` can be named without it: `options.seed`.
  @dynamicMemberLookup
  public struct Options: Hashable, Sendable {
    /// Which rows are made, in which order, and how they are written.
    public var rows = TextRowOptions(weights: [.nextItem: 1, .titlesNextItem: 0.5, .itemTitle: 1, .titleItem: 1])
    /// How a row stands in its line.
    public var form = Form.messages
    /// What the model is told before every prompt, where a wording has nothing of its own.
    public var system: String?
    /// Behind the prompt of `promptCompletion`, which trainers join to the completion as they are.
    public var promptEnd = "\n"
    /// Whether titles that items with different IDs have make rows from the title to the ID, which then has two answers.
    public var keepsSharedTitles = false
    /// Adds task, user_id and item_id to every row.
    public var namesRows = false

    /// Options of what `rows` holds.
    public subscript<Value>(dynamicMember path: WritableKeyPath<TextRowOptions, Value>) -> Value {
      get { rows[keyPath: path] }
      set { rows[keyPath: path] = newValue }
    }

    /// The defaults stand with the members.
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
      histories, items: items, texts: texts, vocabulary: vocabulary, templates: templates, options: options.rows,
      keepsSharedTitles: options.keepsSharedTitles, heldOut: .history)
    let writer = InstructionLines(corpus, options)
    return try corpus.write(
      kind: "instructions", form: options.form.rawValue, sources: sources, to: path, pool: pool, progress: progress,
      line: writer.append)
  }
}
