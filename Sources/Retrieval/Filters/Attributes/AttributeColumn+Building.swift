import Formats
import Vectors

extension AttributeColumn {
  /// Indexes a column: O(N log N).
  ///
  /// - Parameter rows: the row of the column that each position's item has; nil where it has none. A NaN is no value.
  init(name: String, _ column: ParquetFile.OptionalColumn, rows: [Int?]) {
    switch column.values {
    case .strings(let texts):
      self = texts.offsets.withUnsafeBufferPointer { offsets in
        texts.bytes.withUnsafeBufferPointer { bytes in
          func text(_ row: Int) -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(rebasing: bytes[Int(offsets[row])..<Int(offsets[row + 1])])
          }
          return Self(name, .string, column.present, rows, texts.count, order: { Self.order(text($0), text($1)) }) {
            .texts(texts.gathered($0))
          }
        }
      }
    case .integers(let numbers): self.init(name, .integer, numbers, column.present, rows)
    case .booleans(let numbers): self.init(name, .boolean, numbers, column.present, rows)
    case .times(let numbers): self.init(name, .time, numbers, column.present, rows)
    case .floats(let numbers):
      let present = Buffer<UInt8>(count: numbers.count) { present in
        for row in present.indices { present[row] = numbers[row].isNaN ? 0 : column.present[row] }
      }
      self = numbers.withUnsafeBufferPointer { source in
        Self(
          name, .float, present, rows, source.count,
          order: { source[$0] < source[$1] ? -1 : source[$0] > source[$1] ? 1 : 0 }
        ) {
          .floats(Buffer($0.map { source[$0] }))
        }
      }
    }
  }

  private init(
    _ name: String, _ kind: Kind, _ numbers: Buffer<Int64>, _ present: Buffer<UInt8>, _ rows: [Int?]
  ) {
    self = numbers.withUnsafeBufferPointer { source in
      Self(
        name, kind, present, rows, source.count,
        order: { source[$0] < source[$1] ? -1 : source[$0] > source[$1] ? 1 : 0 }
      ) {
        .integers(Buffer($0.map { source[$0] }))
      }
    }
  }

  /// - Parameters:
  ///   - order: of the values of two rows: negative, 0 or positive.
  ///   - gather: the values of some rows.
  private init(
    _ name: String, _ kind: Kind, _ present: Buffer<UInt8>, _ rows: [Int?], _ count: Int, order: (Int, Int) -> Int,
    gather: ([Int]) -> Values
  ) {
    var items: [(row: Int, position: UInt32)] = []
    for (position, row) in rows.enumerated() {
      if let row, present[row] != 0 { items.append((row, UInt32(truncatingIfNeeded: position))) }
    }
    items.sort { a, b in
      let order = order(a.row, b.row)
      return order == 0 ? a.position < b.position : order < 0
    }
    var firsts: [Int] = []
    var starts: [UInt32] = []
    for (place, item) in items.enumerated() where place == 0 || order(items[place - 1].row, item.row) != 0 {
      firsts.append(item.row)
      starts.append(UInt32(truncatingIfNeeded: place))
    }
    starts.append(UInt32(truncatingIfNeeded: items.count))
    self.init(
      name: name, kind: kind, values: gather(firsts), starts: Buffer(starts), positions: Buffer(items.map(\.position)))
  }

  /// The order of two texts by their bytes, which in UTF-8 is that of their code points.
  static func order(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    for index in 0..<min(a.count, b.count) where a[index] != b[index] { return a[index] < b[index] ? -1 : 1 }
    return a.count - b.count
  }
}
