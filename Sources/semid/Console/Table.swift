/// A column of a table: its title, and how it shows a row.
///
///     Column("items", .right) { Text.count($0.items) }
struct Column<Row>: Sendable {
  enum Alignment: Sendable { case left, right }

  let title: String
  let alignment: Alignment
  /// Whether the column may be cut where the terminal is too narrow.
  let shrinks: Bool
  let cell: @Sendable (Row) -> String

  init(
    _ title: String, _ alignment: Alignment = .left, shrinks: Bool = false, cell: @escaping @Sendable (Row) -> String
  ) {
    self.title = title
    self.alignment = alignment
    self.shrinks = shrinks
    self.cell = cell
  }
}

/// Rows in aligned columns, two spaces apart, under their titles.
struct Table {
  private let titles: [String]
  private let alignments: [Column<Void>.Alignment]
  private let shrinks: [Bool]
  private let cells: [[String]]

  /// A column that shrinks is not cut below this.
  static let narrowest = 12

  init<Row>(_ rows: some Sequence<Row>, _ columns: [Column<Row>]) {
    titles = columns.map(\.title)
    alignments = columns.map { $0.alignment == .left ? .left : .right }
    shrinks = columns.map(\.shrinks)
    cells = rows.map { row in columns.map { DisplayWidth.printable($0.cell(row)) } }
  }

  /// The lines of the table, without spaces at their ends.
  ///
  /// - Parameter width: columns of the terminal; nil where nothing limits a line. Only columns that shrink give way.
  func lines(width: Int? = nil) -> [String] {
    let widths = widths(within: width)
    let header = titles.contains { !$0.isEmpty } ? [titles] : []
    return (header + cells).map { row in
      var line = ""
      for (index, cell) in row.enumerated() {
        let text = DisplayWidth.truncate(cell, to: widths[index])
        let padding = String(repeating: " ", count: widths[index] - DisplayWidth.of(text))
        line += (index == 0 ? "" : "  ") + (alignments[index] == .left ? text + padding : padding + text)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private func widths(within limit: Int?) -> [Int] {
    var widths = titles.map { DisplayWidth.of($0) }
    for row in cells {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], DisplayWidth.of(cell)) }
    }
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - limit
    // The widest gives way first, until it is no wider than the next.
    while excess > 0 {
      let candidates = widths.indices.filter { shrinks[$0] && widths[$0] > Self.narrowest }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? Self.narrowest
      let step = min(excess, max(1, widths[widest] - max(next, Self.narrowest)))
      widths[widest] -= step
      excess -= step
    }
    return widths
  }
}
