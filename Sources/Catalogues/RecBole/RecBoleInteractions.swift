import Formats
import Interactions
import Vectors

/// Which columns of a `.inter` file hold what, and how its times are read.
struct RecBoleInteractions: Sendable {
  let header: RecBoleHeader
  let user: Int
  let item: Int
  /// nil: the order of the rows.
  let time: Int?
  let rating: Int?
  /// nil: numbers of no known unit, kept as they are.
  let unit: TimeUnit?
  private let unitIsGiven: Bool

  /// - Throws: `InputError` when a column is missing.
  init(_ path: String, _ options: ColumnOptions) throws {
    header = try RecBoleHeader(path)
    guard let user = try header.column(.users, options.user, flag: "--user-column"),
      let item = try header.column(.interactionItems, options.item, flag: "--item-column")
    else { preconditionFailure("a column that is needed is there, or an error") }
    self.user = user
    self.item = item
    do {
      time = options.hasNoTime ? nil : try header.column(.times, options.time, flag: "--time-column")
    } catch var error as InputError {
      error.remedy = (error.remedy ?? "") + "; --time-column none takes the order of the rows"
      throw error
    }
    rating = try header.column(.ratings, options.rating, flag: "--rating-column", isNeeded: false)
    unitIsGiven = options.timeUnit != nil
    if let time { unit = try options.timeUnit ?? Self.unit(header, time) } else { unit = nil }
  }

  func tell(_ summary: inout InputSummary) {
    summary.use(.users, header.names[user])
    summary.use(.interactionItems, header.names[item])
    if let time {
      let told = unit.map { $0.rawValue + " since 1970" + (unitIsGiven ? "" : ", by the size of the first") }
      summary.use(.times, header.names[time], detail: told ?? "numbers of no known unit, kept as they are")
    } else {
      summary.use(.times, "the order of the rows")
    }
    if let rating { summary.use(.ratings, header.names[rating]) }
  }

  /// The unit of the first time.
  private static func unit(_ header: RecBoleHeader, _ column: Int) throws -> TimeUnit? {
    var unit: TimeUnit??
    try LineFile(header.path).firstLines { line, number in
      guard number > 0, unit == nil else { return unit == nil }
      var fields: [UnsafeRawBufferPointer] = []
      // What is faulty is told when it is read.
      guard (try? header.fields(line, &fields)) != nil, let value = try? header.number(fields[column], column) else {
        return true
      }
      unit = .some(TimeUnit(of: value.magnitude))
      return false
    }
    return unit ?? nil
  }

  /// The interactions of a block of lines; their times are 0 where there is no column of times.
  func parse(_ block: LineBlock) -> (InteractionBlock, Int) {
    var fields: [UnsafeRawBufferPointer] = []
    return InteractionBlock.read(block, source: header.path) { line, interactions in
      try header.fields(line, &fields)
      interactions.take(
        user: try header.text(fields[user], user), item: try header.text(fields[item], item),
        time: try time.map { try milliseconds(fields[$0], $0) } ?? 0,
        rating: try rating.flatMap { try header.number(fields[$0], $0) }.map { Float($0) } ?? .nan)
    }
  }

  private func milliseconds(_ field: UnsafeRawBufferPointer, _ column: Int) throws -> Int64? {
    guard let value = try header.number(field, column) else { return nil }
    let own = TimeUnit(of: value.magnitude)
    guard unitIsGiven || own == nil || own == unit else {
      throw InputError(
        .malformed, header.path, at: "column \"\(header.names[column])\"",
        expected: unit.map { "a time in \($0.rawValue) since 1970, as the first one is" }
          ?? "a number below 100,000,000, as the first one is",
        found: own.map { "one in \($0.rawValue)" }, remedy: "name the unit with --time-unit")
    }
    guard let time = unit.map({ $0.milliseconds(value) }) ?? Int64(exactly: value) else {
      throw InputError(
        .malformed, header.path, at: "column \"\(header.names[column])\"",
        expected: unit == nil
          ? "whole numbers, where times have no known unit" : "a time that 64 bits hold in milliseconds",
        found: "\(value)", remedy: unit == nil ? "name the unit with --time-unit" : nil)
    }
    return time
  }
}
