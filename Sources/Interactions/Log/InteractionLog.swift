package import Formats

/// Interactions in the order in which they were read: 20 bytes each, with users and items as numbers.
///
/// Texts of ids are held once, in `users` and `items`. The first `cataloguedItems` items are those that metadata name.
package struct InteractionLog: Sendable {
  package var users = StringTable()
  package var items: StringTable
  /// How many items metadata name; items with larger numbers were met in interactions alone.
  package let cataloguedItems: Int

  package private(set) var user: [UInt32] = []
  package private(set) var item: [UInt32] = []
  /// Milliseconds since 1970, or places in an order.
  package private(set) var time: [Int64] = []
  /// NaN where there is none; empty while no interaction had one.
  package private(set) var rating: [Float] = []

  package var count: Int { user.count }
  package var hasRatings: Bool { !rating.isEmpty }

  /// The most interactions, users and items.
  package static let most = Int(UInt32.max) - 1

  /// - Parameter items: the items that metadata name.
  package init(items: StringTable = StringTable()) {
    self.items = items
    cataloguedItems = items.count
  }

  /// - Precondition: fewer than `most` interactions are there.
  package mutating func append(
    user userID: UnsafeBufferPointer<UInt8>, item itemID: UnsafeBufferPointer<UInt8>, time: Int64, rating: Float?
  ) {
    precondition(count < Self.most, "interactions are numbered in 32 bits")
    user.append(UInt32(users.number(of: userID)))
    item.append(UInt32(items.number(of: itemID)))
    self.time.append(time)
    if let rating, !rating.isNaN {
      if self.rating.isEmpty { self.rating = [Float](repeating: .nan, count: count - 1) }
      self.rating.append(rating)
    } else if hasRatings {
      self.rating.append(.nan)
    }
  }
}
