import Foundation
import Vectors

/// The changes of one generation, in the order that its digest covers: by item, and for one item in the order of its
/// rows in `assignment`.
struct GenerationEvents {
  enum Kind: UInt8 {
    /// The item has the ID from here on.
    case given = 0x2B
    /// The item is removed.
    case removed = 0x2D
    /// The ID is no longer reserved by this row of the item.
    case freed = 0x2F
  }

  private var digest = SHA256()
  private(set) var counts: [Kind: Int] = [:]
  /// Items that had an ID before and have the same one again.
  var restored = 0
  /// IDs that a row no longer reserves because the item has a new row, and not because they were released.
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
