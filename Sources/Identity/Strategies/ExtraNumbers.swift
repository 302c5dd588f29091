import Tokenizers
import Vectors

/// The strategies that keep the codes and put something behind them.
enum ExtraNumbers {
  /// For each row, its place among the rows of its ID, from 0, and how many these are.
  static func places(_ order: CatalogueOrder) -> (places: [Int], sizes: [Int]) {
    var places = [Int](repeating: 0, count: order.rows.count)
    var sizes = places
    for bucket in order.buckets() {
      for position in bucket {
        places[order.rows[position]] = position - bucket.lowerBound
        sizes[order.rows[position]] = bucket.count
      }
    }
    return (places, sizes)
  }

  /// `codes` with one more level.
  ///
  /// - Throws: `InputError` when a number does not fit in a level.
  static func appending(_ extra: [Int], to codes: Codes, source: String) throws -> Codes {
    let largest = extra.max() ?? 0
    guard largest < CodeShape.sizeRange.upperBound else {
      throw InputError(
        .unsupported, source, expected: "at most 65,536 items of one ID, which one more level can number",
        found: "\(largest)", remedy: "train a model with more levels or codes")
    }
    let levels = codes.levels
    let values = Buffer<UInt16>(count: codes.count * (levels + 1)) { target in
      for row in 0..<codes.count {
        for level in 0..<levels { target[row * (levels + 1) + level] = codes.values[row * levels + level] }
        target[row * (levels + 1) + levels] = UInt16(extra[row])
      }
    }
    return try Codes(levelSizes: codes.levelSizes + [largest + 1], values: values, source: source)
  }

  static func extraLevel(
    _ codes: Codes, _ order: CatalogueOrder, _ numbering: CollisionOptions.Numbering, source: String
  ) throws -> (codes: Codes, tail: Resolution.Tail) {
    let (places, sizes) = places(order)
    switch numbering {
    case .always: return (try appending(places, to: codes, source: source), .none)
    case .zeroIfUnique:
      let extra = zip(places, sizes).map { $1 == 1 ? 0 : $0 + 1 }
      return (try appending(extra, to: codes, source: source), .none)
    case .collidingOnly:
      let extra = zip(places, sizes).map { $1 == 1 ? -1 : $0 + 1 }
      // The limit of a level that every ID has.
      _ = try appending(extra.map { max(0, $0) }, to: codes, source: source)
      return (codes, .code(Buffer(extra.map { Int32($0) })))
    }
  }

  static func suffix(
    _ codes: Codes, _ order: CatalogueOrder, _ suffix: CollisionOptions.Suffix, ids: StringColumn?, source: String
  ) throws -> (codes: Codes, tail: Resolution.Tail) {
    let (places, _) = places(order)
    switch suffix {
    case .level: return (try appending(places, to: codes, source: source), .none)
    case .count: return (codes, .text(StringColumn(places.map { $0 == 0 ? "" : String($0) })))
    case .itemID:
      let texts = places.enumerated().map { row, place in place == 0 ? "" : ids?[row] ?? String(row) }
      return (codes, .text(StringColumn(texts)))
    }
  }
}
