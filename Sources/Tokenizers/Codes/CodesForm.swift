import Formats
package import Vectors

/// The forms in which codes are written, chosen by the file's extension. This is the one writer of codes; `CodesTable`
/// reads what it writes.
package enum CodesForm: Hashable, Sendable {
  /// N × L integers.
  case npy
  /// One object per line: item, codes, tokens.
  case jsonLines
  /// Columns item_id, c1 … cL, tokens.
  case parquet

  /// What is written for one item.
  package struct Row: Sendable {
    /// The codes of its ID, for every level that the ID has.
    package var codes: [UInt16]
    /// Its ID as text.
    package var tokens: String
    /// What stands behind the codes that all IDs have; nil: nothing.
    package var suffix: String?

    package init(codes: [UInt16], tokens: String, suffix: String? = nil) {
      self.codes = codes
      self.tokens = tokens
      self.suffix = suffix
    }
  }

  /// What tables hold besides the codes and tokens of each item.
  package struct Columns: Hashable, Sendable {
    /// The key of the item's id in lines of JSON.
    package var lineID = "item"
    /// `code`, the ID as numbers: `12-4-9`.
    package var hasPlain = false
    /// `suffix`: what some IDs have behind the codes that all have. Without this column, such codes stand in a column
    /// per level, which holds −1 where an ID has ended.
    package var hasSuffix = false

    package init(lineID: String = "item", hasPlain: Bool = false, hasSuffix: Bool = false) {
      self.lineID = lineID
      self.hasPlain = hasPlain
      self.hasSuffix = hasSuffix
    }
  }

  package init(path: String) throws {
    switch path.split(separator: ".").last?.lowercased() {
    case "npy": self = .npy
    case "jsonl": self = .jsonLines
    case "parquet": self = .parquet
    default:
      throw InputError(.usage, "--output", expected: "a file that ends in .npy, .jsonl or .parquet", found: path)
    }
  }

  /// Whether the form has a place for the items' ids.
  package var namesItems: Bool { self != .npy }

  /// Writes codes, and what some IDs have behind them: as part of the tokens, and in a column of its own, `suffix`.
  ///
  /// - Parameter ids: nil names items by their rows.
  /// - Throws: `InputError` for an `.npy` of IDs that differ in length; as `AtomicFile`.
  package func write(
    _ codes: Codes, ids: StringColumn?, tail: ResolvedIDs.Tail = .none, to path: String
  ) throws {
    let resolved = ResolvedIDs(codes: codes, tail: tail)
    guard self != .npy else {
      guard resolved.isArray else {
        throw InputError(
          .usage, "--output",
          expected: "a .jsonl or .parquet file, since some IDs have more than \(codes.levels) codes",
          found: path, remedy: "or choose --suffix level or --numbering always, which give every ID one more level")
      }
      return try codes.write(to: path)
    }
    try write(
      count: codes.count, levels: codes.levels, ids: ids, columns: Columns(hasSuffix: !resolved.isArray), to: path
    ) { row in
      Row(codes: resolved.codes(of: row), tokens: resolved.text(of: row), suffix: resolved.suffix(of: row))
    }
  }

  /// Writes rows of a table.
  ///
  /// - Parameter levels: columns of codes.
  /// - Precondition: the form names items.
  package func write(
    count: Int, levels: Int, ids: StringColumn?, columns: Columns, to path: String, row: (Int) -> Row
  ) throws {
    precondition(namesItems, "an array has no place for rows of a table")
    if self == .jsonLines {
      try AtomicFile.write(to: path) { file in
        for index in 0..<count { try file.write(Self.line(row(index), id: ids?[index] ?? String(index), columns)) }
      }
    } else {
      try Self.writeParquet(count, levels, ids, columns, path, row)
    }
  }

  private static func line(_ row: Row, id: String, _ columns: Columns) -> String {
    let codes = row.codes.map(String.init)
    var line = "{"
    if columns.hasPlain { line += "\"code\":\(jsonString(codes.joined(separator: "-")))," }
    line += "\"codes\":[\(codes.joined(separator: ","))],\"\(columns.lineID)\":\(jsonString(id))"
    if let suffix = row.suffix { line += ",\"suffix\":\(jsonString(suffix))" }
    return line + ",\"tokens\":\(jsonString(row.tokens))}\n"
  }

  private static func writeParquet(
    _ count: Int, _ levels: Int, _ ids: StringColumn?, _ columns: Columns, _ path: String, _ row: (Int) -> Row
  ) throws {
    let texts: [ParquetWriter.Column] =
      (columns.hasSuffix ? [.string("suffix")] : []) + (columns.hasPlain ? [.string("code")] : [])
    try ParquetWriter.write(
      to: path,
      columns: [.string("item_id")] + (1...max(levels, 1)).map { .int32("c\($0)") } + texts + [.string("tokens")]
    ) { writer in
      let piece = 65_536
      for first in stride(from: 0, to: count, by: piece) {
        let places = first..<min(count, first + piece)
        let rows = places.map(row)
        var values: [ParquetWriter.Values] = [.strings(StringColumn(places.map { ids?[$0] ?? String($0) }))]
        for level in 0..<levels {
          values.append(.int32(Buffer(rows.map { level < $0.codes.count ? Int32($0.codes[level]) : -1 })))
        }
        if columns.hasSuffix { values.append(.strings(StringColumn(rows.map { $0.suffix ?? "" }))) }
        if columns.hasPlain {
          values.append(.strings(StringColumn(rows.map { TokenFormat.plain().text(for: $0.codes) })))
        }
        values.append(.strings(StringColumn(rows.map(\.tokens))))
        try writer.append(values)
      }
    }
  }
}
