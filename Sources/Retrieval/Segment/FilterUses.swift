import Synchronization

/// A filter's segments in the state of the index on which it was last used, so that a thousand searches compute them
/// once.
final class FilterUses: Sendable {
  private let last = Mutex<[SearchedSegment]>([])

  /// - Parameter make: what it comes to with these segments.
  func segments(_ segments: [IndexSegment], _ make: () -> [SearchedSegment]) -> [SearchedSegment] {
    let known = last.withLock { $0 }
    let isSame = known.count == segments.count && zip(known, segments).allSatisfy { $0.opened.isSameState(as: $1) }
    if isSame { return known }
    let made = make()
    last.withLock { $0 = made }
    return made
  }
}
