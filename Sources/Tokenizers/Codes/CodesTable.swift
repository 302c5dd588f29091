import Foundation
package import Formats
package import Vectors

/// The codes of a file, and its items' ids where it names them.
///
/// This is the one reader of codes. It opens an `.npy` with N × L integers, or any file that `DataTable` opens, with one of
///
/// - a column per level, counted from 0 or 1: `c1`, `c2`, … (and `suffix`, for the code that only some IDs have),
///   `semantic_id_0`, …;
/// - a column of lists: numbers or tokens, as in the `index.json` of MiniOneRec and LC-Rec (`{"17": ["<a_3>", "<b_9>"]}`);
/// - a column of text: `<a_3><b_9>` or `3-9`.
///
/// Names are those of `KnownNames`, or the user's.
package struct CodesTable: Sendable {
  /// How large codebooks are.
  package enum Sizes: Hashable, Sendable {
    /// Each level's largest code plus one.
    case observed
    /// These; one number stands for every level.
    case given([Int])
    /// The sizes of a model. IDs may have one more level, for items that the model gave the same codes.
    case model([Int])
  }

  package struct Options: Hashable, Sendable {
    package var sizes = Sizes.observed
    /// The columns of the codes: names, or patterns with `*`, in the order of the levels. Empty: the columns with known
    /// names.
    package var columns: [String] = []
    /// The column of ids; nil: the first known name that is there.
    package var idColumn: String?
    /// A file of ids, one per row, for codes that do not name items.
    package var idsPath: String?
    /// Whether the ids of an `.npy` are looked for in an `ids.json` beside it.
    package var looksBeside = false

    package init() {}
  }

  package let source: String
  /// A row per item; zeros behind an ID that is shorter than the longest.
  package let codes: Codes
  /// How many of its row's codes an item's ID has; nil: all have all.
  package let lengths: Buffer<UInt8>?
  /// All different.
  package let ids: StringColumn?
  /// Whether the levels' sizes were taken from the largest codes that are there.
  package let sizesAreObserved: Bool
  /// Which column was read as what.
  package let summary: InputSummary

  package var count: Int { codes.count }

  init(
    source: String, codes: Codes, lengths: Buffer<UInt8>?, ids: StringColumn?, sizesAreObserved: Bool,
    summary: InputSummary
  ) {
    self.source = source
    self.codes = codes
    self.lengths = lengths
    self.ids = ids
    self.sizesAreObserved = sizesAreObserved
    self.summary = summary
  }

  /// Takes the codes of a table: see `init(opening:options:pool:)`.
  package init(_ table: DataTable, options: Options = Options()) throws {
    var rows = try CodesRows(table, options)
    if let idsPath = options.idsPath {
      rows.ids = try Identifiers.read(path: idsPath)
      rows.summary.use(.itemIDs, idsPath)
    }
    if rows.ids == nil { rows.summary.use(.itemIDs, "row numbers") }
    self = try rows.table(options.sizes, source: table.path)
  }

  /// - Throws: `InputError` naming the item and level of a code that is out of range, the row that is no ID, or the
  ///   columns that are there where none holds codes under a known name.
  package init(opening path: String, options: Options = Options(), pool: ThreadPool = ThreadPool()) throws {
    var rows =
      path.lowercased().hasSuffix(".npy")
      ? try CodesRows(npy: path) : try CodesRows(DataTable(opening: path, pool: pool), options)
    if let idsPath = options.idsPath {
      rows.ids = try Identifiers.read(path: idsPath)
      rows.summary.use(.itemIDs, idsPath)
    } else if rows.ids == nil, options.looksBeside, path.lowercased().hasSuffix(".npy") {
      let beside = (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "") + "ids.json"
      if FileManager.default.fileExists(atPath: beside) {
        rows.ids = try Identifiers.read(path: beside)
        rows.summary.use(.itemIDs, beside, detail: "found beside the codes")
      }
    }
    if rows.ids == nil { rows.summary.use(.itemIDs, "row numbers") }
    self = try rows.table(options.sizes, source: path)
  }

  /// - Parameter levelSizes: the codebook sizes that the codes must lie below; nil: each level's largest code plus one.
  package init(opening path: String, levelSizes: [Int]?, pool: ThreadPool = ThreadPool()) throws {
    var options = Options()
    options.sizes = levelSizes.map { .given($0) } ?? .observed
    try self.init(opening: path, options: options, pool: pool)
  }

  /// The codes of item `row`'s ID.
  package func id(of row: Int) -> [UInt16] {
    Array(codes[row].prefix(lengths.map { Int($0[row]) } ?? codes.levels))
  }

  /// The codes, where every ID has all levels.
  ///
  /// - Throws: `InputError` naming the first item whose ID is shorter.
  package func rectangular() throws -> Codes {
    guard let lengths else { return codes }
    let row = (0..<lengths.count).first { Int(lengths[$0]) < codes.levels } ?? 0
    throw InputError(
      .unsupported, source, at: ids.map { "item \"\($0[row])\"" } ?? "row \(row) (from 0)",
      expected: "\(codes.levels) codes, as the longest ID has", found: "\(lengths[row])",
      remedy: "give every ID as many levels: semid resolve does with --numbering always")
  }
}
