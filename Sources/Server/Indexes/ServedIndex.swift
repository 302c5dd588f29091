import Formats
import Foundation
import Retrieval
import Synchronization
import TextEmbedding
import Vectors

/// An index under a name: the state that is served, the one before, and the right to change it where the server was started
/// for that.
///
/// Reading a state costs a lock for the copy of a reference. States are replaced whole, so no request sees two.
final class ServedIndex: Sendable {
  let name: String
  let path: String
  let attachments: Attachments
  let isWritable: Bool
  private let pool: ThreadPool
  private let metrics: ServerMetrics
  private let states: Mutex<States>
  /// Held while a state is opened or changed: one at a time.
  private let writing = Mutex<LiveIndex?>(nil)

  private struct States {
    var current: ServedState
    var previous: ServedState?
    var isRolledBack = false
    /// The files that `current` was opened from; nil while another state is served.
    var source: Source?
  }

  /// What tells whether something else stands at the path.
  private struct Source: Equatable {
    var path: String
    var manifest: FolderHandle.FileState?

    init(_ path: String) {
      self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      manifest = (try? FolderHandle(opening: path))?.state(of: "manifest.json")
    }
  }

  init(_ options: ServerOptions.Index, isWritable: Bool, metrics: ServerMetrics, pool: ThreadPool) throws {
    name = options.name
    path = options.path
    self.isWritable = isWritable
    self.pool = pool
    self.metrics = metrics
    attachments = try Attachments(options, pool: pool)
    let source = Source(path)
    let index: SemanticIndex
    var live: LiveIndex?
    if isWritable {
      let opened = try LiveIndex(opening: source.path, options: .init(merging: nil), pool: pool)
      index = opened.current
      live = opened
    } else {
      index = try SemanticIndex(opening: path, pool: pool)
    }
    if let encoder = attachments.encoder {
      let dimension = encoder.dimension(attachments.encoding)
      guard dimension == index.manifest.dimension else {
        throw InputError(
          .mismatch, options.encoder ?? "",
          expected: "an encoder of \(index.manifest.dimension) numbers, as the index has",
          found: "\(dimension)")
      }
    }
    states = Mutex(States(current: ServedState(index), source: source))
    writing.withLock { $0 = live }
  }

  /// The state that is served.
  var state: ServedState { states.withLock { $0.current } }
  /// Whether the state before the last reload is served.
  var isRolledBack: Bool { states.withLock { $0.isRolledBack } }
  /// Whether there is a state to go back to.
  var canRollBack: Bool { states.withLock { $0.previous != nil && !$0.isRolledBack } }

  /// A fault without the paths of the index: where it was given, where a link there leads, and where the state was opened.
  func cleaned(_ fault: ServerFault) -> ServerFault {
    let paths = states.withLock { [path, Source(path).path, $0.current.index.path, $0.source?.path ?? ""] }
    // Longer ones first: one may be the beginning of another.
    return Set(paths).sorted { ($0.count, $0) > ($1.count, $1) }.reduce(fault) { $0.hiding($1, as: name) }
  }

  // MARK: Reloads

  /// Opens what stands at the path now, where that is something else.
  ///
  /// - Returns: whether the state is another one.
  @discardableResult
  func reload() throws -> Bool {
    try writing.withLock { live in
      do {
        return try reload(&live)
      } catch {
        metrics.count(.failedReloads, name)
        throw error
      }
    }
  }

  private func reload(_ live: inout LiveIndex?) throws -> Bool {
    let source = Source(path)
    let (old, oldSource, isRolledBack) = states.withLock { ($0.current, $0.source, $0.isRolledBack) }
    let isMoved = live.map { !$0.standsAtItsPath } ?? false
    if source == oldSource, !isRolledBack, !isMoved { return false }
    let index: SemanticIndex
    if live != nil, !isMoved, source.path == oldSource?.path || isRolledBack && source.path == livePath(live) {
      // Nobody else may change what this server has the right to change.
      guard let live else { return false }
      index = live.current
    } else if live != nil {
      let opened = try LiveIndex(opening: source.path, options: .init(merging: nil), pool: pool)
      index = opened.current
      live = opened
    } else {
      index = try old.index.reopened(at: path, pool: pool)
    }
    let next = ServedState(index)
    if next.generation == old.generation, !isRolledBack {
      states.withLock { $0.source = source }
      return false
    }
    states.withLock { states in
      // After a rollback, the state that was left then stays the one to go back to.
      if !states.isRolledBack { states.previous = states.current }
      states.current = next
      states.isRolledBack = false
      states.source = source
    }
    metrics.count(.reloads, name)
    return true
  }

  private func livePath(_ live: LiveIndex?) -> String? { live.map(\.current.path) }

  /// Reloads where the files have changed, and the index is not held back. A state that cannot be opened is left for the
  /// next look: a copy may be under way.
  ///
  /// - Returns: the fault, where there was one.
  func follow() -> InputError? {
    guard !isWritable, !isRolledBack, Source(path) != states.withLock({ $0.source }) else { return nil }
    do {
      try reload()
      return nil
    } catch {
      return error as? InputError
    }
  }

  /// Serves the state before the last reload.
  ///
  /// - Throws: `ServerFault` of kind `conflict` where there is none.
  func rollBack() throws {
    try writing.withLock { _ in
      try states.withLock { states in
        guard let previous = states.previous, !states.isRolledBack else {
          throw ServerFault(
            .conflict, name, expected: "a state before the last reload",
            found: states.isRolledBack ? "an index that was rolled back already" : "none")
        }
        states.previous = states.current
        states.current = previous
        states.isRolledBack = true
        states.source = nil
      }
    }
    metrics.count(.rollbacks, name)
  }

  // MARK: Updates

  /// Publishes changes. They are on disk when this returns.
  ///
  /// - Parameter changes: made of the state that they are applied to, under the lock.
  func update(_ changes: (SemanticIndex) throws -> IndexChanges) throws -> UpdateReport {
    let report = try write { live in try live.update(changes(live.current)) }
    metrics.count(.updates, name)
    metrics.count(.itemsAdded, name, report.added + report.replaced)
    metrics.count(.itemsDeleted, name, report.deleted)
    return report
  }

  func compact() throws -> UpdateReport {
    let report = try write { try $0.compact() }
    metrics.count(.merges, name, report.merges)
    return report
  }

  /// Merges small segments, one merge at a time, so that updates come in between.
  func mergeSegments(until isEnough: () -> Bool) throws {
    guard isWritable else { return }
    var goesOn = true
    while goesOn, !isEnough() {
      var steps = 0
      let report = try write { live in
        try live.merge(by: MergePolicy()) {
          steps += 1
          return steps > 1
        }
      }
      metrics.count(.merges, name, report.merges)
      goesOn = report.merges > 0
    }
  }

  private func write(_ body: (LiveIndex) throws -> UpdateReport) throws -> UpdateReport {
    guard isWritable else {
      throw ServerFault(
        .forbidden, name, expected: "an index that may be changed", found: "one that is only read",
        remedy: "start the server with --writable")
    }
    return try writing.withLock { live in
      guard let live else { throw ServerFault(.internal, name, found: "no writer") }
      guard !isRolledBack else {
        throw ServerFault(
          .conflict, name, expected: "an index that is not rolled back", found: "one that is",
          remedy: "reload it first: POST /v1/indexes/\(name)/reload")
      }
      // Also where a merge fails after changes were published.
      defer {
        let index = live.current
        if index.generation != state.generation {
          let next = ServedState(index)
          let source = Source(index.path)
          states.withLock { states in
            states.current = next
            states.source = source
          }
        }
      }
      return try body(live)
    }
  }
}
