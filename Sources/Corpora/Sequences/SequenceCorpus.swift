public import Interactions
public import Vectors

/// Histories and the item that comes next.
public enum SequenceCorpus {
  /// What is written.
  public enum Form: String, Hashable, Sendable, CaseIterable {
    /// `train.jsonl`, …: an object a line with user_id, history, target, target_item and history_length; IDs as text.
    case jsonl
    /// The same columns in `train.parquet`, ….
    case parquet
    /// `sequences.npz`: padded integer arrays, TIGER's form.
    case npz
    /// `train.bin`, `val.bin`, `test.bin`: users' histories as one flat run of integers, as nanoGPT maps them, each with
    /// the `.idx` by which Megatron-LM maps it. Those of validation and test hold held-out items alone.
    case bin
  }

  public struct Options: Hashable, Sendable {
    public var form = Form.jsonl
    public var windows = WindowOptions()
    /// Between the IDs of a history, in text.
    public var separator = ""
    /// The most rows of a file of text; nil: one file for each part.
    public var shardRows: Int?
    /// The id of the first level's code 0, in integers.
    public var firstID = 0
    /// What the documents of validation and test hold, in `bin`.
    public var heldOut = HeldOutDocuments.targets
    /// Whether rows are held against the targets of validation and test.
    public var isAudited = true

    public init() {}
  }

  /// Writes a corpus directory. Rows follow the order of users in the input, and of their targets.
  ///
  /// A target whose ID stands in its own history makes a row only where repeats are kept.
  ///
  /// - Throws: `InputError` when an audit finds a held-out target in a training row, naming it; when integers are asked for
  ///   and the levels' sizes are not known; or when the directory cannot be written. Nothing is published then.
  @discardableResult
  public static func write(
    _ histories: Histories, items: ItemCodes, vocabulary: TokenVocabulary, options: Options = Options(),
    sources: [CorpusManifest.Source] = [], to path: String, pool: ThreadPool = ThreadPool(),
    progress: (Int) -> Void = { _ in }
  ) throws -> CorpusManifest {
    try items.check(vocabulary)
    var manifest = CorpusManifest(
      kind: "sequences", form: options.form.rawValue, histories, items, vocabulary, sources: sources)
    manifest.windows = options.windows
    return try CorpusDirectory.write(to: path, manifest, pool: pool) { directory in
      let auditor = options.isAudited ? LeakageAudit(histories, items: items) : nil
      if options.form == .bin {
        return try writeStreams(histories, items, options, auditor, into: directory)
      }
      var report = WindowReport()
      let windows = Split.allCases.map { split in
        (
          split: split,
          rows: histories.windows(
            split, options.windows, items: items, keepsRepeats: histories.repeats == .keep, report: &report)
        )
      }
      directory.manifest.leftOut = report
      if let auditor {
        var audit = AuditReport()
        try auditor.check(windows: windows[0].rows, report: &audit)
        directory.manifest.audit = audit
      }
      switch options.form {
      case .jsonl, .parquet:
        let text = SequenceText(histories, items: items, vocabulary: vocabulary, separator: options.separator)
        var done = 0
        for (split, rows) in windows where !rows.isEmpty || split == .train {
          let base = done
          if options.form == .jsonl {
            try text.writeLines(rows, split, into: directory, shardRows: options.shardRows) { progress(base + $0) }
          } else {
            try text.writeParquet(rows, split, into: directory, shardRows: options.shardRows) { progress(base + $0) }
          }
          done += rows.count
        }
      case .npz, .bin:
        let integers = try integers(items, options)
        directory.manifest.integers = integers
        try IntegerRows(histories, items, integers, options.windows).write(windows, into: directory)
      }
    }
  }

  private static func writeStreams(
    _ histories: Histories, _ items: ItemCodes, _ options: Options, _ auditor: LeakageAudit?,
    into directory: CorpusDirectory
  ) throws {
    let integers = try integers(items, options)
    directory.manifest.integers = integers
    var heldOut: [Split: [Window]]?
    if options.heldOut == .history {
      var report = WindowReport()
      heldOut = Dictionary(
        uniqueKeysWithValues: [Split.valid, .test].map { split in
          (
            split,
            histories.windows(
              split, options.windows, items: items, keepsRepeats: histories.repeats == .keep, report: &report)
          )
        })
      directory.manifest.leftOut = report
    }
    try TokenStream(histories, items, integers, options.windows).write(heldOut, audit: auditor, into: directory)
  }

  private static func integers(_ items: ItemCodes, _ options: Options) throws -> IntegerVocabulary {
    guard !items.sizesAreObserved else {
      throw InputError(
        .usage, items.source, expected: "the codebook size of every level", found: "codes alone",
        remedy: "name the model, or give the sizes: ids that follow from the codes seen would move as items come")
    }
    return try IntegerVocabulary(levelSizes: items.levelSizes, firstID: options.firstID)
  }
}
