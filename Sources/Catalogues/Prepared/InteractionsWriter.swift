import Formats
import Interactions
import Vectors

/// Writes the interactions of one part, in the order of time: `user_id`, `item_id`, `timestamp`; the item's `title` and
/// `description`; `rating` where the source has any.
struct InteractionsWriter {
  let log: InteractionLog
  let selection: InteractionSelection
  let texts: ItemTextStore?

  private var columns: [ParquetWriter.Column] {
    [.string("user_id"), .string("item_id"), .int64("timestamp")]
      + (texts == nil ? [] : [.string("title"), .string("description")])
      + (log.hasRatings ? [.optionalFloat("rating")] : [])
  }

  /// - Returns: the number of rows.
  func write(_ split: Split, to path: String) throws -> Int {
    let rows = zip(selection.rows, selection.parts).lazy.filter { $0.1 == split }.map(\.0)
    return try ParquetWriter.write(to: path, columns: columns) { file in
      var group: [UInt32] = []
      var (count, bytes) = (0, 0)
      for row in rows {
        group.append(row)
        bytes += texts?.bytes(of: Int(log.item[Int(row)])) ?? 0
        count += 1
        if group.count == ItemsWriter.groupRows || bytes >= ItemsWriter.groupBytes {
          try file.append(values(group))
          group.removeAll(keepingCapacity: true)
          bytes = 0
        }
      }
      if !group.isEmpty { try file.append(values(group)) }
      return count
    }
  }

  private func values(_ rows: [UInt32]) throws -> [ParquetWriter.Values] {
    func names(_ table: StringTable, _ numbers: [UInt32]) -> ParquetWriter.Values {
      var builder = StringColumnBuilder(rows: rows.count)
      for row in rows {
        table.withUTF8(of: Int(numbers[Int(row)])) { builder.bytes.append(contentsOf: $0) }
        builder.endRow()
      }
      return .strings(builder.column())
    }
    var values: [ParquetWriter.Values] = [
      names(log.users, log.user), names(log.items, log.item), .int64(Buffer(rows.map { log.time[Int($0)] })),
    ]
    if let texts {
      let (titles, descriptions) = try texts.texts(of: rows.map { log.item[Int($0)] }[...])
      values += [.strings(titles), .strings(descriptions)]
    }
    if log.hasRatings { values.append(.optionalFloat(Buffer(rows.map { log.rating[Int($0)] }))) }
    return values
  }
}
