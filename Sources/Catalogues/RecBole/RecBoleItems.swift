import Formats
import Vectors

/// Which columns of a `.item` file hold what.
struct RecBoleItems: Sendable {
  let header: RecBoleHeader
  let columns: ItemColumns
  let schema: ItemSchema
  /// The columns of the five texts; nil where there is none.
  private let five: [Int?]
  private let more: [Int]

  /// - Throws: `InputError` when no column holds ids.
  init(_ path: String, _ options: ColumnOptions) throws {
    let header = try RecBoleHeader(path)
    let columns = try ItemColumns(header.names, options, source: path)
    self.header = header
    self.columns = columns
    five = columns.five.map { name in name.flatMap { header.names.firstIndex(of: $0) } }
    more = columns.more.compactMap { header.names.firstIndex(of: $0.name) }
    schema = ItemSchema(
      more: zip(columns.more, more).map { .init($0.written, header.kinds[$1] == .float ? .number : .text) })
  }

  func parse(_ block: LineBlock) -> (ItemBlock, Int) {
    var fields: [UnsafeRawBufferPointer] = []
    return ItemBlock.read(block, schema, source: header.path) { line, items in
      try header.fields(line, &fields)
      var texts = try five.enumerated().map { place, column in
        try column.map { try text(fields[$0], $0, isList: place == 4) } ?? []
      }
      guard !texts[0].isEmpty else { return items.countWithoutID() }
      var numbers: [Double] = []
      for column in more {
        if header.kinds[column] == .float {
          numbers.append(try header.number(fields[column], column) ?? .nan)
        } else {
          texts.append(try text(fields[column], column, isList: false))
        }
      }
      items.append(texts: texts, numbers: numbers)
    }
  }

  /// - Parameter isList: whether the words of a sequence are things of their own, such as genres.
  private func text(_ field: UnsafeRawBufferPointer, _ column: Int, isList: Bool) throws -> [UInt8] {
    let text = try header.text(field, column)
    guard isList, header.kinds[column] == .tokens else { return text }
    return Array(text.split(separator: 0x20).joined(separator: ", ".utf8))
  }
}
