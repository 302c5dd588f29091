import Formats

/// Every user's interactions in the order of time, of which rules drop some.
///
/// Interactions are named by their rank: their place in the order of time over all users.
struct UserHistories {
  private let rows: [UInt32]
  private let log: InteractionLog
  /// Ranks by user, ascending; those of user `u` are `starts[u]..<starts[u + 1]`.
  private let ranks: [UInt32]
  private let starts: [Int]
  /// By rank.
  private(set) var isLeft: [Bool]
  /// How many interactions each user has left.
  private(set) var counts: [Int]
  private(set) var left: Int

  /// - Parameter rows: rows of the log by time.
  init(_ rows: [UInt32], _ log: InteractionLog) {
    self.rows = rows
    self.log = log
    var counts = [Int](repeating: 0, count: log.users.count)
    for row in rows { counts[Int(log.user[Int(row)])] += 1 }
    var ends: [Int] = [0]
    ends.reserveCapacity(counts.count + 1)
    for count in counts { ends.append(ends[ends.count - 1] + count) }
    var next = ends
    var ranks = [UInt32](repeating: 0, count: rows.count)
    for (rank, row) in rows.enumerated() {
      let user = Int(log.user[Int(row)])
      ranks[next[user]] = UInt32(rank)
      next[user] += 1
    }
    self.ranks = ranks
    starts = ends
    isLeft = [Bool](repeating: true, count: rows.count)
    self.counts = counts
    left = rows.count
  }

  private func item(_ rank: UInt32) -> Int { Int(log.item[Int(rows[Int(rank)])]) }

  private mutating func drop(_ rank: UInt32, of user: Int) {
    isLeft[Int(rank)] = false
    counts[user] -= 1
    left -= 1
  }

  /// Drops interactions with an item that the user had met before.
  mutating func dropRepeats(_ steps: inout [SelectionStep]) {
    let before = left
    // The user, from 1, who was the last to meet each item.
    var met = [UInt32](repeating: 0, count: log.items.count)
    for user in counts.indices {
      for rank in ranks[starts[user]..<starts[user + 1]] where isLeft[Int(rank)] {
        let item = item(rank)
        if met[item] == UInt32(user + 1) { drop(rank, of: user) } else { met[item] = UInt32(user + 1) }
      }
    }
    note(.repeated, before, &steps)
  }

  /// Drops all but the latest `most` interactions of each user.
  mutating func keepLatest(_ most: Int, _ steps: inout [SelectionStep]) {
    let before = left
    for user in counts.indices where counts[user] > most {
      for rank in ranks[starts[user]..<starts[user + 1]] where isLeft[Int(rank)] && counts[user] > most {
        drop(rank, of: user)
      }
    }
    note(.older, before, &steps)
  }

  /// Drops users and items with too few interactions, in turns, until all that are left have enough.
  mutating func dropShort(users leastOfUser: Int, items leastOfItem: Int, _ steps: inout [SelectionStep]) {
    var itemCounts = [Int](repeating: 0, count: log.items.count)
    for rank in rows.indices where isLeft[rank] { itemCounts[Int(log.item[Int(rows[rank])])] += 1 }
    var short = SelectionStep(.shortHistory, interactions: 0, users: 0)
    var rare = SelectionStep(.rareItem, interactions: 0, items: 0)
    while true {
      let before = left
      for user in counts.indices where counts[user] > 0 && counts[user] < leastOfUser {
        short.users? += 1
        for rank in ranks[starts[user]..<starts[user + 1]] where isLeft[Int(rank)] {
          itemCounts[item(rank)] -= 1
          drop(rank, of: user)
        }
      }
      short.interactions += before - left
      let between = left
      let isRare = itemCounts.map { $0 > 0 && $0 < leastOfItem }
      guard isRare.contains(true) else { break }
      rare.items? += isRare.count { $0 }
      for rank in rows.indices where isLeft[rank] {
        let row = Int(rows[rank])
        guard isRare[Int(log.item[row])] else { continue }
        itemCounts[Int(log.item[row])] -= 1
        drop(UInt32(rank), of: Int(log.user[row]))
      }
      rare.interactions += between - left
    }
    steps += [short, rare].filter { $0.interactions > 0 }
  }

  private func note(_ reason: SelectionStep.Reason, _ before: Int, _ steps: inout [SelectionStep]) {
    if before > left { steps.append(SelectionStep(reason, interactions: before - left)) }
  }
}
