import Formats
import Vectors

extension AttributeColumn {
  /// Indexes a column: O(N log N).
  ///
  /// - Parameter rows: the row of the column that each position's item has; nil where it has none. A NaN is no value, nor
  ///   is an empty list.
  init(name: String, _ column: ParquetFile.OptionalColumn, rows: [Int?]) {
    func present(_ row: Int) -> Bool { column.present[row] != 0 }
    func each(_ holds: (Int) -> Bool) -> [Entry] {
      rows.enumerated().compactMap { position, row in
        row.flatMap { holds($0) ? Entry(value: $0, position: UInt32(truncatingIfNeeded: position)) : nil }
      }
    }
    switch column.values {
    case .strings(let texts): self.init(name, .string, texts, each(present))
    case .lists(let lists):
      var entries: [Entry] = []
      var items = 0
      for (position, row) in rows.enumerated() {
        guard let row, present(row), !lists.range(of: row).isEmpty else { continue }
        items += 1
        entries += lists.range(of: row).map { Entry(value: $0, position: UInt32(truncatingIfNeeded: position)) }
      }
      self.init(name, .list, lists.elements, entries, itemCount: items)
    case .integers(let numbers): self.init(name, .integer, numbers, each(present))
    case .booleans(let numbers): self.init(name, .boolean, numbers, each(present))
    case .times(let numbers): self.init(name, .time, numbers, each(present))
    case .floats(let numbers):
      let entries = each { present($0) && !numbers[$0].isNaN }
      self = numbers.withUnsafeBufferPointer { source in
        Self(
          name, .float, entries, order: { source[$0] < source[$1] ? -1 : source[$0] > source[$1] ? 1 : 0 }
        ) {
          .floats(Buffer($0.map { source[$0] }))
        }
      }
    }
  }

  /// A value, by its place among those of the table, and the position of an item that has it.
  private struct Entry {
    var value: Int
    var position: UInt32
  }

  private init(_ name: String, _ kind: Kind, _ numbers: Buffer<Int64>, _ entries: [Entry]) {
    self = numbers.withUnsafeBufferPointer { source in
      Self(name, kind, entries, order: { source[$0] < source[$1] ? -1 : source[$0] > source[$1] ? 1 : 0 }) {
        .integers(Buffer($0.map { source[$0] }))
      }
    }
  }

  private init(_ name: String, _ kind: Kind, _ texts: StringColumn, _ entries: [Entry], itemCount: Int? = nil) {
    self = texts.offsets.withUnsafeBufferPointer { offsets in
      texts.bytes.withUnsafeBufferPointer { bytes in
        func text(_ place: Int) -> UnsafeBufferPointer<UInt8> {
          UnsafeBufferPointer(rebasing: bytes[Int(offsets[place])..<Int(offsets[place + 1])])
        }
        return Self(name, kind, entries, itemCount: itemCount, order: { Self.order(text($0), text($1)) }) {
          .texts(texts.gathered($0))
        }
      }
    }
  }

  /// - Parameters:
  ///   - order: of two values: negative, 0 or positive.
  ///   - gather: some of the values.
  private init(
    _ name: String, _ kind: Kind, _ entries: [Entry], itemCount: Int? = nil, order: (Int, Int) -> Int,
    gather: ([Int]) -> Values
  ) {
    var entries = entries
    entries.sort { a, b in
      let order = order(a.value, b.value)
      return order == 0 ? a.position < b.position : order < 0
    }
    var firsts: [Int] = []
    var starts: [UInt32] = []
    var positions: [UInt32] = []
    positions.reserveCapacity(entries.count)
    for (place, entry) in entries.enumerated() {
      let isNew = place == 0 || order(entries[place - 1].value, entry.value) != 0
      if isNew {
        firsts.append(entry.value)
        starts.append(UInt32(truncatingIfNeeded: positions.count))
      } else if positions.last == entry.position {
        // One element twice in a list.
        continue
      }
      positions.append(entry.position)
    }
    starts.append(UInt32(truncatingIfNeeded: positions.count))
    self.init(
      name: name, kind: kind, values: gather(firsts), starts: Buffer(starts), positions: Buffer(positions),
      itemCount: itemCount)
  }

  /// The order of two texts by their bytes, which in UTF-8 is that of their code points.
  static func order(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    for index in 0..<min(a.count, b.count) where a[index] != b[index] { return a[index] < b[index] ? -1 : 1 }
    return a.count - b.count
  }
}
