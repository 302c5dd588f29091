import Formats
import Vectors

/// The items of a block of lines.
struct ItemBlock: Sendable {
  private(set) var rows: ItemRows
  private var lines = 0
  private var withoutID = 0
  private var withoutTitle = 0
  private var faults: [BlockFault] = []
  /// What sources count besides.
  var withOtherPrice = 0
  var withMainCategory = 0

  /// Reads a block; blank lines are passed over.
  ///
  /// - Parameter parse: reads one line, and takes what it says. What it throws is a fault of that line.
  /// - Returns: the items, and how many lines the block has.
  static func read(
    _ block: LineBlock, _ schema: ItemSchema, source: String,
    _ parse: (UnsafeRawBufferPointer, inout ItemBlock) throws -> Void
  ) -> (ItemBlock, Int) {
    var items = ItemBlock(rows: ItemRows(schema))
    let lines = block.forEachLine { number, line in
      guard LineBlock.isData(line) else { return }
      items.lines += 1
      do {
        try parse(line, &items)
      } catch {
        let fault = error as? InputError ?? InputError(.malformed, source, found: "\(error)")
        items.faults.append(BlockFault(line: number, error: fault))
      }
    }
    return (items, lines)
  }

  /// Takes one item, whose id and title are the first texts.
  mutating func append(texts: [[UInt8]], numbers: [Double]) {
    if texts[1].isEmpty { withoutTitle += 1 }
    rows.append(texts: texts, numbers: numbers)
  }

  mutating func countWithoutID() { withoutID += 1 }

  /// Numbers the ids that are new, and counts what the block is about.
  ///
  /// - Throws: the first fault, unless faults are passed over.
  func count(
    ids: inout StringTable, _ report: inout SourceReport, firstLine: Int, skipsFaulty: Bool
  ) throws {
    for fault in faults { try report.faulty.take(fault.located(firstLine: firstLine), skips: skipsFaulty) }
    report.items += lines
    report.itemsWithoutID += withoutID
    report.itemsWithoutTitle += withoutTitle
    report.itemsWithOtherPrice += withOtherPrice
    report.itemsWithMainCategory += withMainCategory
    guard case .texts(let builder) = rows.columns[0] else { return }
    let column = builder.column()
    for row in column.indices {
      let before = ids.count
      _ = column.withUTF8(at: row) { ids.number(of: $0) }
      report.repeatedItems += ids.count == before ? 1 : 0
    }
  }
}
