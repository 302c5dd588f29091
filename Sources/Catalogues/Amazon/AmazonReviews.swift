import Formats
import Interactions
import Vectors

extension InteractionBlock {
  /// The reviews of a block of lines.
  ///
  /// - Returns: the reviews, and how many lines the block has.
  static func reviews(
    _ block: LineBlock, layout: AmazonLayout, itemKey: AmazonOptions.ItemKey, source: String
  ) -> (InteractionBlock, Int) {
    var parser = ReviewParser(layout: layout, itemKey: itemKey, source: source)
    return read(block, source: source) { line, reviews in
      try parser.parse(line)
      reviews.take(user: parser.user, item: parser.item, time: parser.time, rating: parser.rating)
    }
  }
}

/// Reads one review at a time, and passes over what is not asked for.
private struct ReviewParser {
  private let source: String
  private let userKey: [UInt8]
  private let itemKey: [UInt8]
  private let timeKey: [UInt8]
  private let ratingKey: [UInt8]
  private let unit: TimeUnit

  /// Empty where the review has none.
  private(set) var user: [UInt8] = []
  private(set) var item: [UInt8] = []
  /// Milliseconds since 1970.
  private(set) var time: Int64?
  /// NaN where there is none.
  private(set) var rating = Float.nan
  /// Which members have been read: two of one name contradict each other.
  private var seen: UInt8 = 0

  init(layout: AmazonLayout, itemKey: AmazonOptions.ItemKey, source: String) {
    self.source = source
    userKey = Array(layout.userKey.utf8)
    self.itemKey = Array(layout.itemKey(itemKey).utf8)
    timeKey = Array(layout.timeKey.utf8)
    ratingKey = Array(layout.ratingKey.utf8)
    unit = layout.timeUnit
  }

  mutating func parse(_ line: UnsafeRawBufferPointer) throws {
    user.removeAll(keepingCapacity: true)
    item.removeAll(keepingCapacity: true)
    (time, rating, seen) = (nil, .nan, 0)
    var scanner = JSONScanner(bytes: line, source: source)
    try scanner.members { key, scanner in
      if isEqual(key, userKey) {
        try once(1, scanner)
        _ = try scanner.text(appendingTo: &user)
      } else if isEqual(key, itemKey) {
        try once(2, scanner)
        _ = try scanner.text(appendingTo: &item)
      } else if isEqual(key, timeKey) {
        try once(4, scanner)
        time = try milliseconds(&scanner)
      } else if isEqual(key, ratingKey) {
        try once(8, scanner)
        rating = try scanner.number().map { Float($0) } ?? .nan
      } else {
        try scanner.skip()
      }
    }
    try scanner.end()
  }

  private func isEqual(_ key: UnsafeRawBufferPointer, _ name: [UInt8]) -> Bool {
    key.count == name.count && key.elementsEqual(name)
  }

  private mutating func once(_ member: UInt8, _ scanner: JSONScanner) throws {
    guard seen & member == 0 else {
      throw scanner.unexpected("one member of this name; this is the value of the second")
    }
    seen |= member
  }

  /// A time, which must be in the layout's unit; nil for none, and for 0 and -1, which stand for none.
  private func milliseconds(_ scanner: inout JSONScanner) throws -> Int64? {
    let start = scanner
    guard let number = try scanner.number() else { return nil }
    guard number > 0 else { return nil }
    guard let whole = Int64(exactly: number), TimeUnit(of: number) == unit, let time = unit.milliseconds(whole) else {
      throw start.unexpected(
        "a time in \(unit.rawValue) since 1970, later than 1973"
          + (TimeUnit(of: number).map { $0 == unit ? "" : ", not one in \($0.rawValue)" } ?? ""))
    }
    return time
  }
}
