public import Interactions
public import Vectors

/// The folders of MiniOneRec's `data/Amazon`, whose files its scripts open: `index/NAME.index.json` and
/// `index/NAME.item.json`, `info/NAME…txt`, and a csv for each part in `train/`, `valid/` and `test/`. The `.inter`
/// tables are in `index/`, too, since MiniOneRec's converter reads all from one folder.
///
/// Items are numbered by their row in the codes. The trainers look for csv files that end in `11.csv`, so the files
/// have the name that MiniOneRec's have. The readers join the first three tokens of an ID, so IDs must have three
/// levels.
public enum MiniOneRecFiles {
  /// What is written, and under which name.
  public struct Options: Hashable, Sendable {
    /// The name of the files. The trainers know Industrial_and_Scientific, Office_Products and some more.
    public var category: String
    /// How histories are cut: at most ten items before a target, as in MiniOneRec.
    public var windows: WindowOptions
    /// Whether training rows are checked against the targets of validation and test.
    public var isAudited = true
    /// Whether IDs of other than three levels are written, for readers that were changed to join all levels.
    public var allowsAnyLevels = false

    /// Options for a category, with at most ten items before a target, and with the audit.
    public init(category: String) {
      self.category = category
      windows = WindowOptions()
      windows.maximumHistory = 10
    }
  }

  /// The categories that the scripts know; others end them with a `KeyError`.
  package static let categories = ["Industrial_and_Scientific", "Office_Products", "Toys_and_Games", "Sports", "Books"]

  /// - Throws: `InputError` as `SequenceCorpus.write`; for spellings with tokens around an ID, which MiniOneRec's
  ///   readers do not know; for a category that is no file name; for IDs of other than three levels, with the number of
  ///   items that the readers would confuse with another.
  @discardableResult
  public static func write(
    _ histories: Histories, items: ItemCodes, texts: ItemTexts? = nil, vocabulary: TokenVocabulary, options: Options,
    sources: [CorpusManifest.Source] = [], to path: String, pool: ThreadPool = ThreadPool(),
    progress: (Int) throws -> Void = { _ in }
  ) throws -> CorpusManifest {
    try DialectFiles.check(name: options.category, vocabulary)
    let maps = try ItemMaps(items, vocabulary: vocabulary)
    let texts = texts ?? .none(items.count)
    let fault = DialectLevels.faultOfMiniOneRec(items)
    if let fault, !options.allowsAnyLevels {
      throw InputError(
        .unsupported, items.source, expected: "IDs of three levels, which MiniOneRec's readers join", found: fault,
        remedy: "train a model of three levels and resolve collisions with the default strategy, or change the readers "
          + "and say --any-levels")
    }
    var manifest = CorpusManifest(
      kind: "mini-onerec", form: "csv", histories, items, vocabulary, sources: sources)
    manifest.windows = options.windows
    manifest.texts = texts.report
    manifest.warnings = [
      fault.map { "MiniOneRec's readers expect IDs of three levels: " + $0 },
      categories.contains(options.category)
        ? nil
        : "MiniOneRec's scripts end at the category \(options.category): add it to category_dict in sft.py, rl.py and "
          + "evaluate.py",
      DialectFiles.warning(texts, "MiniOneRec trains on one of the answers, the last"),
    ].compactMap(\.self)
    return try CorpusDirectory.write(to: path, manifest, pool: pool) { directory in
      try directory.makeFolder("index")
      try DialectFiles.writeItems(maps, texts, name: "index/" + options.category, into: directory)
      let rows = Rows(histories, items, texts, vocabulary)
      let stem = options.category + "_5_2016-10-2018-11"
      try directory.makeFolder("info")
      try directory.writeRows("info/" + stem, extension: "txt", split: nil, rows: items.count, shardRows: nil) { _ in
      } render: { item, line in
        line.append(contentsOf: "\(rows.ids[item])\t\(texts.titleOrNumber(item))\t\(item)\n".utf8)
      }
      var leftOut = WindowReport()
      var done = 0
      for split in Split.allCases {
        let windows = histories.windows(
          split, options.windows, items: items, keepsRepeats: histories.repeats == .keep, report: &leftOut)
        if options.isAudited, split == .train {
          var audit = AuditReport()
          try LeakageAudit(histories, items: items).check(windows: windows, report: &audit)
          directory.manifest.audit = audit
        }
        let base = done
        try directory.makeFolder(split.rawValue)
        try directory.writeRows(
          split.rawValue + "/" + stem, extension: "csv", split: split, rows: windows.count, shardRows: nil,
          header: Rows.header
        ) {
          try progress(base + $0)
        } render: { row, line in
          line.append(contentsOf: rows.csv(windows[row]).utf8)
        }
        try directory.writeRows(
          "index/\(options.category).\(split.rawValue)", extension: "inter", split: split, rows: windows.count,
          shardRows: nil, header: "user_id:token\titem_id_list:token_seq\titem_id:token\n"
        ) { _ in
        } render: { row, line in
          line.append(contentsOf: rows.inter(windows[row]).utf8)
        }
        done += windows.count
      }
      directory.manifest.leftOut = leftOut
    }
  }

  /// The lines of csv and inter files.
  private struct Rows: Sendable {
    let histories: Histories
    let texts: ItemTexts
    let ids: StringColumn
    let idLiterals: [String]
    let titleLiterals: [String]

    static let header =
      "user_id,history_item_title,item_title,history_item_id,item_id,history_item_sid,item_sid\n"

    init(_ histories: Histories, _ items: ItemCodes, _ texts: ItemTexts, _ vocabulary: TokenVocabulary) {
      self.histories = histories
      self.texts = texts
      ids = items.texts(vocabulary)
      idLiterals = ids.map { PythonText.literal($0) }
      titleLiterals = (0..<items.count).map { PythonText.literal(texts.titleOrNumber($0)) }
    }

    func csv(_ window: Window) -> String {
      let history = window.history.map { Int(histories.items[$0]) }
      let target = Int(histories.items[Int(window.target)])
      // A title that pandas takes for a missing value would become a number.
      let title = PythonText.missingValues.contains(texts.titles[target]) ? "Item_\(target)" : texts.titles[target]
      let fields = [
        histories.users[Int(window.user)], PythonText.list(history.map { titleLiterals[$0] }), title,
        PythonText.list(history.map(String.init)), String(target), PythonText.list(history.map { idLiterals[$0] }),
        ids[target],
      ]
      return fields.map(PythonText.field).joined(separator: ",") + "\n"
    }

    func inter(_ window: Window) -> String {
      let history = window.history.map { String(histories.items[$0]) }.joined(separator: " ")
      return "\(window.user)\t\(history)\t\(histories.items[Int(window.target)])\n"
    }
  }
}
