public import Formats
public import Tokenizers
public import Vectors

/// Items and their semantic IDs, from which every corpus is written.
public struct ItemCodes: Sendable {
  /// Unique.
  public let ids: StringColumn
  /// The codes of item `i` in row `i`. An ID that is shorter than the longest has zeros behind it.
  public let codes: Codes
  /// How many codes of its row an item's ID has; nil: all.
  package let lengths: Buffer<UInt8>?
  /// Whether the sizes of the levels were not given, but taken from the largest codes.
  package let sizesAreObserved: Bool
  /// The file that was read, for errors.
  package let source: String
  /// The columns that were read; empty where the codes come from memory.
  public let summary: InputSummary

  /// A number for each item's ID: items that share an ID have the same number.
  let idNumbers: [UInt32]
  private let table: StringTable

  /// Number of items.
  public var count: Int { ids.count }
  /// Codebook size of each level.
  public var levelSizes: [Int] { codes.levelSizes }
  /// How many different IDs there are.
  public let distinctIDs: Int

  /// - Precondition: as many ids as rows of codes; the ids differ.
  package init(
    ids: StringColumn, codes: Codes, lengths: Buffer<UInt8>? = nil, sizesAreObserved: Bool = false,
    source: String = "codes", summary: InputSummary = InputSummary()
  ) {
    precondition(ids.count == codes.count, "every item has codes")
    self.ids = ids
    self.codes = codes
    self.lengths = lengths
    self.sizesAreObserved = sizesAreObserved
    self.source = source
    self.summary = summary
    table = StringTable(ids)
    var different = StringTable()
    var numbers: [UInt32] = []
    numbers.reserveCapacity(ids.count)
    codes.values.withUnsafeBufferPointer { values in
      for item in 0..<ids.count {
        let length = lengths.map { Int($0[item]) } ?? codes.levels
        let bytes = UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(values)[item * codes.levels * 2..<(item * codes.levels + length) * 2])
        numbers.append(UInt32(bytes.withMemoryRebound(to: UInt8.self) { different.number(of: $0) }))
      }
    }
    idNumbers = numbers
    distinctIDs = different.count
  }

  /// The number of the item called `id`.
  package func find(_ id: String) -> Int? { table.find(id) }

  package func find(_ id: UnsafeBufferPointer<UInt8>) -> Int? { table.find(id) }

  /// The codes of an item's ID.
  public func id(of item: Int) -> Buffer<UInt16> {
    let first = item * codes.levels
    return codes.values[slice: first..<first + (lengths.map { Int($0[item]) } ?? codes.levels)]
  }
}
