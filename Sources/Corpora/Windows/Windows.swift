import Interactions

/// One target and the items before it: interactions `first..<target` and `target` of one user.
struct Window: Hashable, Sendable {
  var user: UInt32
  var first: UInt32
  var target: UInt32

  var history: Range<Int> { Int(first)..<Int(target) }
  var count: Int { Int(target - first) }
}

/// How histories are cut into rows of one target each.
public struct WindowOptions: Hashable, Sendable, Codable {
  /// The most items before a target.
  public var maximumHistory = 20
  /// The fewest items before a target.
  public var minimumHistory = 1
  /// The distance between training targets of one user, in interactions, counted from the last one; 1: all are targets.
  /// Targets of validation and test are all used.
  public var stride = 1
  /// Whether only the last training target of each user is used.
  public var lastTargetOnly = false

  /// Default options.
  public init() {}
}

/// What cutting histories into windows left out.
package struct WindowReport: Hashable, Sendable, Codable {
  /// Targets with fewer items before them than `minimumHistory`. Users' first training items are counted apart.
  package var targetsWithoutHistory = 0
  /// Users' first training items, which have nothing before them. Nothing is lost: they are in the histories of later
  /// targets.
  package var firstItems = 0
  /// Targets whose ID stands in their own history: a repeat, or another item with the same ID. A model could copy the
  /// answer.
  package var answersInHistory = 0
  /// Users without exactly one target of validation and one of the test, where a format needs them.
  package var usersWithoutTargets = 0
  /// Items that make no row from title to ID, since items with other IDs have the same title.
  package var titlesOfSeveralIDs = 0

  package init() {}
}

extension Histories {
  /// The windows whose targets belong to `split`, by user and target.
  ///
  /// - Parameter keepsRepeats: whether a target whose ID stands in its own history makes a row.
  func windows(
    _ split: Split, _ options: WindowOptions, items codes: ItemCodes, keepsRepeats: Bool, report: inout WindowReport
  ) -> [Window] {
    var windows: [Window] = []
    for user in users.indices {
      let targets = range(of: user, split)
      for target in targets {
        if split == .train {
          let distance = targets.upperBound - 1 - target
          if options.lastTargetOnly ? distance > 0 : distance % max(1, options.stride) != 0 { continue }
        }
        let first = max(starts[user], target - options.maximumHistory)
        guard target - first >= max(1, options.minimumHistory) else {
          if split == .train, target == starts[user] {
            report.firstItems += 1
          } else {
            report.targetsWithoutHistory += 1
          }
          continue
        }
        let answer = codes.idNumbers[Int(items[target])]
        if !keepsRepeats, (first..<target).contains(where: { codes.idNumbers[Int(items[$0])] == answer }) {
          report.answersInHistory += 1
          continue
        }
        windows.append(Window(user: UInt32(user), first: UInt32(first), target: UInt32(target)))
      }
    }
    return windows
  }
}
