import Foundation
import Vectors

/// What changed in one generation, as its digest sees it: by item, and for one item as the rows of `assignment` lie.
struct GenerationEvents {
  enum Kind: UInt8 {
    /// The item has the ID from here on.
    case given = 0x2B
    /// The item is removed.
    case removed = 0x2D
    /// The ID is no longer kept for this row of the item.
    case freed = 0x2F
  }

  private var digest = SHA256()
  private(set) var counts: [Kind: Int] = [:]
  /// Items that had an ID before and have the same one again.
  var restored = 0
  /// IDs that are no longer kept since the item has a new row, and not since they were given up.
  var superseded = 0

  mutating func add(_ kind: Kind, item: Data, code: Data) {
    var bytes: [UInt8] = [kind.rawValue]
    bytes.reserveCapacity(item.count + code.count + 9)
    for length in [item.count, code.count] {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian) { bytes += $0 }
    }
    bytes += item
    bytes += code
    digest.update(bytes)
    counts[kind, default: 0] += 1
  }

  mutating func hexDigest() -> String { digest.hexDigest() }
}
