import Formats
import Vectors

/// Which items have titles that others have, too.
struct SharedTitles {
  /// Items whose title another item has.
  private(set) var items = 0
  /// For each item, whether its title is that of an item with another ID.
  let hasSeveralIDs: [Bool]

  /// Items without a title share nothing. O(bytes).
  init(_ titles: StringColumn, _ codes: ItemCodes) {
    /// The items of one title.
    struct Title {
      var items = 0
      var firstID: UInt32
      var hasSeveralIDs = false
    }
    var table = StringTable()
    var all: [Title] = []
    let numbers = titles.indices.map { item in
      titles.withUTF8(at: item) { title -> Int? in
        guard !title.isEmpty else { return nil }
        let number = table.number(of: title)
        if number == all.count { all.append(Title(firstID: codes.idNumbers[item])) }
        all[number].items += 1
        if all[number].firstID != codes.idNumbers[item] { all[number].hasSeveralIDs = true }
        return number
      }
    }
    hasSeveralIDs = numbers.map { number in number.map { all[$0].hasSeveralIDs } ?? false }
    items = all.reduce(0) { $0 + ($1.items > 1 ? $1.items : 0) }
  }
}
