import Formats
import Interactions
import Vectors

/// The interactions of a block of lines, on their way to a log.
struct InteractionBlock: Sendable {
  private var users = StringColumnBuilder()
  private var items = StringColumnBuilder()
  private var times: [Int64] = []
  /// NaN where there is none.
  private var ratings: [Float] = []
  private var rows = 0
  private var dropped: [SelectionStep.Reason: Int] = [:]
  private var faults: [BlockFault] = []

  /// Interactions with a user, an item and a time.
  var count: Int { times.count }

  /// Reads a block; blank lines are passed over.
  ///
  /// - Parameter parse: reads one line, and takes what it says. What it throws is a fault of that line.
  /// - Returns: the interactions, and how many lines the block has.
  static func read(
    _ block: LineBlock, source: String, _ parse: (UnsafeRawBufferPointer, inout InteractionBlock) throws -> Void
  ) -> (InteractionBlock, Int) {
    var interactions = InteractionBlock()
    let lines = block.forEachLine { number, line in
      guard LineBlock.isData(line) else { return }
      interactions.rows += 1
      do {
        try parse(line, &interactions)
      } catch {
        let fault = error as? InputError ?? InputError(.malformed, source, found: "\(error)")
        interactions.faults.append(BlockFault(line: number, error: fault))
      }
    }
    return (interactions, lines)
  }

  /// Takes one interaction. One without a user, an item or a time is counted and left out.
  mutating func take(user: [UInt8], item: [UInt8], time: Int64?, rating: Float) {
    guard !user.isEmpty else { return dropped[.withoutUser, default: 0] += 1 }
    guard !item.isEmpty else { return dropped[.withoutItem, default: 0] += 1 }
    guard let time else { return dropped[.withoutTime, default: 0] += 1 }
    users.bytes += user
    users.endRow()
    items.bytes += item
    items.endRow()
    times.append(time)
    ratings.append(rating)
  }

  /// Appends the interactions to a log.
  ///
  /// - Parameter inOrder: whether the place in the log stands for the time.
  /// - Throws: the first fault, unless faults are passed over; `InputError` when the log is full.
  func append(
    to log: inout InteractionLog, _ report: inout SourceReport, path: String, firstLine: Int, skipsFaulty: Bool,
    inOrder: Bool = false
  ) throws {
    for fault in faults { try report.faulty.take(fault.located(firstLine: firstLine), skips: skipsFaulty) }
    guard log.count + count < InteractionLog.most else {
      throw InputError(
        .unsupported, path, expected: "at most \(InteractionLog.most) interactions", found: "more",
        remedy: "prepare parts of them")
    }
    report.interactions += rows
    for (reason, count) in dropped { report.drop(reason, count) }
    let (users, items) = (users.column(), items.column())
    for row in times.indices {
      users.withUTF8(at: row) { user in
        items.withUTF8(at: row) {
          log.append(user: user, item: $0, time: inOrder ? Int64(log.count) : times[row], rating: ratings[row])
        }
      }
    }
  }
}
