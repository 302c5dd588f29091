package import Formats
package import Interactions
package import Vectors

/// Interactions and items from any tables that `DataTable` opens, read whole into memory.
package struct TableSource: PreparationSource {
  package let name = "csv"
  package let interactions: [String]
  package let items: [String]
  private let options: ColumnOptions
  package private(set) var report = SourceReport()
  package private(set) var summary = InputSummary()
  package private(set) var schema = ItemSchema()
  /// The tables of items, opened once.
  private var tables: [(table: DataTable, columns: ItemColumns, more: [TableColumn])] = []

  package var paths: [String] { interactions + items }

  /// - Precondition: there is a table of interactions.
  package init(interactions: [String], items: [String], options: ColumnOptions = ColumnOptions()) {
    precondition(!interactions.isEmpty, "there are tables of interactions")
    self.interactions = interactions
    self.items = items
    self.options = options
  }

  package mutating func read(pool: ThreadPool, progress: PreparationProgress) throws -> InteractionLog {
    report.layout = "tables"
    var log = InteractionLog(items: try readIDs(pool: pool, progress: progress))
    for (place, path) in interactions.enumerated() {
      progress("reading \(path)", place, interactions.count)
      let table = try DataTable(opening: path, pool: pool)
      try record(table)
      try append(table, to: &log)
    }
    guard log.count > 0 || report.interactions > 0 else {
      throw InputError(.malformed, interactions[0], expected: "interactions", found: "no rows")
    }
    return log
  }

  private mutating func record(_ table: DataTable) throws {
    for path in try DataTable.files(at: table.path) {
      let file = try MappedFile(path: path)
      report.inputs.append(
        LineFile.Account(path: path, bytes: file.count, sha256: SHA256.hexDigest(of: file), lines: table.rows))
    }
  }

  private mutating func readIDs(pool: ThreadPool, progress: PreparationProgress) throws -> StringTable {
    var ids = StringTable()
    for (place, path) in items.enumerated() {
      progress("reading \(path)", place, items.count)
      let table = try DataTable(opening: path, pool: pool)
      try record(table)
      let columns = try ItemColumns(table.columns.map(\.name), options, source: path)
      columns.tell(&summary)
      var own = ItemSchema()
      var more: [TableColumn] = []
      for (name, written) in columns.more {
        do {
          let column = try TableColumn(table, name)
          own.more.append(.init(written, column.kind))
          more.append(column)
        } catch let error as InputError where error.kind != .io {
          summary.warn("\(error); the column is left out")
        }
      }
      guard tables.isEmpty || own == schema else {
        throw InputError(
          .mismatch, path, expected: "the columns of \(items[0]), of the same types", found: table.listing)
      }
      schema = own
      tables.append((table, columns, more))
      let column = try table.texts(columns.id).texts
      let titles = try columns.title.map { try table.texts($0).texts }
      for row in column.indices {
        guard column.withUTF8(at: row, { !$0.isEmpty }) else {
          report.itemsWithoutID += 1
          continue
        }
        let before = ids.count
        _ = column.withUTF8(at: row) { ids.number(of: $0) }
        report.repeatedItems += ids.count == before ? 1 : 0
        if titles.map({ $0.withUTF8(at: row) { $0.isEmpty } }) ?? true { report.itemsWithoutTitle += 1 }
      }
      report.items += table.rows
    }
    return ids
  }

  private mutating func append(_ table: DataTable, to log: inout InteractionLog) throws {
    let user = try table.name(.users, named: options.user, flag: "--user-column")
    let item = try table.name(.interactionItems, named: options.item, flag: "--item-column")
    summary.use(.users, user)
    summary.use(.interactionItems, item)
    let rating = options.rating ?? KnownNames.ratings.first(in: table.columns.map(\.name))
    let (times, present, order) = try times(table)
    let ratings = try rating.map { name in
      summary.use(.ratings, name)
      return try self.ratings(table, name)
    }
    let (users, items) = (try table.texts(user).texts, try table.texts(item).texts)
    guard log.count + table.rows < InteractionLog.most else {
      throw InputError(.unsupported, table.path, expected: "at most \(InteractionLog.most) interactions", found: "more")
    }
    report.interactions += table.rows
    var dropped: [SelectionStep.Reason: Int] = [:]
    for row in order ?? Array(0..<table.rows) {
      users.withUTF8(at: row) { user in
        items.withUTF8(at: row) { item in
          if user.isEmpty {
            dropped[.withoutUser, default: 0] += 1
          } else if item.isEmpty {
            dropped[.withoutItem, default: 0] += 1
          } else if !present[row] {
            dropped[.withoutTime, default: 0] += 1
          } else {
            let time = times.isEmpty ? Int64(log.count) : times[row]
            log.append(user: user, item: item, time: time, rating: ratings?[row])
          }
        }
      }
    }
    for (reason, count) in dropped { report.drop(reason, count) }
  }

  /// The times of a table, and which rows have one; no times where the order of the rows stands for them. Where times are
  /// finer than the milliseconds that are written, the order of the rows by their own times.
  private mutating func times(_ table: DataTable) throws -> (times: [Int64], present: [Bool], order: [Int]?) {
    let all = [Bool](repeating: true, count: table.rows)
    if options.hasNoTime {
      summary.use(.times, "the order of the rows")
      return ([], all, nil)
    }
    let name: String
    do {
      name = try table.name(.times, named: options.time, flag: "--time-column")
    } catch var error as InputError {
      error.remedy = (error.remedy ?? "") + "; --time-column none takes the order of the rows"
      throw error
    }
    var times = InteractionTimes()
    let present = try times.append(present: name, of: table)
    let (values, told) = try times.milliseconds(options.timeUnit)
    summary.use(.times, name, detail: told)
    return (values, present, try times.finerOrder(than: values))
  }

  /// NaN where there is none.
  private func ratings(_ table: DataTable, _ name: String) throws -> [Float] {
    let column = try table.column(name)
    let values: [Double]
    switch column.values {
    case .integers(let numbers): values = numbers.array.map(Double.init)
    case .floats(let numbers): values = numbers.array
    case .strings where !column.present.array.contains(1): values = [Double](repeating: .nan, count: table.rows)
    default:
      throw InputError(
        .unsupported, table.path, at: "column \"\(name)\"", expected: "ratings: numbers",
        found: table.type(name).map { "values of type \($0)" } ?? "values of another type",
        remedy: "name another column with --rating-column")
    }
    return values.enumerated().map { column.present[$0] == 0 ? .nan : Float($1) }
  }

  package mutating func forEachItem(
    pool: ThreadPool, progress: PreparationProgress, _ body: (ItemRows) throws -> Void
  ) throws {
    for (table, columns, more) in tables {
      let texts = try columns.five.map { name in try name.map { try table.texts($0).texts } }
      for start in stride(from: 0, to: table.rows, by: 8192) {
        var rows = ItemRows(schema)
        for row in start..<min(start + 8192, table.rows) {
          func text(_ column: StringColumn?) -> [UInt8] { column?.withUTF8(at: row) { Array($0) } ?? [] }
          guard texts[0]?.withUTF8(at: row, { !$0.isEmpty }) == true else { continue }
          var (all, numbers) = (texts.map(text), [Double]())
          for column in more {
            switch column {
            case .texts(let column): all.append(text(column))
            case .numbers(let values): numbers.append(values[row])
            }
          }
          rows.append(texts: all, numbers: numbers)
        }
        try body(rows)
      }
    }
  }
}
