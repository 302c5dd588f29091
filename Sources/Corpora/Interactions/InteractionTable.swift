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

  static let unknown = UInt32.max

  /// Reads all files of a source.
  ///
  /// - Throws: `InputError` for columns that are not there or of other types, or when a file has no rows.
  init(_ source: InteractionSource, items: ItemCodes) throws {
    for (path, split) in source.paths {
      let file = try ParquetFile(path: path)
      let names = (
        user: try Self.column(file, source.userColumn, InteractionSource.userNames, "user"),
        item: try Self.column(file, source.itemColumn, InteractionSource.itemNames, "item")
      )
      try append(file, user: names.user, item: names.item, times: Self.times(file, source.timeColumn), items: items)
      self.split += repeatElement(split ?? .train, count: file.rows)
    }
    guard !user.isEmpty else {
      throw InputError(.malformed, source.paths[0].path, expected: "interactions", found: "no rows")
    }
    guard user.count < Int(UInt32.max), users.count < Int(UInt32.max) else {
      throw InputError(
        .unsupported, source.paths[0].path, expected: "fewer than 2³² interactions", found: "\(user.count)")
    }
  }

  private mutating func append(
    _ file: ParquetFile, user userName: String, item itemName: String, times: [Int64], items: ItemCodes
  ) throws {
    let userIDs = try Self.texts(file, userName)
    let itemIDs = try Self.texts(file, itemName)
    for row in userIDs.indices {
      let number = try userIDs.withUTF8(at: row) { text in
        guard !text.isEmpty else { throw Self.emptyID(file, userName, row) }
        return users.number(of: text)
      }
      user.append(UInt32(number))
      let found: UInt32 = try itemIDs.withUTF8(at: row) { text in
        guard !text.isEmpty else { throw Self.emptyID(file, itemName, row) }
        if let item = items.find(text) { return UInt32(item) }
        _ = unknownItems.number(of: text)
        return Self.unknown
      }
      item.append(found)
    }
    time += times
  }

  private static func emptyID(_ file: ParquetFile, _ column: String, _ row: Int) -> InputError {
    InputError(
      .malformed, file.path, at: "column \"\(column)\", row \(row) (from 0)", expected: "an id", found: "an empty text")
  }

  private static func texts(_ file: ParquetFile, _ name: String) throws -> StringColumn {
    guard file.columns.contains(where: { $0.name == name && $0.kind == .integer }) else {
      return try file.strings(name)
    }
    var builder = StringColumnBuilder(rows: file.rows)
    for number in try file.integers(name).array {
      builder.bytes.append(contentsOf: String(number).utf8)
      builder.endRow()
    }
    return builder.column()
  }

  /// The rows' times; their order in the file where it has none.
  private static func times(_ file: ParquetFile, _ name: String?) throws -> [Int64] {
    let known = InteractionSource.timeNames.first { name in file.columns.contains { $0.name == name } }
    guard let name = name ?? known else { return (0..<Int64(file.rows)).map(\.self) }
    guard file.columns.contains(where: { $0.name == name && $0.kind == .float }) else {
      return try file.integers(name).array
    }
    return try file.floats(name).array.enumerated().map { row, time in
      guard time.isFinite else {
        throw InputError(
          .malformed, file.path, at: "column \"\(name)\", row \(row) (from 0)", expected: "a time", found: "\(time)")
      }
      // The bits of floats, read as integers with the order of negative ones turned round, sort as the floats do.
      let bits = Int64(bitPattern: (time == 0 ? 0 : time).bitPattern)
      return bits < 0 ? ~bits ^ .min : bits
    }
  }

  private static func column(
    _ file: ParquetFile, _ name: String?, _ known: [String], _ what: String
  ) throws -> String {
    if let name { return name }
    guard let found = known.first(where: { name in file.columns.contains { $0.name == name } }) else {
      throw InputError(
        .malformed, file.path, expected: "a column of \(what)s: \(known.joined(separator: ", "))",
        found: file.columns.map(\.name).joined(separator: ", "), remedy: "name the column")
    }
    return found
  }
}
