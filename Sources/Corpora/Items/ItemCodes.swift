public import Formats
public import Tokenizers
public import Vectors

/// Items and their semantic IDs: what every corpus is written from.
public struct ItemCodes: Sendable {
  /// Unique.
  public let ids: StringColumn
  /// The codes of item `i` in row `i`; zeros behind an ID that is shorter than the longest.
  public let codes: Codes
  /// How many of its row's codes an item's ID has; nil: all have all.
  public let lengths: Buffer<UInt8>?
  /// Whether the levels' sizes were not given, but taken from the largest codes that are there.
  public let sizesAreObserved: Bool
  /// Where they were read, for errors.
  public let source: String
  /// The columns that were read; nothing where they were not read from a file.
  public let summary: InputSummary

  /// Numbers of different IDs: two items have one number when they share an ID.
  let idNumbers: [UInt32]
  private let table: StringTable

  public var count: Int { ids.count }
  public var levelSizes: [Int] { codes.levelSizes }
  /// How many different IDs there are.
  public let distinctIDs: Int

  /// - Precondition: as many ids as rows of codes; the ids differ.
  public init(
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
  public func find(_ id: String) -> Int? { table.find(id) }

  package func find(_ id: UnsafeBufferPointer<UInt8>) -> Int? { table.find(id) }

  /// The codes of an item's ID.
  public func id(of item: Int) -> Buffer<UInt16> {
    let first = item * codes.levels
    return codes.values[slice: first..<first + (lengths.map { Int($0[item]) } ?? codes.levels)]
  }
}
