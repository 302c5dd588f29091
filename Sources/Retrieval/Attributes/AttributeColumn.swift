import Vectors

/// One attribute of the items of a trie: its distinct values in ascending order, and for each the positions of the
/// items that have it. Items without a value are in no list.
///
/// The same two arrays answer equality, sets and ranges, of text and of numbers. Each condition is a few runs of
/// values, and a run of values is one run of positions. They take four bytes per item and four per value, besides the
/// values themselves.
public struct AttributeColumn: Sendable {
  /// The type of an attribute's values, and their order.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// In the order of its UTF-8 bytes.
    case string
    /// 64 bits with a sign, in numeric order.
    case integer
    /// Double precision, in numeric order.
    case float
    /// False before true.
    case boolean
    /// Microseconds since 1970.
    case time
    /// Lists of text. An item is in the run of each of its elements.
    case list
  }

  enum Values: Sendable {
    case texts(StringColumn)
    /// Integers, booleans as 0 and 1, and times.
    case integers(Buffer<Int64>)
    case floats(Buffer<Double>)

    var count: Int {
      switch self {
      case .texts(let texts): texts.count
      case .integers(let numbers): numbers.count
      case .floats(let numbers): numbers.count
      }
    }
  }

  /// The name by which filters call the attribute.
  public let name: String
  /// The type of its values.
  public let kind: Kind
  let values: Values
  /// One entry more than there are values: the items of value v stand at `starts[v] ..< starts[v + 1]`.
  let starts: Buffer<UInt32>
  /// By value, ascending.
  let positions: Buffer<UInt32>
  /// Number of items that have a value.
  package let itemCount: Int

  /// - Parameter itemCount: given for lists, since an item may have several elements; otherwise there is one item per
  ///   position.
  init(
    name: String, kind: Kind, values: Values, starts: Buffer<UInt32>, positions: Buffer<UInt32>, itemCount: Int? = nil
  ) {
    self.name = name
    self.kind = kind
    self.values = values
    self.starts = starts
    self.positions = positions
    self.itemCount = itemCount ?? positions.count
  }

  /// Number of different values.
  package var valueCount: Int { values.count }

  /// The items whose value is in one of the runs of values.
  func mask(of runs: [Range<Int>], capacity: Int) -> ItemMask {
    ItemMask(capacity: capacity) { words in
      positions.withUnsafeBufferPointer { positions in
        for run in runs {
          for item in Int(starts[run.lowerBound])..<Int(starts[run.upperBound]) {
            let position = Int(positions[item])
            words[position >> 6] |= 1 << UInt64(position & 63)
          }
        }
      }
    }
  }

  /// The first of `count` ascending values for which `isBelow` no longer holds.
  static func partition(_ count: Int, _ isBelow: (Int) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isBelow(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
