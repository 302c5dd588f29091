import Vectors

extension InteractionTimes {
  /// Every time in milliseconds since 1970, and what was taken for the unit of those that do not say theirs.
  ///
  /// Numbers from 1973 to 5138 tell their unit by their size. Smaller ones, such as places in an order, stay as they are.
  ///
  /// - Parameter given: the unit that the user named; nil: told by size.
  /// - Throws: `InputError` when a column has times of two units, or a time that 64 bits do not hold.
  package func milliseconds(_ given: TimeUnit?) throws -> (times: [Int64], told: String) {
    var times: [Int64] = []
    var told = ""
    for part in parts {
      func converted<Value>(
        _ values: [Value], _ size: (Value) -> Double, _ convert: (TimeUnit, Value) -> Int64?, _ plain: (Value) -> Int64?
      ) throws {
        let unit = try given ?? Self.unit(values.map(size), part)
        told =
          unit.map { $0.rawValue + " since 1970" + (given == nil ? ", by their size" : "") }
          ?? "numbers of no known unit, as whole numbers"
        for value in values {
          guard let time = unit.map({ convert($0, value) }) ?? plain(value) else {
            throw InputError(
              .malformed, part.source, at: part.place, expected: "times that 64 bits hold in milliseconds",
              found: "\(value)")
          }
          times.append(time)
        }
      }
      switch part.values {
      case .order(let rows):
        told = "the order of the rows"
        times += (0..<Int64(rows)).map(\.self)
      case .instants(let instants):
        told = "dates or timestamps"
        times += instants.compactMap { TimeUnit.microseconds.milliseconds($0) }
      case .integers(let numbers):
        try converted(numbers, { Double($0.magnitude) }, { $0.milliseconds($1) }, { $0 })
      case .floats(let numbers):
        try converted(numbers, \.magnitude, { $0.milliseconds($1) }, { Int64(exactly: $0.rounded()) })
      }
    }
    return (times, told)
  }

  /// The rows by their own times, rows of one time in their order; nil where milliseconds tell times apart as well.
  ///
  /// - Parameter milliseconds: the same times, as `milliseconds` gives them.
  package func finerOrder(than milliseconds: [Int64]) throws -> [Int]? {
    let own = try sortable()
    let order = own.indices.sorted { (own[$0], $0) < (own[$1], $1) }
    let isFiner = zip(order, order.dropFirst()).contains { milliseconds[$0] == milliseconds[$1] && own[$0] != own[$1] }
    return isFiner ? order : nil
  }

  /// The unit of all times of a column.
  private static func unit(_ sizes: [Double], _ part: Part) throws -> TimeUnit? {
    guard let largest = sizes.max(), let unit = TimeUnit(of: largest) else { return nil }
    if let row = sizes.firstIndex(where: { size in TimeUnit(of: size).map { $0 != unit } ?? false }) {
      throw InputError(
        .malformed, part.source, at: "\(part.place), row \(row) (from 0)",
        expected: "times in \(unit.rawValue) since 1970, as the latest is",
        found: "one in \(TimeUnit(of: sizes[row])?.rawValue ?? "another unit")",
        remedy: "bring all times to one unit, or name it with --time-unit")
    }
    return unit
  }
}
