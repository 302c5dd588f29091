package import Formats
import Vectors

/// The columns of `items.parquet`.
package struct ItemSchema: Hashable, Sendable {
  /// A column behind the five that every source has.
  package struct Column: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case text
      /// A number that may be missing.
      case number
    }
    package var name: String
    package var kind: Kind

    package init(_ name: String, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  package static let texts = ["item_id", "title", "description", "brand", "categories"]
  package var more: [Column]

  package init(more: [Column] = []) { self.more = more }

  var columns: [ParquetWriter.Column] {
    Self.texts.map { .string($0) }
      + more.map { $0.kind == .text ? .string($0.name) : .optionalDouble($0.name) }
  }
}

/// Some items on their way to `items.parquet`: columns that grow together, in the order of the schema.
package struct ItemRows: Sendable {
  package enum Values: Sendable {
    case texts(StringColumnBuilder)
    /// NaN where a number is missing.
    case numbers([Double])
  }

  package private(set) var rows = 0
  package private(set) var columns: [Values]
  /// Bytes of all texts.
  package private(set) var bytes = 0

  package init(_ schema: ItemSchema) {
    columns =
      ItemSchema.texts.map { _ in .texts(StringColumnBuilder()) }
      + schema.more.map { $0.kind == .text ? .texts(StringColumnBuilder()) : .numbers([]) }
  }

  /// Appends one item: a text for each column of texts, and a number for each other, in the order of the columns.
  package mutating func append(texts: [[UInt8]], numbers: [Double]) {
    var (text, number) = (0, 0)
    for column in columns.indices {
      switch columns[column] {
      case .texts(var builder):
        columns[column] = .numbers([])  // so that the builder is not copied
        builder.bytes.append(contentsOf: texts[text])
        builder.endRow()
        columns[column] = .texts(builder)
        bytes += texts[text].count
        text += 1
      case .numbers(var values):
        columns[column] = .numbers([])
        values.append(numbers[number])
        columns[column] = .numbers(values)
        number += 1
      }
    }
    rows += 1
  }

  /// The columns as they are written.
  func values() -> [ParquetWriter.Values] {
    columns.map { column in
      switch column {
      case .texts(let builder): .strings(builder.column())
      case .numbers(let numbers): .optionalDouble(Buffer(numbers))
      }
    }
  }
}
