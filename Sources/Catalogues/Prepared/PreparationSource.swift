package import Formats
package import Interactions
package import Vectors

/// What a source has read, and what it left out while reading.
package struct SourceReport: Hashable, Sendable, Codable {
  /// The form of the files that was found: `2023`, `RecBole`.
  package var layout: String?
  /// Rows of interactions, faulty ones too.
  package var interactions = 0
  /// Rows of items, faulty ones too.
  package var items = 0
  /// Items whose id had been met before; the first one counts.
  package var repeatedItems = 0
  /// Items without an id.
  package var itemsWithoutID = 0
  package var itemsWithoutTitle = 0
  /// Items whose price is there and is no number, such as a range.
  package var itemsWithOtherPrice = 0
  /// Items whose only category is the main one.
  package var itemsWithMainCategory = 0
  /// Interactions that were left out while reading.
  package var dropped: [SelectionStep] = []
  package var faulty = FaultyLines()
  package var inputs: [LineFile.Account] = []

  package init() {}

  /// - Throws: `InputError` unless a file that is read again is what it was.
  func checkUnchanged(_ account: LineFile.Account) throws {
    guard !inputs.contains(account) else { return }
    throw InputError(
      .mismatch, account.path, expected: "the file that was read before", found: "other bytes",
      remedy: "let nothing change the files while they are read")
  }

  /// Counts interactions that were left out; reasons stand in one order, whatever was met first.
  mutating func drop(_ reason: SelectionStep.Reason, _ count: Int) {
    guard count > 0 else { return }
    if let place = dropped.firstIndex(where: { $0.reason == reason }) {
      dropped[place].interactions += count
    } else {
      dropped.append(SelectionStep(reason, interactions: count))
      let order = SelectionStep.Reason.allCases
      dropped.sort { (order.firstIndex(of: $0.reason) ?? 0) < (order.firstIndex(of: $1.reason) ?? 0) }
    }
  }
}

/// A place where interactions and items come from.
///
/// `read` is called once, then `forEachItem` once.
package protocol PreparationSource {
  /// The source's name: `amazon`.
  var name: String { get }
  /// All files that are read.
  var paths: [String] { get }
  /// The columns of the items; known once interactions have been read.
  var schema: ItemSchema { get }
  var report: SourceReport { get }
  /// Which columns were read, and in what unit; known once interactions have been read.
  var summary: InputSummary { get }

  /// Reads the ids of the items, then the interactions.
  ///
  /// - Parameter progress: told what is read, and how many bytes of how many.
  mutating func read(pool: ThreadPool, progress: PreparationProgress) throws -> InteractionLog

  /// Calls `body` with all items, in their order, repeated ones too.
  mutating func forEachItem(
    pool: ThreadPool, progress: PreparationProgress, _ body: (ItemRows) throws -> Void) throws
}

/// Told while files are read: what, how many bytes of it are done, and how many there are.
package typealias PreparationProgress = (_ what: String, _ done: Int, _ total: Int) -> Void
