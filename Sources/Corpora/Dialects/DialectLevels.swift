import Tokenizers
import Vectors

/// How programs that read IDs by their levels would read the IDs of a catalogue.
enum DialectLevels {
  /// MiniOneRec's readers of `index.json` join the first three tokens of an item, and pass over items with fewer.
  static let miniOneRec = 3
  /// LC-Rec's tests generate at most ten tokens, of which the last ends the answer.
  static let mostOfLCRec = 9

  /// Number of items whose first `levels` codes another item with another ID has too: their reader gives both one
  /// answer.
  static func itemsJoined(_ items: ItemCodes, at levels: Int) -> Int {
    /// The items whose IDs begin alike.
    struct Beginning {
      var items = 0
      var firstID: UInt32
      var hasSeveralIDs = false

      mutating func add(_ id: UInt32) {
        items += 1
        if id != firstID { hasSeveralIDs = true }
      }
    }
    var beginnings: [[UInt16]: Beginning] = [:]
    for item in 0..<items.count {
      let id = items.idNumbers[item]
      let codes = Array(items.id(of: item).array.prefix(levels))
      beginnings[codes, default: Beginning(firstID: id)].add(id)
    }
    return beginnings.values.reduce(0) { $0 + ($1.hasSeveralIDs ? $1.items : 0) }
  }

  /// "3 levels", or "3 to 4 levels" where IDs differ in length.
  static func description(_ items: ItemCodes) -> String {
    let most = items.codes.levels
    guard let least = items.lengths?.array.min(), Int(least) < most else {
      return most == 1 ? "1 level" : "\(most) levels"
    }
    return "\(least) to \(most) levels"
  }

  /// The fault that MiniOneRec's readers would make with IDs of other than three levels; nil where none.
  static func faultOfMiniOneRec(_ items: ItemCodes) -> String? {
    guard items.codes.levels != miniOneRec || items.lengths != nil else { return nil }
    let shorter = (0..<items.count).count { items.id(of: $0).count < miniOneRec }
    var effects: [String] = []
    if shorter > 0 { effects.append("\(shorter) of \(items.count) items have fewer and are passed over") }
    if items.codes.levels > miniOneRec {
      let joined = itemsJoined(items, at: miniOneRec)
      effects.append("joined at three, \(joined) of \(items.count) items have the answer of another item")
    }
    return description(items) + effects.map { "; \($0)" }.joined()
  }

  /// The fault that LC-Rec's tests would make; nil where none.
  static func faultOfLCRec(_ items: ItemCodes) -> String? {
    if items.lengths != nil {
      let shorter = items.lengths?.array.count { Int($0) < items.codes.levels } ?? 0
      return description(items) + "; the shorter IDs, of \(shorter) of \(items.count) items, can never be generated"
    }
    return items.codes.levels > mostOfLCRec
      ? description(items) + "; its tests generate ten tokens, so that no answer comes to its end" : nil
  }
}
