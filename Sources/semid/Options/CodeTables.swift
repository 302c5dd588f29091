import SemanticID

/// How statistics of codes are shown: the rates never without the numbers they depend on.
enum CodeTables {
  static func summary(_ codes: CodeStatistics) -> String {
    """
    \(Text.count(codes.items, "item")), \(Text.count(codes.ids)) distinct IDs of \
    \(Text.figure(codes.possibleIDs)) possible: collision rate \(Text.percent(codes.collisionRate, digits: 2)), \
    \(Text.count(codes.itemsSharingAnID)) items share an ID, at most \(Text.count(codes.largestBucket)) one
    """
  }

  static let columns: [Column<(level: Int, statistics: CodeStatistics.Level)>] = [
    Column("level", .right) { "\($0.level)" },
    Column("codes", .right) { Text.count($0.statistics.usage.size) },
    Column("used", .right) { Text.count($0.statistics.usage.used) },
    Column("perplexity", .right) { Text.fixed($0.statistics.perplexity, 1) },
    Column("prefixes", .right) { Text.count($0.statistics.prefixes) },
  ]

  /// The table of `columns`, as text.
  static func lines(_ codes: CodeStatistics) -> String {
    Table(codes.levels.enumerated().map { (level: $0.offset, statistics: $0.element) }, columns).lines()
      .joined(separator: "\n")
  }
}
