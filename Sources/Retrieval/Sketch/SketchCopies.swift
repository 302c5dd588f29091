/// Removes copies: an item may be in two cells and be met in either, but is a candidate once.
///
/// It keeps one bit for each position that was met, and the list of those positions, so that forgetting them costs no
/// more than meeting them did.
final class SketchCopies {
  private let bits = GrowingMemory<UInt64>()
  private let positions = GrowingMemory<UInt32>()
  private var seen: UnsafeMutablePointer<UInt64>
  private var listed: UnsafeMutablePointer<UInt32>
  private var count = 0

  init() {
    seen = bits.start
    listed = positions.start
    seen[0] = 0
  }

  /// Makes room for positions below `limit`.
  func reserve(positions limit: Int) {
    guard bits.grow(to: limit / 64 + 1) else { return }
    seen = bits.start
    seen.update(repeating: 0, count: limit / 64 + 1)
  }

  /// Makes room for this many positions more.
  @inline(__always)
  func reserve(_ more: Int) {
    if positions.capacity < count + more {
      _ = positions.grow(to: 2 * (count + more), keeping: count)
      listed = positions.start
    }
  }

  /// Whether a position comes for the first time since the last `forget`.
  @inline(__always)
  func isFirst(_ position: UInt32) -> Bool {
    let (word, bit) = (Int(position >> 6), UInt64(1) << UInt64(position & 63))
    if seen[word] & bit != 0 { return false }
    seen[word] |= bit
    listed[count] = position
    count += 1
    return true
  }

  /// Forgets what has been met.
  func forget() {
    for index in 0..<count { seen[Int(listed[index] >> 6)] = 0 }
    count = 0
  }
}
