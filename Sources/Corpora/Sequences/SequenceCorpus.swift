public import Interactions
public import Vectors

/// Histories, each with the item that comes next.
public enum SequenceCorpus {
  /// The format of the files.
  public enum Form: String, Hashable, Sendable, CaseIterable {
    /// `train.jsonl`, …: one object per line with user_id, history, target, target_item and history_length; IDs as text.
    case jsonl
    /// The same columns in `train.parquet`, ….
    case parquet
    /// `sequences.npz`: padded integer arrays, TIGER's form.
    case npz
    /// `train.bin`, `val.bin`, `test.bin`: users' histories as one flat run of integers, which nanoGPT maps, each with
    /// the `.idx` by which Megatron-LM maps it. By default those of validation and test hold held-out items alone.
    case bin
  }

  /// What rows are made, and how they are written.
  public struct Options: Hashable, Sendable {
    /// The format of the files.
    public var form = Form.jsonl
    /// How histories are cut into rows of one target each.
    public var windows = WindowOptions()
    /// The text between the IDs of a history.
    public var separator = ""
    /// The most rows of a file of text; nil: one file for each part.
    public var shardRows: Int?
    /// In integers, the id of code 0 of the first level.
    public var firstID = 0
    /// In `bin`, what the documents of validation and test hold.
    public var heldOut = HeldOutDocuments.targets
    /// Whether rows are checked against the targets of validation and test.
    public var isAudited = true

    /// Default options.
    public init() {}
  }

  /// Writes a corpus directory. Rows are in the order of users in the input, and then of their targets.
  ///
  /// A target whose ID stands in its own history makes a row only where repeats are kept.
  ///
  /// - Throws: `InputError` when the audit finds a held-out target in a training row, naming it; when the form is of
  ///   integers and the sizes of the levels are not known; or when the directory cannot be written. Nothing is
  ///   published then.
  @discardableResult
  public static func write(
    _ histories: Histories, items: ItemCodes, vocabulary: TokenVocabulary, options: Options = Options(),
    sources: [CorpusManifest.Source] = [], to path: String, pool: ThreadPool = ThreadPool(),
    progress: (Int) throws -> Void = { _ in }
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
            try text.writeLines(rows, split, into: directory, shardRows: options.shardRows) { try progress(base + $0) }
          } else {
            try text.writeParquet(rows, split, into: directory, shardRows: options.shardRows) {
              try progress(base + $0)
            }
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
