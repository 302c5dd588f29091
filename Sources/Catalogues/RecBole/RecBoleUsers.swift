import Formats
import Vectors

/// RecBole's `.user` file: what is known of users.
package struct RecBoleUsers: Sendable {
  private let header: RecBoleHeader
  private let user: Int

  /// - Throws: `InputError` when no column holds users.
  package init(_ path: String, _ options: ColumnOptions) throws {
    header = try RecBoleHeader(path)
    guard let user = try header.column(.users, options.user, flag: "--user-column") else {
      preconditionFailure("a column that is needed is there, or an error")
    }
    self.user = user
  }

  /// `users.parquet`: the users that are kept, the first row of each, in the order of the file; `user_id`, then the other
  /// columns, numbers where they are such, else text.
  package var extra: Preparation.Extra {
    Preparation.Extra(PreparedDirectory.usersName) { path, isKept in try write(to: path, isKept) }
  }

  private func write(to path: String, _ isKept: (String) -> Bool) throws -> Int {
    let others = header.names.indices.filter { $0 != user }
    let columns =
      [ParquetWriter.Column.string("user_id")]
      + others.map { header.kinds[$0] == .float ? .optionalDouble(header.names[$0]) : .string(header.names[$0]) }
    var texts = [StringColumnBuilder](repeating: StringColumnBuilder(), count: header.names.count)
    var numbers = [[Double]](repeating: [], count: header.names.count)
    var seen: Set<String> = []
    var fields: [UnsafeRawBufferPointer] = []
    try LineFile(header.path).firstLines { line, number in
      guard number > 0, line.contains(where: { $0 > 0x20 }) else { return true }
      do {
        try header.fields(line, &fields)
        let id = String(decoding: try header.text(fields[user], user), as: UTF8.self)
        guard isKept(id), seen.insert(id).inserted else { return true }
        for column in header.names.indices {
          if header.kinds[column] == .float, column != user {
            numbers[column].append(try header.number(fields[column], column) ?? .nan)
          } else {
            texts[column].bytes += try header.text(fields[column], column)
            texts[column].endRow()
          }
        }
      } catch let error as InputError {
        throw BlockFault(line: number, error: error).located(firstLine: 1)
      }
      return true
    }
    try ParquetWriter.write(to: path, columns: columns) { file in
      guard !seen.isEmpty else { return }
      try file.append(
        [.strings(texts[user].column())]
          + others.map {
            header.kinds[$0] == .float ? .optionalDouble(Buffer(numbers[$0])) : .strings(texts[$0].column())
          })
    }
    return seen.count
  }
}
