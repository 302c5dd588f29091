import SemanticID

/// The forms that codes are written in, by the file's extension.
enum CodesOutput {
  /// N × L integers.
  case npy
  /// An object a line: item, codes, tokens.
  case jsonLines
  /// Columns item_id, c1 … cL, tokens.
  case parquet

  init(path: String) throws {
    switch path.split(separator: ".").last?.lowercased() {
    case "npy": self = .npy
    case "jsonl": self = .jsonLines
    case "parquet": self = .parquet
    default:
      throw InputError(.usage, "--output", expected: "a file that ends in .npy, .jsonl or .parquet", found: path)
    }
  }

  /// Whether the form has a place for the items' ids.
  var namesItems: Bool { self != .npy }

  /// - Parameters:
  ///   - ids: nil names items by their rows.
  ///   - tail: what some IDs have behind their codes: part of the tokens, and in a table a column of its own, `suffix`.
  func write(_ codes: Codes, ids: StringColumn?, tail: Resolution.Tail = .none, to path: String) throws {
    let resolved = ResolvedIDs(codes: codes, tail: tail)
    switch self {
    case .npy:
      guard resolved.isArray else {
        throw InputError(
          .usage, "--output",
          expected: "a .jsonl or .parquet file, since some IDs have more than \(codes.levels) codes",
          found: path, remedy: "or choose --suffix level or --numbering always, which give every ID one more level")
      }
      try codes.write(to: path)
    case .jsonLines:
      try AtomicFile.write(to: path) { file in
        for row in 0..<codes.count {
          let line = Line(
            item: ids?[row] ?? String(row), codes: resolved.codes(of: row), tokens: resolved.text(of: row),
            suffix: resolved.suffix(of: row))
          try file.write(JSON.line(line) + "\n")
        }
      }
    case .parquet: try writeParquet(resolved, ids, path)
    }
  }

  private struct Line: Encodable {
    var item: String
    var codes: [UInt16]
    var tokens: String
    var suffix: String?
  }

  private func writeParquet(_ resolved: ResolvedIDs, _ ids: StringColumn?, _ path: String) throws {
    let codes = resolved.codes
    let levels = (1...codes.levels).map { ParquetWriter.Column.int32("c\($0)") }
    let suffix: [ParquetWriter.Column] = resolved.isArray ? [] : [.string("suffix")]
    try ParquetWriter.write(
      to: path, columns: [.string("item_id")] + levels + suffix + [.string("tokens")]
    ) { writer in
      let piece = 65_536
      for first in stride(from: 0, to: codes.count, by: piece) {
        let rows = first..<min(codes.count, first + piece)
        let items = StringColumn(rows.map { ids?[$0] ?? String($0) })
        let tokens = StringColumn(rows.map { resolved.text(of: $0) })
        let columns = (0..<codes.levels).map { level in
          ParquetWriter.Values.int32(Buffer(rows.map { Int32(codes.values[$0 * codes.levels + level]) }))
        }
        let suffixes = suffix.map { _ in
          ParquetWriter.Values.strings(StringColumn(rows.map { resolved.suffix(of: $0) ?? "" }))
        }
        try writer.append([.strings(items)] + columns + suffixes + [.strings(tokens)])
      }
    }
  }
}
