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

  /// - Parameter ids: nil names items by their rows.
  func write(_ codes: Codes, ids: StringColumn?, to path: String) throws {
    switch self {
    case .npy: try codes.write(to: path)
    case .jsonLines:
      try AtomicFile.write(to: path) { file in
        for row in 0..<codes.count {
          let code = codes[row]
          let line = Line(item: ids?[row] ?? String(row), codes: code, tokens: TokenFormat.tokens.text(for: code))
          try file.write(JSON.line(line) + "\n")
        }
      }
    case .parquet: try writeParquet(codes, ids, path)
    }
  }

  private struct Line: Encodable {
    var item: String
    var codes: [UInt16]
    var tokens: String
  }

  private func writeParquet(_ codes: Codes, _ ids: StringColumn?, _ path: String) throws {
    let levels = (1...codes.levels).map { ParquetWriter.Column.int32("c\($0)") }
    try ParquetWriter.write(to: path, columns: [.string("item_id")] + levels + [.string("tokens")]) { writer in
      let piece = 65_536
      for first in stride(from: 0, to: codes.count, by: piece) {
        let rows = first..<min(codes.count, first + piece)
        let items = StringColumn(rows.map { ids?[$0] ?? String($0) })
        let tokens = StringColumn(rows.map { TokenFormat.tokens.text(for: codes[$0]) })
        let columns = (0..<codes.levels).map { level in
          ParquetWriter.Values.int32(Buffer(rows.map { Int32(codes.values[$0 * codes.levels + level]) }))
        }
        try writer.append([.strings(items)] + columns + [.strings(tokens)])
      }
    }
  }
}
