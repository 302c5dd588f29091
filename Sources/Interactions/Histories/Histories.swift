package import Formats
public import Vectors

/// Every user's interactions with known items, in order: those for training, then for validation, then for the test.
public struct Histories: Sendable {
  /// The ids of the users with at least one known item, in the order in which the files name them first.
  public let users: StringColumn
  /// Interactions of user `u`: `starts[u]..<starts[u + 1]`.
  package let starts: [Int]
  /// The end of user `u`'s interactions for training, and for validation.
  package let trainEnds: [Int]
  package let validEnds: [Int]
  /// For each interaction, its item's row in the codes.
  package let items: [UInt32]
  package let times: [Int64]
  package let repeats: InteractionSource.Repeats
  package let report: InteractionReport
  /// Rows of the test whose item is unknown; of a file that is split here, rows of any part.
  package let unknownTestRows: Int
  /// The columns that were read, and warnings.
  package let summary: InputSummary

  /// Interactions of all users together.
  public var count: Int { items.count }

  /// The interactions of user `user` that belong to `split`.
  package func range(of user: Int, _ split: Split) -> Range<Int> {
    switch split {
    case .train: starts[user]..<trainEnds[user]
    case .valid: trainEnds[user]..<validEnds[user]
    case .test: validEnds[user]..<starts[user + 1]
    }
  }

  /// For each item, whether it has a training interaction.
  package func trainingItems(of count: Int) -> [Bool] {
    var seen = [Bool](repeating: false, count: count)
    for user in users.indices { for event in range(of: user, .train) { seen[Int(items[event])] = true } }
    return seen
  }

  /// Reads and orders interactions. Unknown items are dropped, then repeats; the rest is split.
  ///
  /// - Parameter open: opens the table that a path of the source stands for.
  /// - Throws: as the readers of the files; `InputError` when no known item is left.
  package static func read(
    _ source: InteractionSource, items codes: some ItemNumbering,
    open: (_ path: String) throws -> DataTable = { try DataTable(opening: $0) }
  ) throws -> Histories {
    let table = try InteractionTable(source, items: codes, open: open)
    var report = InteractionReport()
    report.rows = table.user.count
    report.rowsOfUnknownItems = table.item.count { $0 == InteractionTable.unknown }
    report.unknownItems = table.unknownItems.count
    var order = grouped(table)
    sort(&order, table)
    if source.repeats == .first { dropRepeats(&order, table, &report) }
    let cuts = cuts(order, table, source)
    return assemble(order, cuts, table, source, codes, &report)
  }

  /// Rows of known items by user, in the order of the files.
  private static func grouped(_ table: InteractionTable) -> [[UInt32]] {
    var order = [[UInt32]](repeating: [], count: table.users.count)
    for row in table.user.indices where table.item[row] != InteractionTable.unknown {
      order[Int(table.user[row])].append(UInt32(row))
    }
    return order
  }

  private static func rank(_ split: Split) -> Int { split == .train ? 0 : split == .valid ? 1 : 2 }

  /// By part, then time, then place in the file.
  private static func sort(_ order: inout [[UInt32]], _ table: InteractionTable) {
    for user in order.indices {
      order[user].sort { first, second in
        let (a, b) = (Int(first), Int(second))
        return (rank(table.split[a]), table.time[a], a) < (rank(table.split[b]), table.time[b], b)
      }
    }
  }

  /// Keeps a user's first interaction with each item: the first of all where one file is split, and the first of each
  /// part where parts are given. So the audit finds an item that stands in two parts.
  private static func dropRepeats(
    _ order: inout [[UInt32]], _ table: InteractionTable, _ report: inout InteractionReport
  ) {
    for user in order.indices {
      var seen: Set<UInt64> = []
      let before = order[user].count
      order[user].removeAll { row in
        let key = UInt64(rank(table.split[Int(row)])) << 32 | UInt64(table.item[Int(row)])
        return !seen.insert(key).inserted
      }
      report.repeats += before - order[user].count
    }
  }

  /// How many training times are later than the first of validation or test, and how many of validation than the first
  /// of the test. Times ascend inside each part.
  private static func disorder(_ times: [Int64], _ training: Range<Int>, _ validEnd: Int) -> Int {
    let firstTest = validEnd < times.count ? times[validEnd] : .max
    let firstHeldOut = training.upperBound < validEnd ? min(times[training.upperBound], firstTest) : firstTest
    return training.count { times[$0] > firstHeldOut }
      + (training.upperBound..<validEnd).count { times[$0] > firstTest }
  }

  /// How many interactions of each user are before the end of training, and before the end of validation.
  private static func cuts(
    _ order: [[UInt32]], _ table: InteractionTable, _ source: InteractionSource
  ) -> [(train: Int, valid: Int)] {
    switch source.files {
    case .given:
      return order.map { rows in
        (rows.count { table.split[Int($0)] == .train }, rows.count { table.split[Int($0)] != .test })
      }
    case .whole(_, let rule):
      let boundaries = SplitBoundaries(rule) { order.flatMap { $0.map { table.time[Int($0)] } }.sorted() }
      return order.map { rows in
        var (train, valid) = (0, 0)
        for (place, row) in rows.enumerated() {
          let part = boundaries.part(place: place, of: rows.count, time: table.time[Int(row)])
          train += part == .train ? 1 : 0
          valid += part == .test ? 0 : 1
        }
        return (train, valid)
      }
    }
  }

  private static func assemble(
    _ order: [[UInt32]], _ cuts: [(train: Int, valid: Int)], _ table: InteractionTable, _ source: InteractionSource,
    _ codes: some ItemNumbering, _ report: inout InteractionReport
  ) -> Histories {
    let kept = order.indices.filter { !order[$0].isEmpty }
    report.users = kept.count
    report.usersWithoutItems = order.count - kept.count
    var starts = [0]
    var (trainEnds, validEnds): ([Int], [Int]) = ([], [])
    var items: [UInt32] = []
    var times: [Int64] = []
    for user in kept {
      let start = items.count
      items += order[user].map { table.item[Int($0)] }
      times += order[user].map { table.time[Int($0)] }
      starts.append(items.count)
      trainEnds.append(start + cuts[user].train)
      validEnds.append(start + cuts[user].valid)
      report.train += cuts[user].train
      report.valid += cuts[user].valid - cuts[user].train
      report.test += order[user].count - cuts[user].valid
      report.usersWithOneItem += order[user].count == 1 ? 1 : 0
      for event in start..<items.count where event > start && times[event] == times[event - 1] {
        report.equalTimes += 1
      }
      report.laterThanHeldOut += disorder(times, start..<trainEnds[trainEnds.count - 1], validEnds[validEnds.count - 1])
    }
    var seen = [UInt8](repeating: 0, count: codes.count)
    for user in kept.indices {
      for event in starts[user]..<starts[user + 1] { seen[Int(items[event])] |= event < trainEnds[user] ? 1 : 2 }
    }
    report.heldOutItems = seen.count { $0 == 2 }
    return Histories(
      users: table.users.column().gathered(kept), starts: starts, trainEnds: trainEnds, validEnds: validEnds,
      items: items,
      times: times, repeats: source.repeats, report: report, unknownTestRows: table.unknownTestRows(source),
      summary: table.summary)
  }
}
