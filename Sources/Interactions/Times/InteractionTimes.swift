package import Formats
import Vectors

/// The times of interactions, brought to one scale: numbers that sort as the times do.
package struct InteractionTimes {
  enum Values {
    /// The place in the file.
    case order(Int)
    /// In a unit that the file does not tell.
    case integers([Int64])
    case floats([Double])
    /// Microseconds since 1970.
    case instants([Int64])

    var noun: String {
      switch self {
      case .order: "the order of the file"
      case .integers: "whole numbers"
      case .floats: "numbers"
      case .instants: "dates or timestamps"
      }
    }
  }

  struct Part {
    var place: String
    var source: String
    var values: Values
  }

  private(set) var parts: [Part] = []

  package init() {}

  /// Takes the rows of a table in their order.
  package mutating func append(order table: DataTable) {
    parts.append(Part(place: "rows", source: table.path, values: .order(table.rows)))
  }

  /// Takes a column: integers, floats, dates, timestamps, or text of ISO 8601 or of numbers.
  ///
  /// - Returns: the type of its times, for the summary.
  /// - Throws: `InputError` naming the first row without a time.
  @discardableResult
  package mutating func append(_ name: String, of table: DataTable) throws -> String {
    let column = try table.column(name)
    if let row = (0..<column.present.count).first(where: { column.present[$0] == 0 }) {
      throw InputError(.malformed, table.path, at: table.place(row, name), expected: "a time", found: "none")
    }
    try append(column, name, table)
    return table.type(name) ?? parts.last?.values.noun ?? ""
  }

  /// Takes a column in which times may be missing: their rows have any number.
  ///
  /// - Returns: which rows have a time.
  /// - Throws: `InputError` for a column that is no times.
  package mutating func append(present name: String, of table: DataTable) throws -> [Bool] {
    let column = try table.column(name)
    let present = column.present.array.map { $0 != 0 }
    guard present.contains(true) else {
      parts.append(Part(place: "column \"\(name)\"", source: table.path, values: .integers(present.map { _ in 0 })))
      return present
    }
    try append(column, name, table)
    return present
  }

  private mutating func append(_ column: ParquetFile.OptionalColumn, _ name: String, _ table: DataTable) throws {
    let values: Values
    switch column.values {
    case .integers(let numbers): values = .integers(numbers.array)
    case .times(let times): values = .instants(times.array)
    case .floats(let numbers):
      if let row = (0..<numbers.count).first(where: { !numbers[$0].isFinite }) {
        throw InputError(
          .malformed, table.path, at: table.place(row, name), expected: "a time", found: "\(numbers[row])")
      }
      values = .floats(numbers.array)
    case .strings(let texts): values = try Self.parse(texts, column.present, table, name)
    case .booleans, .lists:
      throw InputError(
        .unsupported, table.path, at: "column \"\(name)\"", expected: "times: numbers, dates, timestamps or ISO 8601",
        found: table.type(name).map { "values of type \($0)" } ?? "values of another type")
    }
    parts.append(Part(place: "column \"\(name)\"", source: table.path, values: values))
  }

  private static func parse(
    _ texts: StringColumn, _ present: Buffer<UInt8>, _ table: DataTable, _ name: String
  ) throws -> Values {
    var numbers: [Int64] = []
    var instants: [Int64] = []
    for row in texts.indices {
      guard present[row] != 0 else {
        numbers.append(0)
        instants.append(0)
        continue
      }
      let (number, instant) = texts.withUTF8(at: row) { (CellText.integer($0), TimeText.microseconds($0)) }
      if let number { numbers.append(number) }
      if let instant { instants.append(instant) }
      guard numbers.count == row + 1 || instants.count == row + 1 else {
        throw InputError(
          .malformed, table.path, at: table.place(row, name),
          expected: "a time of ISO 8601, such as 2024-01-31T12:30:00+02:00, or a number, as in all rows",
          found: "\"\(texts[row].prefix(40))\"")
      }
    }
    return numbers.count == texts.count ? .integers(numbers) : .instants(instants)
  }

  /// One number for each row of all parts, in their order.
  ///
  /// - Throws: `InputError` when parts are not on one scale: numbers beside timestamps, or numbers that are times since
  ///   1970 in different units.
  func sortable() throws -> [Int64] {
    guard let first = parts.first else { return [] }
    for part in parts.dropFirst() where !Self.agree(first.values, part.values) {
      throw InputError(
        .mismatch, part.source, at: part.place, expected: "times as in \(first.source): \(first.values.noun)",
        found: part.values.noun, remedy: "bring all parts to one unit")
    }
    try checkUnits()
    let hasFloats = parts.contains { if case .floats = $0.values { true } else { false } }
    return try parts.flatMap { part -> [Int64] in
      switch part.values {
      case .order(let rows): return (0..<Int64(rows)).map(\.self)
      case .instants(let times): return times
      case .floats(let numbers): return numbers.map(Self.sortable)
      case .integers(let numbers):
        guard hasFloats else { return numbers }
        return try numbers.map { number in
          guard let exact = Double(exactly: number) else {
            throw InputError(
              .mismatch, part.source, at: part.place, expected: "numbers that floats hold, as other parts have them",
              found: "\(number)", remedy: "bring all parts to one type")
          }
          return Self.sortable(exact)
        }
      }
    }
  }

  private static func agree(_ a: Values, _ b: Values) -> Bool {
    switch (a, b) {
    case (.order, .order), (.instants, .instants), (.integers, .integers), (.floats, .floats), (.integers, .floats),
      (.floats, .integers):
      true
    default: false
    }
  }

  /// Checks the unit of integers by their size: seconds, milliseconds, microseconds or nanoseconds since 1970, from
  /// 1973 to 5138.
  private func checkUnits() throws {
    var known: (unit: TimeUnit, source: String)?
    for part in parts {
      let largest: Double
      switch part.values {
      case .integers(let numbers): largest = numbers.map { Double($0.magnitude) }.max() ?? 0
      case .floats(let numbers): largest = numbers.map(\.magnitude).max() ?? 0
      case .order, .instants: continue
      }
      guard let unit = TimeUnit(of: largest) else { continue }
      if let known, known.unit != unit {
        throw InputError(
          .mismatch, part.source, at: part.place,
          expected: "times in \(known.unit.rawValue) since 1970, as in \(known.source)",
          found: "times in \(unit.rawValue)", remedy: "bring all parts to one unit")
      }
      known = known ?? (unit, part.source)
    }
  }

  /// The bits of a float as an integer, with the order of negative ones reversed: they sort as the floats do.
  private static func sortable(_ time: Double) -> Int64 {
    let bits = Int64(bitPattern: (time == 0 ? 0 : time).bitPattern)
    return bits < 0 ? ~bits ^ .min : bits
  }
}
