import Formats
import Vectors

/// The interactions of a log that are left after the rules of `SelectionOptions`, in the order of time, with their parts.
///
/// Rules apply in this order: metadata, rating, repeats, the latest of each user, then histories and items that are too
/// short or too rare, in turns until nothing changes. Time is O(interactions) for each turn; memory is some 20 bytes per
/// interaction beside the log.
package struct InteractionSelection: Sendable {
  /// Rows of the log by time; rows of one time in the order in which they were read.
  package let rows: [UInt32]
  /// The part of each of `rows`.
  package let parts: [Split]
  /// What was dropped, in the order of the rules; nothing for rules that dropped nothing.
  package let steps: [SelectionStep]
  package let users: Int
  /// By item of the log: whether an interaction with it is left.
  package let isUsed: [Bool]

  package var items: Int { isUsed.count { $0 } }

  package func count(_ split: Split) -> Int { parts.count { $0 == split } }

  /// - Throws: `InputError` when nothing is left, with what each rule dropped.
  /// - Parameters:
  ///   - source: the file of the log, for errors.
  ///   - before: what was dropped while the log was read, for errors.
  package init(
    _ log: InteractionLog, options: SelectionOptions, source: String, before: [SelectionStep] = []
  ) throws {
    var steps: [SelectionStep] = []
    let rows = TimeOrder.sorted(Self.admitted(log, options, &steps), times: log.time)
    var histories = UserHistories(rows, log)
    if options.repeats == .first { histories.dropRepeats(&steps) }
    if let most = options.maximumHistory { histories.keepLatest(most, &steps) }
    histories.dropShort(users: options.minimumHistory, items: options.itemCore, &steps)
    guard histories.left > 0 else { throw Self.nothingLeft(log, options, source, before + steps) }

    let kept = rows.indices.filter { histories.isLeft[$0] }.map { rows[$0] }
    let boundaries = SplitBoundaries(options.split) { kept.map { log.time[Int($0)] } }
    var places = [UInt32](repeating: 0, count: log.users.count)
    var isUsed = [Bool](repeating: false, count: log.items.count)
    parts = kept.map { row in
      let (row, user) = (Int(row), Int(log.user[Int(row)]))
      defer { places[user] += 1 }
      isUsed[Int(log.item[row])] = true
      return boundaries.part(place: Int(places[user]), of: histories.counts[user], time: log.time[row])
    }
    self.rows = kept
    self.steps = steps
    self.isUsed = isUsed
    users = histories.counts.count { $0 > 0 }
  }

  /// Rows that pass the rules which look at one interaction alone.
  private static func admitted(
    _ log: InteractionLog, _ options: SelectionOptions, _ steps: inout [SelectionStep]
  ) -> [UInt32] {
    var dropped: [SelectionStep.Reason: Int] = [:]
    var unknown = [Bool](repeating: false, count: log.items.count - log.cataloguedItems)
    var rows: [UInt32] = []
    rows.reserveCapacity(log.count)
    for row in 0..<log.count {
      let item = Int(log.item[row])
      let reason: SelectionStep.Reason?
      if item >= log.cataloguedItems, !options.keepsUncatalogued {
        unknown[item - log.cataloguedItems] = true
        reason = .withoutMetadata
      } else if let least = options.minimumRating {
        let rating = log.hasRatings ? log.rating[row] : .nan
        reason = rating.isNaN ? .withoutRating : Double(rating) < least ? .lowRating : nil
      } else {
        reason = nil
      }
      if let reason { dropped[reason, default: 0] += 1 } else { rows.append(UInt32(row)) }
    }
    for reason in SelectionStep.Reason.allCases {
      guard let count = dropped[reason] else { continue }
      let items = reason == .withoutMetadata ? unknown.count { $0 } : nil
      steps.append(SelectionStep(reason, interactions: count, items: items))
    }
    return rows
  }

  private static func nothingLeft(
    _ log: InteractionLog, _ options: SelectionOptions, _ source: String, _ steps: [SelectionStep]
  ) -> InputError {
    let told = steps.filter { $0.interactions > 0 }.map { "\($0.interactions) \($0.reason.phrase)" }
    let read =
      log.count
      + steps.filter { [.withoutUser, .withoutItem, .withoutTime].contains($0.reason) }
      .reduce(0) { $0 + $1.interactions }
    return InputError(
      .malformed, source, expected: "interactions that pass every rule",
      found: read == 0
        ? "no interactions" : "none of \(read); dropped: " + told.joined(separator: ", "),
      remedy: "check that interactions and items name items alike, or loosen a rule")
  }
}
