public import Vectors

/// The codes of N items at L levels: row-major N×L, one `UInt16` each, and the codebook size K of every level.
public struct Codes: Sendable {
  /// Codebook size of each level, each in 1...65,536; its count is L.
  public let levelSizes: [Int]
  /// N · L values, item after item.
  public let values: Buffer<UInt16>

  /// L, the number of codes per item.
  public var levels: Int { levelSizes.count }
  /// N, the number of items.
  public var count: Int { levels == 0 ? 0 : values.count / levels }

  /// - Throws: `InputError` naming the first item and level whose code is not below that level's size.
  public init(levelSizes: [Int], values: Buffer<UInt16>, source: String = "codes") throws {
    let levelSizes = try CodeShape(levelSizes, kind: .malformed, source: source, levels: 1...Int.max).levelSizes
    guard values.count % levelSizes.count == 0 else {
      throw InputError(
        .malformed, source, expected: "a multiple of \(levelSizes.count) codes", found: "\(values.count)")
    }
    let levels = levelSizes.count
    try values.withUnsafeBufferPointer { values throws(InputError) in
      for index in values.indices where Int(values[index]) >= levelSizes[index % levels] {
        throw InputError(
          .malformed, source, at: "item \(index / levels), level \(index % levels)",
          expected: "a code below \(levelSizes[index % levels])", found: "\(values[index])")
      }
    }
    self.levelSizes = levelSizes
    self.values = values
  }

  /// Codes known to be in range, such as an encoder's own.
  package init(unchecked values: Buffer<UInt16>, levelSizes: [Int]) {
    self.levelSizes = levelSizes
    self.values = values
  }

  /// The codes of the items whose numbers are given, in that order, copied.
  package func gathered(_ indices: some Collection<Int>) -> Codes {
    var gathered: [UInt16] = []
    gathered.reserveCapacity(indices.count * levels)
    values.withUnsafeBufferPointer { values in
      for index in indices { gathered += values[index * levels..<(index + 1) * levels] }
    }
    return Codes(unchecked: Buffer(gathered), levelSizes: levelSizes)
  }

  /// The codes of item `index`.
  public subscript(index: Int) -> [UInt16] { values[slice: index * levels..<(index + 1) * levels].array }
}
