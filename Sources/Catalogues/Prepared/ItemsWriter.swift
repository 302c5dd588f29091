import Formats
import Interactions
import Vectors

/// Writes `items.parquet`: each item once, the first of those with one id, in the order of the metadata; then items
/// without metadata that interactions keep, with their ids alone.
struct ItemsWriter {
  private let log: InteractionLog
  private let selection: InteractionSelection
  private let schema: ItemSchema
  private let options: PreparationOptions
  private var isWritten: [Bool]
  private var group: ItemRows
  private(set) var rows = 0
  private(set) var withoutMetadata = 0
  private(set) var texts: ItemTextStore

  /// A row group is written from so many rows or bytes of text on.
  static let groupRows = 65_536
  static let groupBytes = 64 << 20

  init(
    _ log: InteractionLog, _ selection: InteractionSelection, _ schema: ItemSchema, _ options: PreparationOptions,
    folder: String
  ) throws {
    self.log = log
    self.selection = selection
    self.schema = schema
    self.options = options
    isWritten = [Bool](repeating: false, count: log.items.count)
    group = ItemRows(schema)
    texts = try ItemTextStore(items: log.items.count, in: folder)
  }

  /// Takes some items of the source.
  mutating func take(_ items: ItemRows, _ file: ParquetWriter) throws {
    let columns = items.columns.map { column -> (texts: StringColumn?, numbers: [Double]) in
      switch column {
      case .texts(let builder): (builder.column(), [])
      case .numbers(let numbers): (nil, numbers)
      }
    }
    guard let ids = columns[0].texts, let titles = columns[1].texts, let descriptions = columns[2].texts else { return }
    for row in 0..<items.rows {
      guard let item = ids.withUTF8(at: row, log.items.find), !isWritten[item] else { continue }
      let isUsed = selection.isUsed[item]
      guard isUsed || options.items == .all else { continue }
      isWritten[item] = true
      if isUsed, options.hasTexts {
        try titles.withUTF8(at: row) { title in
          try descriptions.withUTF8(at: row) { try texts.set(item, title: title, description: $0) }
        }
      }
      group.append(
        texts: columns.compactMap { $0.texts?.withUTF8(at: row) { Array($0) } },
        numbers: columns.compactMap { $0.texts == nil ? $0.numbers[row] : nil })
      if group.rows >= Self.groupRows || group.bytes >= Self.groupBytes { try flush(file) }
    }
  }

  /// Writes what is left, and items without metadata.
  mutating func finish(_ file: ParquetWriter) throws {
    let textCount = ItemSchema.texts.count + schema.more.count { $0.kind == .text }
    let numbers = schema.more.filter { $0.kind == .number }.map { _ in Double.nan }
    for item in 0..<log.items.count where selection.isUsed[item] && !isWritten[item] {
      withoutMetadata += 1
      var row = [[UInt8]](repeating: [], count: textCount)
      row[0] = log.items.withUTF8(of: item) { Array($0) }
      group.append(texts: row, numbers: numbers)
      if group.rows >= Self.groupRows { try flush(file) }
    }
    try flush(file)
  }

  private mutating func flush(_ file: ParquetWriter) throws {
    guard group.rows > 0 else { return }
    try file.append(group.values())
    rows += group.rows
    group = ItemRows(schema)
  }
}
