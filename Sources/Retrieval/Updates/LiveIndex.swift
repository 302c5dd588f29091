import Foundation
import Synchronization
public import Vectors

/// An index that changes while it is searched.
///
///     let live = try LiveIndex(opening: "index")
///     try live.update(IndexChanges(added: .init(ids: ids, vectors: vectors), deleted: ["A17"]))
///     let result = try live.current.search(query)
///
/// `current` is the state last published, as a value. It costs nothing to take, and stays as it is for whoever holds
/// it. Updates are published one after another, in the order in which they come. Each is on disk, whole, before any
/// reader sees it. One `LiveIndex` at a time may have a directory open, in this process and all others. Readers in
/// other processes open `SemanticIndex`, and are not disturbed.
public final class LiveIndex: Sendable {
  /// How a live index is kept.
  public struct Options: Sendable {
    /// Which segments are merged after an update; nil: none, until `compact`.
    public var merging: MergePolicy? = MergePolicy()
    /// How many files the index may come to consist of.
    var limit = MappingLimit.system

    /// By default small segments are merged after updates, by the policy's defaults.
    public init(merging: MergePolicy? = MergePolicy()) { self.merging = merging }
  }

  /// How this index is kept.
  public let options: Options
  private let writer: Mutex<IndexWriter>
  private let published: Mutex<SemanticIndex>

  /// Opens the index at `path` and takes the right to change it.
  ///
  /// - Throws: `InputError` when there is no index, its items have no ids, or another process or `LiveIndex` has the
  ///   right.
  public init(opening path: String, options: Options = Options(), pool: ThreadPool = ThreadPool()) throws {
    let writer = try IndexWriter(opening: path, pool: pool, limit: options.limit)
    self.options = options
    published = Mutex(writer.index)
    self.writer = Mutex(writer)
  }

  /// Whether the index still stands where it was opened. Where it does not, updates are refused.
  package var standsAtItsPath: Bool { writer.withLock { $0.directory.standsAtItsPath } }

  /// The state last published.
  ///
  /// Readers and the writer hold the lock for the copy of a few references: nobody waits for an update.
  public var current: SemanticIndex { published.withLock { $0 } }

  /// Publishes changes, then merges segments as `options.merging` says. Waits for updates under way.
  ///
  /// - Throws: `InputError`, and nothing is changed: when items do not fit the index, when an id is taken or unknown,
  ///   when the index would consist of more files than half of what the system maps for a process (with `merging` nil:
  ///   some thousand segments), or when the disk refuses.
  @discardableResult
  public func update(_ changes: IndexChanges) throws -> UpdateReport {
    try write { writer, report, start in
      report = try writer.apply(changes)
      publish(writer.index)
      report.publishSeconds = Stopwatch.seconds(since: start)
      guard let policy = options.merging else { return }
      try writer.merge(by: policy, &report)
    }
  }

  /// Merges segments as a policy says, one merge after another, until it names none or `isEnough` says so.
  ///
  /// Readers go on; updates wait for the merge under way, and come in between two.
  package func merge(by policy: MergePolicy, until isEnough: () -> Bool = { false }) throws -> UpdateReport {
    var sum = UpdateReport()
    while !isEnough() {
      var goesOn = false
      let report = try write { writer, report, _ in goesOn = try writer.mergeOnce(by: policy, &report) }
      sum.merges += report.merges
      sum.rewritten += report.rewritten
      sum.seconds += report.seconds
      (sum.items, sum.segments) = (report.items, report.segments)
      if !goesOn { break }
    }
    return sum
  }

  /// Merges all segments into one without deleted items. Rows are numbered anew; ids stay.
  ///
  /// Where FAISS holds the vectors compressed, this compresses those of added and rewritten items (anew).
  @discardableResult
  public func compact() throws -> UpdateReport {
    try write { writer, report, _ in try writer.compact(&report) }
  }

  private func write(
    _ body: (inout IndexWriter, inout UpdateReport, ContinuousClock.Instant) throws -> Void
  ) throws -> UpdateReport {
    try writer.withLock { writer in
      let start = ContinuousClock.now
      var report = UpdateReport()
      // Also where a merge fails after the changes were published.
      defer { publish(writer.index) }
      try body(&writer, &report, start)
      report.items = writer.index.count
      report.segments = writer.index.segments.count
      report.seconds = Stopwatch.seconds(since: start)
      return report
    }
  }

  private func publish(_ index: SemanticIndex) {
    // Releasing the old state takes time, so not under the lock.
    var index = index
    published.withLock { swap(&$0, &index) }
  }
}
