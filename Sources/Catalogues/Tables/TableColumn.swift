import Foundation
import Formats
import Vectors

/// A column that is written behind the five: texts, or numbers.
enum TableColumn {
  case texts(StringColumn)
  /// NaN where a number is missing.
  case numbers([Double])

  /// Floats stay numbers; whole numbers, which may be years or codes, booleans, times and lists become text.
  ///
  /// - Throws: `InputError` for values that are neither, such as objects.
  init(_ table: DataTable, _ name: String) throws {
    let column: ParquetFile.OptionalColumn
    do {
      column = try table.column(name)
    } catch  where !table.isTyped || table.type(name) == nil {
      // In JSON numbers may stand beside texts.
      self = .texts(try table.texts(name).texts)
      return
    }
    let rows = 0..<table.rows
    switch column.values {
    case .floats(let numbers): self = .numbers(rows.map { column.present[$0] == 0 ? .nan : numbers[$0] })
    case .booleans(let values):
      self = .texts(StringColumn(rows.map { column.present[$0] == 0 ? "" : values[$0] == 0 ? "false" : "true" }))
    case .times(let times):
      self = .texts(
        StringColumn(
          rows.map { row in
            guard column.present[row] != 0 else { return "" }
            return Date(timeIntervalSince1970: (Double(times[row]) / 1e6).rounded(.down)).formatted(.iso8601)
          }))
    case .integers, .strings, .lists: self = .texts(try table.texts(name).texts)
    }
  }

  var kind: ItemSchema.Column.Kind { if case .numbers = self { .number } else { .text } }
}
