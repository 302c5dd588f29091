import Formats
import Vectors

/// RecBole's `.user` file: what is known of users.
package struct RecBoleUsers: Sendable {
  private let header: RecBoleHeader
  private let user: Int
  private let skipsFaulty: Bool

  /// - Throws: `InputError` when no column holds users.
  package init(_ path: String, _ options: ColumnOptions, skipsFaulty: Bool = false) throws {
    header = try RecBoleHeader(path)
    guard let user = try header.column(.users, options.user, flag: "--user-column") else {
      preconditionFailure("a column that is needed is there, or an error")
    }
    self.user = user
    self.skipsFaulty = skipsFaulty
  }

  /// `users.parquet`: the users that are kept, the first row of each, in the order of the file; `user_id`, then the other
  /// columns, numbers where they are such, else text.
  package var extra: Preparation.Extra {
    Preparation.Extra(PreparedDirectory.usersName, inputs: [header.path]) { path, isKept, report in
      try write(to: path, isKept, &report)
    }
  }

  private func write(to path: String, _ isKept: (String) -> Bool, _ report: inout SourceReport) throws -> Int {
    let others = header.names.indices.filter { $0 != user }
    let columns =
      [ParquetWriter.Column.string("user_id")]
      + others.map { header.kinds[$0] == .float ? .optionalDouble(header.names[$0]) : .string(header.names[$0]) }
    var texts = [StringColumnBuilder](repeating: StringColumnBuilder(), count: header.names.count)
    var numbers = [[Double]](repeating: [], count: header.names.count)
    var seen = StringTable()
    var fields: [UnsafeRawBufferPointer] = []
    try LineFile(header.path).firstLines { line, number in
      guard number > 0, LineBlock.isData(line) else { return true }
      do {
        try header.fields(line, &fields)
        let id = String(decoding: try header.text(fields[user], user), as: UTF8.self)
        guard isKept(id), seen.find(id) == nil else { return true }
        // All of the line is read before any of it is kept.
        let row = try header.names.indices.map { column -> (text: [UInt8], number: Double) in
          header.kinds[column] == .float && column != user
            ? ([], try header.number(fields[column], column) ?? .nan) : (try header.text(fields[column], column), .nan)
        }
        _ = seen.number(of: id)
        for (column, value) in row.enumerated() {
          texts[column].bytes += value.text
          texts[column].endRow()
          numbers[column].append(value.number)
        }
      } catch let error as InputError {
        try report.faulty.take(BlockFault(line: number, error: error).located(firstLine: 1), skips: skipsFaulty)
      }
      return true
    }
    try ParquetWriter.write(to: path, columns: columns) { file in
      guard seen.count > 0 else { return }
      try file.append(
        [.strings(texts[user].column())]
          + others.map {
            header.kinds[$0] == .float ? .optionalDouble(Buffer(numbers[$0])) : .strings(texts[$0].column())
          })
    }
    return seen.count
  }
}
