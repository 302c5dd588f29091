import Formats
import Interactions
import Vectors

/// Windows as text: one object per line, or columns.
struct SequenceText {
  private let histories: Histories
  private let items: ItemCodes
  private let separator: String
  private let texts: StringColumn

  init(_ histories: Histories, items: ItemCodes, vocabulary: TokenVocabulary, separator: String) {
    self.histories = histories
    self.items = items
    self.separator = separator
    texts = items.texts(vocabulary)
  }

  func writeLines(
    _ rows: [Window], _ split: Split, into directory: CorpusDirectory, shardRows: Int?, progress: (Int) throws -> Void
  ) throws {
    let texts = EncodedTexts(escaping: texts)
    let ids = EncodedTexts(escaping: items.ids)
    let users = EncodedTexts(escaping: histories.users)
    let separator = JSONBytes.escaped(separator)
    try directory.writeRows(
      split.rawValue, split: split, rows: rows.count, shardRows: shardRows, progress: progress
    ) { row, line in
      let window = rows[row]
      let target = Int(histories.items[Int(window.target)])
      line.append(contentsOf: #"{"user_id": ""#.utf8)
      users.append(Int(window.user), to: &line)
      line.append(contentsOf: #"", "history": ""#.utf8)
      append(window, texts, separator, to: &line)
      line.append(contentsOf: #"", "target": ""#.utf8)
      texts.append(target, to: &line)
      line.append(contentsOf: #"", "target_item": ""#.utf8)
      ids.append(target, to: &line)
      line.append(contentsOf: #"", "history_length": "#.utf8)
      line.append(contentsOf: String(window.count).utf8)
      line.append(contentsOf: "}\n".utf8)
    }
  }

  func writeParquet(
    _ rows: [Window], _ split: Split, into directory: CorpusDirectory, shardRows: Int?, progress: (Int) throws -> Void
  ) throws {
    let shards = try CorpusDirectory.shards(of: rows.count, atMost: shardRows)
    for (shard, range) in shards.enumerated() {
      let name = CorpusDirectory.name(split.rawValue, shard: shard, of: shards.count, "parquet")
      let columns: [ParquetWriter.Column] = [
        .string("user_id"), .string("history"), .string("target"), .string("target_item"), .int32("history_length"),
      ]
      try ParquetWriter.write(to: directory.staged.file(name), columns: columns) { file in
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 65_536) {
          let piece = rows[start..<min(start + 65_536, range.upperBound)]
          try file.append(values(piece))
          try progress(start + piece.count)
        }
      }
      try directory.record(name, split: split, rows: range.count)
    }
  }

  private func values(_ rows: ArraySlice<Window>) -> [ParquetWriter.Values] {
    var history = StringColumnBuilder(rows: rows.count)
    let separator = Array(separator.utf8)
    let encoded = EncodedTexts(texts)
    for window in rows {
      append(window, encoded, separator, to: &history.bytes)
      history.endRow()
    }
    let targets = rows.map { Int(histories.items[Int($0.target)]) }
    return [
      .strings(histories.users.gathered(rows.map { Int($0.user) })), .strings(history.column()),
      .strings(texts.gathered(targets)), .strings(items.ids.gathered(targets)),
      .int32(Buffer(rows.map { Int32($0.count) })),
    ]
  }

  private func append(_ window: Window, _ texts: EncodedTexts, _ separator: [UInt8], to line: inout [UInt8]) {
    for event in window.history {
      if event > Int(window.first), !separator.isEmpty { line.append(contentsOf: separator) }
      texts.append(Int(histories.items[event]), to: &line)
    }
  }
}
