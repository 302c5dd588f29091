import Foundation
import Tokenizers
import Vectors

/// The items that are added, row by row of the input.
struct Addition {
  let ids: StringColumn
  let rows: [AssignmentRow?]
  let capacity: Int
  /// The number of the new generation.
  let number: Int
  /// The ID of each row; empty until it is known.
  var keys: [Data]
  /// Rows of new items, ascending.
  var new: [Int]
  /// Rows of removed items that have their IDs back.
  var restored: [Int]
  /// Rows of removed items whose IDs were released, by item id.
  let released: [Int]

  init(ids: StringColumn, rows: [AssignmentRow?], capacity: Int, number: Int) {
    self.ids = ids
    self.rows = rows
    self.capacity = capacity
    self.number = number
    keys = rows.map { row in row.flatMap { $0.freed == nil ? $0.code : nil } ?? Data() }
    new = rows.indices.filter { rows[$0] == nil }
    restored = rows.indices.filter { rows[$0]?.until != nil && rows[$0]?.freed == nil }
    released = Self.sorted(rows.indices.filter { rows[$0]?.freed != nil }, ids)
  }

  func sorted(_ rows: [Int]) -> [Int] { Self.sorted(rows, ids) }

  private static func sorted(_ rows: [Int], _ ids: StringColumn) -> [Int] {
    rows.sorted { ids.order($0, $1) ?? false }
  }
}

extension Array {
  /// Pieces of `count` elements.
  func chunked(_ count: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min(self.count, $0 + count)] }
  }
}

/// The codes of the rows that were encoded.
struct EncodedRows {
  private let levels: Int
  private var values: [UInt16]
  private var isEncoded: [Bool]

  init(count: Int, levels: Int) {
    self.levels = levels
    values = Array(repeating: 0, count: count * levels)
    isEncoded = Array(repeating: false, count: count)
  }

  /// The codes of an encoded row.
  subscript(row: Int) -> ArraySlice<UInt16> { values[row * levels..<(row + 1) * levels] }

  /// Encodes those of `rows` that are not encoded yet.
  mutating func encode(
    _ rows: [Int], of vectors: Matrix, _ tokenizer: any Tokenizer, _ pool: ThreadPool
  ) throws {
    let rows = rows.filter { !isEncoded[$0] }
    guard !rows.isEmpty else { return }
    let part = rows.count == vectors.rows ? vectors : vectors.gathered(rows)
    let codes = try tokenizer.encode(part, pool: pool)
    for (row, code) in zip(rows, codes.values.array.chunked(levels)) {
      values.replaceSubrange(row * levels..<(row + 1) * levels, with: code)
      isEncoded[row] = true
    }
  }
}
