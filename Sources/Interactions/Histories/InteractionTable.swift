import Formats
import Vectors

/// The rows of interactions as they stand in the files: users and items as numbers, times as sortable numbers.
struct InteractionTable {
  var users = StringTable()
  var user: [UInt32] = []
  /// The item's row in the codes; `unknown` where it has none.
  var item: [UInt32] = []
  var time: [Int64] = []
  var split: [Split] = []
  var unknownItems = StringTable()
  /// The columns that were read.
  var summary = InputSummary()

  static let unknown = UInt32.max

  /// Reads all files of a source.
  ///
  /// - Throws: `InputError` for columns that are missing or of another type, when a file has no rows, or when no item
  ///   of a file has codes.
  init(
    _ source: InteractionSource, items: some ItemNumbering, open: (_ path: String) throws -> DataTable
  ) throws {
    var times = InteractionTimes()
    for (path, split) in source.paths {
      let table = try open(path)
      let userName = try table.name(.users, named: source.userColumn, flag: "--user-column")
      let itemName = try table.name(.interactionItems, named: source.itemColumn, flag: "--item-column")
      summary.use(.users, userName)
      summary.use(.interactionItems, itemName)
      if source.isInFileOrder {
        times.append(order: table)
        summary.use(.times, "the order of the rows")
      } else {
        let timeName = try Self.timeColumn(table, source)
        summary.use(.times, timeName, detail: try times.append(timeName, of: table))
      }
      try append(table, user: userName, item: itemName, items: items)
      try checkMatches(table, itemName, items, isHeldOut: split == .valid || split == .test)
      self.split += repeatElement(split ?? .train, count: table.rows)
    }
    guard !user.isEmpty else {
      throw InputError(.malformed, source.paths[0].path, expected: "interactions", found: "no rows")
    }
    guard user.count < Int(UInt32.max), users.count < Int(UInt32.max) else {
      throw InputError(
        .unsupported, source.paths[0].path, expected: "fewer than 2³² interactions", found: "\(user.count)")
    }
    time = try times.sortable()
  }

  /// Rows of the test whose item is unknown; of a file that is yet to be split, all rows of unknown items.
  func unknownTestRows(_ source: InteractionSource) -> Int {
    let isSplit = if case .given = source.files { true } else { false }
    return item.indices.count { item[$0] == Self.unknown && (!isSplit || split[$0] == .test) }
  }

  private static func timeColumn(_ table: DataTable, _ source: InteractionSource) throws -> String {
    do {
      return try table.name(.times, named: source.timeColumn, flag: "--time-column")
    } catch var error as InputError {
      error.remedy = (error.remedy ?? "") + "; --time-column none takes the order of the rows"
      throw error
    }
  }

  private mutating func append(
    _ table: DataTable, user userName: String, item itemName: String, items: some ItemNumbering
  )
    throws
  {
    let userIDs = try table.texts(userName).texts
    let itemIDs = try table.texts(itemName).texts
    for row in userIDs.indices {
      let number = try userIDs.withUTF8(at: row) { text in
        guard !text.isEmpty else { throw Self.noID(table, userName, row) }
        return users.number(of: text)
      }
      user.append(UInt32(truncatingIfNeeded: number))
      let found: UInt32 = try itemIDs.withUTF8(at: row) { text in
        guard !text.isEmpty else { throw Self.noID(table, itemName, row) }
        if let item = items.find(text) { return UInt32(truncatingIfNeeded: item) }
        _ = unknownItems.number(of: text)
        return Self.unknown
      }
      item.append(found)
    }
  }

  /// Checks how many items have codes. Others are dropped: it is an error where all of them are, and a warning where
  /// most are.
  ///
  /// - Parameter isHeldOut: whether these are the few rows of a held-out part, whose items may all be new.
  private mutating func checkMatches(
    _ table: DataTable, _ itemName: String, _ items: some ItemNumbering, isHeldOut: Bool
  ) throws {
    let rows = item.suffix(table.rows)
    let known = rows.count { $0 != Self.unknown }
    guard known * 2 < rows.count else { return }
    let place = "column \"\(itemName)\""
    guard known > 0 || isHeldOut else {
      throw InputError(
        .mismatch, table.path, at: place, expected: "items of \(items.source), such as \"\(items.firstID)\"",
        found: "none of them in any row, but \"\(try table.texts(itemName).texts[0])\"",
        remedy: "check that both files name items alike, or name the column with --item-column")
    }
    summary.warn(
      "\(table.path), \(place): \(known * 100 / rows.count) % of the rows (\(known) of \(rows.count)) are of items "
        + "of \(items.source); check that both files name items alike")
  }

  private static func noID(_ table: DataTable, _ column: String, _ row: Int) -> InputError {
    InputError(.malformed, table.path, at: table.place(row, column), expected: "an id", found: "none, or an empty text")
  }
}
