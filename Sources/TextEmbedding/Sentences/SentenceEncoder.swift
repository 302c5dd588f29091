package import Vectors

/// A model of sentence-transformers, opened from its directory: text to vectors.
///
/// A value: open once, then embed from any thread. A text's vector has the same bits in any batch and with any number of
/// threads.
package struct SentenceEncoder: Sendable {
  enum Core: Sendable {
    case network(any TokenEncoder, Pooling)
    case table(StaticEmbedding)
  }

  /// The directory.
  package let source: String
  /// `bert`, `t5`, `static`, …
  package let family: String
  let core: Core
  let tokenizer: TextTokenizer
  let modules: [VectorModule]
  let prompts: Prompts
  /// The most tokens of a text, special ones included; nil: all.
  package let maximumLength: Int?
  /// The most that `maximumLength` may be set to; nil: no limit.
  package let longestLength: Int?
  /// What was found out about the directory that its user should know.
  package let notes: [String]
  /// Files that decide the vectors, in the directory.
  package let files: [String]

  /// Length of the vectors.
  package var dimension: Int { modules.reduce(pooledDimension) { $1.dimension(of: $0) } }

  private var pooledDimension: Int {
    switch core {
    case .network(let encoder, let pooling): encoder.dimension * pooling.modes.count
    case .table(let table): table.dimension
    }
  }

  /// Whether its vectors have unit length.
  package var isNormalized: Bool { if case .normalize? = modules.last { true } else { false } }

  /// The names of its prompts.
  package var promptNames: [String] { prompts.texts.keys.sorted() }
  /// The name of the prompt that texts get when none is named.
  package var defaultPrompt: String? { prompts.standard }

  /// The text of a prompt: by its name, else the text itself; the model's own by default.
  ///
  /// - Throws: `InputError` for a single word that is no prompt's name.
  package func prompt(_ nameOrText: String?) throws -> String {
    guard let nameOrText else { return prompts.standard.flatMap { prompts.texts[$0] } ?? "" }
    if let text = prompts.texts[nameOrText] { return text }
    // A text that is meant as one ends in a space or a mark; a lone word is a name that was mistyped.
    guard nameOrText.isEmpty || !nameOrText.allSatisfy({ $0.isLetter || $0.isNumber || "_-".contains($0) }) else {
      throw InputError(
        .usage, "--prompt",
        expected: promptNames.isEmpty
          ? "a text, since the model names no prompts"
          : "one of \(promptNames.joined(separator: ", ")), or a text", found: "\"\(nameOrText)\"",
        remedy: "put a colon or a space behind a text that is one word")
    }
    return nameOrText
  }

  /// How texts are embedded.
  package struct Options: Sendable {
    /// Written before every text.
    package var prompt = ""
    /// The most tokens of a text; nil: the model's own.
    package var maximumLength: Int?
    /// Tokens that go through the network together. It does not change the vectors.
    package var batchTokens = 1024
    /// Keeps the first numbers of each vector alone (Matryoshka); nil: all.
    package var dimensions: Int?
    /// Whether vectors are scaled to unit length; nil: as the model says.
    package var normalizes: Bool?

    package init() {}
  }

  /// What was done.
  package struct Report: Sendable {
    package var tokens = 0
    /// Texts whose end was left out.
    package var truncated = 0

    package init(tokens: Int = 0, truncated: Int = 0) {
      self.tokens = tokens
      self.truncated = truncated
    }
  }

  /// The length of the vectors under some options.
  package func dimension(_ options: Options) -> Int { min(options.dimensions ?? dimension, dimension) }

  /// - Throws: `InputError` of kind `usage` for options out of range.
  package func check(_ options: Options) throws {
    try InputError.check("--truncate-dimensions", options.dimensions, in: 1...dimension)
    try InputError.check(
      "--max-length", options.maximumLength,
      in: tokenizer.specialCount + 1...max(longestLength ?? 1 << 24, tokenizer.specialCount + 1))
    try InputError.check("--batch-tokens", options.batchTokens, in: 1...1 << 24)
  }

  /// The vectors of texts: texts × `dimension(options)`.
  ///
  /// - Parameter done: called with the number of texts that were done, from any thread.
  package func embed(
    _ texts: [String], _ options: Options = Options(), pool: ThreadPool, done: @Sendable (Int) -> Void = { _ in }
  ) throws -> (vectors: Matrix, report: Report) {
    try check(options)
    let limit = options.maximumLength ?? maximumLength
    let sequences = tokens(texts, prompt: options.prompt, limit: limit, pool: pool)
    let report = Report(
      tokens: sequences.reduce(0) { $0 + $1.ids.count }, truncated: sequences.count(where: \.isCut))
    // Neighbors go through the network together: without padding nothing is gained by sorting them.
    var batches: [Range<Int>] = []
    var start = 0, sum = 0
    for index in sequences.indices {
      let count = sequences[index].ids.count
      if index > start, sum + count > options.batchTokens {
        batches.append(start..<index)
        (start, sum) = (index, 0)
      }
      sum += count
    }
    if start < sequences.count { batches.append(start..<sequences.count) }
    let width = dimension(options)
    let promptLength = promptLength(options.prompt)
    let vectors = Matrix(rows: texts.count, columns: width) { target in
      guard let target = target.baseAddress else { return }
      pool.run(tasks: batches.count) { task in
        let batch = batches[task]
        let rows = pooled(batch.map { sequences[$0].ids }, prompt: promptLength, options)
        for (place, index) in batch.enumerated() {
          (target + index * width).update(from: rows.row(place), count: width)
        }
        done(batch.count)
      }
    }
    if let bad = vectors.withUnsafeBufferPointer({ $0.firstIndex { !$0.isFinite } }) {
      throw InputError(
        .malformed, source, expected: "a model that gives finite vectors",
        found: "NaN or Inf for \"\(texts[bad / width].prefix(60))\"",
        remedy: "its weights, or numbers of its configuration, are damaged")
    }
    return (vectors, report)
  }

  private func tokens(
    _ texts: [String], prompt: String, limit: Int?, pool: ThreadPool
  ) -> [(ids: [Int32], isCut: Bool)] {
    let isTable = if case .table = core { true } else { false }
    return [(ids: [Int32], isCut: Bool)](unsafeUninitializedCapacity: texts.count) { target, count in
      guard let start = target.baseAddress else { return }
      pool.run(tasks: (texts.count + 31) / 32) { task in
        for index in task * 32..<min((task + 1) * 32, texts.count) {
          let ids = tokenizer.encodeTelling(prompt + texts[index], limit: limit, addsSpecialTokens: !isTable)
          (start + index).initialize(to: ids)
        }
      }
      count = texts.count
    }
  }

  /// Tokens of the prompt that stand at the beginning of every text.
  private func promptLength(_ prompt: String) -> Int {
    guard case .network(_, let pooling) = core, !pooling.includesPrompt, !prompt.isEmpty else { return 0 }
    let ids = tokenizer.encode(prompt)
    return ids.last.map(tokenizer.specialIDs.contains) == true ? ids.count - 1 : ids.count
  }

  /// The vectors of one batch, on the calling thread.
  private func pooled(_ sequences: [[Int32]], prompt: Int, _ options: Options) -> FloatRows {
    var rows = FloatRows(rows: sequences.count, columns: pooledDimension)
    switch core {
    case .table(let table):
      for (row, ids) in sequences.enumerated() { table.mean(ids[...], to: rows.row(row)) }
    case .network(let encoder, let pooling):
      let batch = PackedSequences(sequences)
      let states = encoder.encode(batch)
      for row in 0..<batch.count { pooling.apply(states, batch.tokens(row), prompt: prompt, to: rows.row(row)) }
    }
    for (place, module) in modules.enumerated() {
      if place == modules.count - 1, case .normalize = module { continue }
      rows = module.apply(rows)
    }
    guard options.normalizes ?? isNormalized, rows.isFinite else { return rows }
    // What is left of a vector is scaled, not the whole.
    let width = dimension(options)
    let kept = width == rows.columns ? rows : FloatRows(rows: rows.rows, columns: width)
    if kept !== rows {
      for row in 0..<rows.rows { kept.row(row).update(from: rows.row(row), count: width) }
    }
    kept.normalizeRows()
    return kept
  }
}
