/// Which segments are merged after an update, so that many small additions stay a few segments.
///
/// Segments are put in tiers by the number of their live items: up to `smallest`, up to `factor` times that, and so on.
/// A tier that holds more than `perTier` segments is merged into one segment, which as a rule belongs to the next tier.
/// So beyond the first tier, an item is rewritten about log(items / smallest) / log(factor) times in its life. An index
/// of n items holds at most about `perTier` · (1 + log(n / smallest) / log(factor)) segments. A segment with a larger
/// share of deleted items than `deletedShare` is rewritten without them.
public struct MergePolicy: Hashable, Sendable {
  /// The most segments of a tier; more are merged.
  public var perTier = 4
  /// The most live items of a segment of the first tier.
  public var smallest = 1024
  /// How many times more items the segments of a tier may have than those of the tier before.
  public var factor = 4
  /// Share of deleted items above which a segment is rewritten.
  public var deletedShare = 0.25

  /// Default policy.
  public init() {}

  func tier(_ liveCount: Int) -> Int {
    var tier = 0
    var limit = max(smallest, 1)
    while limit < liveCount {
      tier += 1
      let (product, overflow) = limit.multipliedReportingOverflow(by: max(factor, 2))
      limit = overflow ? .max : product
    }
    return tier
  }

  /// The segments to merge next, by number; nil when none needs it.
  ///
  /// - Parameter isRewritable: whether a segment's items can be rewritten without loss.
  func next(_ segments: [IndexManifest.Segment], isRewritable: (IndexManifest.Segment) -> Bool) -> [Int]? {
    let candidates = segments.indices.filter { isRewritable(segments[$0]) }
    let tiers = Dictionary(grouping: candidates) { tier(segments[$0].liveCount) }
    for (_, members) in tiers.sorted(by: { $0.key < $1.key }) where members.count > max(perTier, 1) { return members }
    let wasteful = candidates.first { number in
      let segment = segments[number]
      return segment.liveCount > 0 && Double(segment.deleted?.count ?? 0) > deletedShare * Double(segment.count)
    }
    return wasteful.map { [$0] }
  }
}
