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
  /// The fewest.
  public var minimumHistory = 1
  /// Training targets of one user are this many interactions apart, counted from the last one; 1: all of them. Targets of
  /// validation and test are all used.
  public var stride = 1
  /// Only the last training target of each user.
  public var lastTargetOnly = false

  public init() {}
}

/// What cutting windows left out.
public struct WindowReport: Hashable, Sendable, Codable {
  /// Targets with fewer items before them than asked for. Users' first training items are counted apart.
  public var targetsWithoutHistory = 0
  /// Users' first training items: the beginning of histories, which nothing stands before. No loss: they are in the
  /// histories of what follows.
  public var firstItems = 0
  /// Targets whose ID stands in their own history: a repeat, or another item with the same ID. Copying it would be the
  /// right answer.
  public var answersInHistory = 0
  /// Users without one target of validation and one of the test, where a format needs them.
  public var usersWithoutTargets = 0
  /// Items that make no row from their title to their ID, since items with other IDs have the same title.
  public var titlesOfSeveralIDs = 0

  public init() {}
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
