import Foundation
import Retrieval
import Synchronization
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What all requests share.
final class ServerCore: Sendable {
  let options: ServerOptions
  let indexes: [String: ServedIndex]
  let work: WorkQueue
  let writing: WorkQueue
  let metrics: ServerMetrics
  let constraints: ConstraintCache
  private let merging = WorkQueue(threads: 1, limit: 64, name: "merging")
  /// Indexes that wait for a merge.
  private let waiting = Mutex<Set<String>>([])
  private let ready = Atomic(false)
  private let started = ContinuousClock.now

  /// Opens all indexes.
  ///
  /// - Parameter operations: the names of all operations, for their metrics.
  /// - Throws: `InputError` when one cannot be opened.
  init(_ options: ServerOptions, operations: [String]) throws {
    try options.check()
    self.options = options
    metrics = ServerMetrics(operations: operations)
    constraints = ConstraintCache(limit: options.limits.constraints)
    let pool = ThreadPool(threads: options.threads)
    var opened: [String: ServedIndex] = [:]
    for index in options.indexes {
      opened[index.name] = try ServedIndex(index, isWritable: options.isWritable, metrics: metrics, pool: pool)
    }
    indexes = opened
    work = WorkQueue(threads: options.threads, limit: options.limits.queue, name: "semid")
    writing = WorkQueue(threads: 1, limit: options.limits.queue, name: "writing")
  }

  var isReady: Bool { ready.load(ordering: .acquiring) }

  func setReady(_ isReady: Bool) { ready.store(isReady, ordering: .releasing) }

  /// Ends the threads, once what waits is done.
  func close() {
    setReady(false)
    work.close()
    writing.close()
    merging.close()
  }

  /// Merges the segments of an index soon, on a thread of its own.
  func mergeLater(_ served: ServedIndex) {
    guard waiting.withLock({ $0.insert(served.name).inserted }) else { return }
    Task { [self] in
      do {
        try await merging.run(until: .now + .seconds(24 * 3600)) { [self] in
          _ = waiting.withLock { $0.remove(served.name) }
          // A merge that fails leaves the index as it is; the next update asks for one again.
          try? served.mergeSegments { !self.isReady }
        }
      } catch {
        // It was not taken, so that the next update has to ask again.
        _ = waiting.withLock { $0.remove(served.name) }
      }
    }
  }

  func metricsText() -> String {
    var text = MetricsText()
    metrics.write(to: &text)
    let load = work.load
    func gauge(_ name: String, _ help: String, _ value: Double) {
      text.family(name, "gauge", help)
      text.sample(name, [], value)
    }
    gauge("semid_queue_waiting", "Requests that wait for a thread.", Double(load.waiting))
    gauge("semid_queue_running", "Threads that answer requests now.", Double(load.running))
    gauge("semid_threads", "Threads that answer requests.", Double(work.threads))
    gauge("semid_constraints", "Constraints that are kept.", Double(constraints.count))
    let served = indexes.values.sorted { $0.name < $1.name }
    func each(_ name: String, _ help: String, _ value: (ServedIndex) -> Double) {
      text.family("semid_index_" + name, "gauge", help)
      for index in served { text.sample("semid_index_" + name, [("index", index.name)], value(index)) }
    }
    each("items", "Items of the index.") { Double($0.state.index.count) }
    each("segments", "Segments of the index.") { Double($0.state.index.manifest.segments.count) }
    each("deleted_items", "Deleted items that still take space.") { Double($0.state.index.deletedCount) }
    each("bytes", "Bytes of the index's files.") { Double($0.state.index.bytes.total) }
    each("dead_bytes", "Bytes that deleted items take.") { Double($0.state.index.bytes.dead) }
    each("rolled_back", "1 where the state before the last reload is served.") { $0.isRolledBack ? 1 : 0 }
    text.family("semid_index_info", "gauge", "The state that is served.")
    for index in served {
      text.sample("semid_index_info", [("index", index.name), ("generation", index.state.generation)], 1)
    }
    gauge(
      "process_resident_memory_bytes", "Memory of the process, mapped files that were read included.",
      Double(Self.residentBytes))
    gauge("process_open_fds", "Open file descriptors.", Double(Self.openDescriptors))
    gauge("process_uptime_seconds", "Seconds since the start.", (ContinuousClock.now - started) / .seconds(1))
    return text.text
  }

  private static var residentBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static var openDescriptors: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
  }
}
