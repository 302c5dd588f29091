package import Formats
package import Interactions
package import Vectors

/// RecBole's atomic files (Zhao et al. 2021): lines of fields between tabs, under a header of names and types. `.inter`
/// holds interactions, `.item` items, `.user` users; several files of one kind follow one another.
package struct RecBoleSource: PreparationSource {
  package let name = "recbole"
  package let interactions: [String]
  package let items: [String]
  private let options: ColumnOptions
  private let skipsFaulty: Bool
  package private(set) var report = SourceReport()
  package private(set) var summary = InputSummary()
  package private(set) var schema = ItemSchema()

  package var paths: [String] { interactions + items }

  /// - Precondition: there is a file of interactions.
  package init(
    interactions: [String], items: [String], options: ColumnOptions = ColumnOptions(), skipsFaulty: Bool = false
  ) {
    precondition(!interactions.isEmpty, "there are files of interactions")
    self.interactions = interactions
    self.items = items
    self.options = options
    self.skipsFaulty = skipsFaulty
  }

  package mutating func read(pool: ThreadPool, progress: PreparationProgress) throws -> InteractionLog {
    var report = SourceReport()
    defer { self.report = report }
    let skipsFaulty = skipsFaulty
    report.layout = "RecBole atomic files"
    let files = try interactions.map { try RecBoleInteractions($0, options) }
    if let first = files.first, let other = files.first(where: { $0.unit != first.unit }) {
      throw InputError(
        .mismatch, other.header.path,
        expected: "times in \(first.unit?.rawValue ?? "no known unit"), as in \(first.header.path)",
        found: "times in \(other.unit?.rawValue ?? "no known unit")", remedy: "name the unit with --time-unit")
    }
    let tables = try items.map { try RecBoleItems($0, options) }
    if let first = tables.first {
      schema = first.schema
      if let other = tables.first(where: { $0.schema != first.schema }) {
        throw InputError(
          .mismatch, other.header.path, expected: "the columns of \(first.header.path)",
          found: other.header.names.joined(separator: ", "))
      }
    }
    var ids = StringTable()
    for table in tables {
      table.columns.tell(&summary)
      report.inputs.append(
        try Self.read(table.header.path, "reading ids of", pool, progress, parse: table.parse) { block, firstLine in
          try block.count(ids: &ids, &report, firstLine: firstLine, skipsFaulty: skipsFaulty)
        })
    }
    var log = InteractionLog(items: ids)
    for file in files {
      file.tell(&summary)
      report.inputs.append(
        try Self.read(file.header.path, "reading", pool, progress, parse: file.parse) { block, firstLine in
          try block.append(
            to: &log, &report, path: file.header.path, firstLine: firstLine, skipsFaulty: skipsFaulty,
            inOrder: file.time == nil)
        })
    }
    return log
  }

  /// Reads the lines behind a header.
  private static func read<Block>(
    _ path: String, _ what: String, _ pool: ThreadPool, _ progress: PreparationProgress,
    parse: (LineBlock) -> (Block, Int), merge: (Block, Int) throws -> Void
  ) throws -> LineFile.Account {
    let size = try MappedFile(path: path).count
    var file = LineFile(path)
    file.skipsFirstLine = true
    return try file.read(
      pool: pool, progress: { progress("\(what) \(path)", $0, size) }, parse: parse, merge: merge)
  }

  package mutating func forEachItem(
    pool: ThreadPool, progress: PreparationProgress, _ body: (ItemRows) throws -> Void
  ) throws {
    for path in items {
      let table = try RecBoleItems(path, options)
      let account = try Self.read(path, "reading texts of", pool, progress, parse: table.parse) { block, _ in
        try body(block.rows)
      }
      try report.checkUnchanged(account)
    }
  }
}
