import Synchronization
import Vectors

/// A value of an attribute of one item.
package enum AttributeValue: Hashable, Sendable {
  case text(String)
  case integer(Int64)
  case float(Double)
  case boolean(Bool)
  /// Microseconds since 1970.
  case time(Int64)
  /// Ascending.
  case list([String])
}

/// The values of one attribute by the positions of the items, made when they are first asked for.
///
/// A column keeps positions by value, as filters need them. This turns it around: four bytes per item, and four more per
/// element of a list.
final class AttributeValues: Sendable {
  private let column: AttributeColumn
  private let capacity: Int
  private let made = Mutex<Places?>(nil)

  /// The values of position p: `values[starts[p] ..< starts[p + 1]]`.
  private struct Places {
    var starts: Buffer<UInt32>
    var values: Buffer<UInt32>
  }

  /// - Parameter capacity: number of positions.
  init(_ column: AttributeColumn, capacity: Int) {
    self.column = column
    self.capacity = capacity
  }

  /// nil for an item without a value. Linear in the column the first time.
  subscript(position: Int) -> AttributeValue? {
    let places = places
    let range = Int(places.starts[position])..<Int(places.starts[position + 1])
    guard let first = range.first else { return nil }
    let value = Int(places.values[first])
    switch column.values {
    case .texts(let texts):
      if column.kind == .list { return .list(range.map { texts[Int(places.values[$0])] }) }
      return .text(texts[value])
    case .integers(let numbers):
      switch column.kind {
      case .boolean: return .boolean(numbers[value] != 0)
      case .time: return .time(numbers[value])
      default: return .integer(numbers[value])
      }
    case .floats(let numbers): return .float(numbers[value])
    }
  }

  private var places: Places {
    made.withLock { made in
      if let made { return made }
      let places = invert()
      made = places
      return places
    }
  }

  private func invert() -> Places {
    var starts = [UInt32](repeating: 0, count: capacity + 1)
    var values = [UInt32](repeating: 0, count: column.positions.count)
    column.positions.withUnsafeBufferPointer { positions in
      for position in positions { starts[Int(position) + 1] += 1 }
      for position in 0..<capacity { starts[position + 1] += starts[position] }
      var next = starts
      for value in 0..<column.valueCount {
        for place in Int(column.starts[value])..<Int(column.starts[value + 1]) {
          let position = Int(positions[place])
          values[Int(next[position])] = UInt32(truncatingIfNeeded: value)
          next[position] += 1
        }
      }
    }
    return Places(starts: Buffer(starts), values: Buffer(values))
  }
}
