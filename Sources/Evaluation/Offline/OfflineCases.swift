import Formats
package import Interactions
package import Vectors

/// Items of a catalogue as interactions name them.
package struct CatalogueItems: ItemNumbering, Sendable {
  package let count: Int
  package let source: String
  package let firstID: String
  private let table: StringTable

  /// - Parameter ids: unique.
  package init(_ ids: StringColumn, source: String) {
    count = ids.count
    self.source = source
    firstID = ids.first ?? ""
    table = StringTable(ids)
  }

  package func find(_ id: UnsafeBufferPointer<UInt8>) -> Int? { table.find(id) }
}

/// What an offline evaluation asks: for each held-out interaction of the test, which item the user met.
package struct OfflineCases: Sendable {
  /// One held-out interaction.
  package struct Case: Sendable {
    /// The user's interactions before the test, in `items`.
    package var history: Range<Int>
    /// The row of the item that the user met.
    package var target: UInt32
  }

  package let cases: [Case]
  /// Rows of items: the histories of all users.
  package let items: [UInt32]
  /// Interactions of the test whose user has no history.
  package let withoutHistory: Int
  /// Interactions before the test, for each item.
  package let popularity: [Int]

  /// - Parameter count: number of items.
  package init(_ histories: Histories, items count: Int) {
    var cases: [Case] = []
    var withoutHistory = 0
    var popularity = [Int](repeating: 0, count: count)
    for user in histories.users.indices {
      let history = histories.range(of: user, .train).lowerBound..<histories.range(of: user, .valid).upperBound
      for event in history { popularity[Int(histories.items[event])] += 1 }
      for event in histories.range(of: user, .test) {
        if history.isEmpty {
          withoutHistory += 1
        } else {
          cases.append(Case(history: history, target: histories.items[event]))
        }
      }
    }
    self.cases = cases
    items = histories.items
    self.withoutHistory = withoutHistory
    self.popularity = popularity
  }

  func history(of number: Int) -> ArraySlice<UInt32> { items[cases[number].history] }
}
