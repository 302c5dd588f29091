import Synchronization

/// What the server counts, apart from what it reads off its state when it is asked.
final class ServerMetrics: Sendable {
  /// One way of being asked, and the status of the answer.
  struct Request: Hashable {
    var operation: String
    var status: Int
  }

  private let requests = Mutex<[Request: UInt64]>([:])
  private let latencies: [String: Histogram]
  private let events = Mutex<[Event: UInt64]>([:])
  private let current = Atomic(0)

  /// Something that happened to an index.
  struct Event: Hashable {
    enum Kind: String, CaseIterable {
      case updates, merges, reloads, rollbacks
      case failedReloads = "failed_reloads"
      case itemsAdded = "items_added"
      case itemsDeleted = "items_deleted"
    }

    var kind: Kind
    var index: String
  }

  /// - Parameter operations: the names of all routes.
  init(operations: [String]) {
    latencies = Dictionary(
      (operations + ["other"]).map { ($0, Histogram(bounds: Histogram.latencies)) }, uniquingKeysWith: { a, _ in a })
  }

  func begin() { current.add(1, ordering: .relaxed) }

  func end(_ operation: String, status: Int, seconds: Double) {
    current.subtract(1, ordering: .relaxed)
    requests.withLock { $0[Request(operation: operation, status: status), default: 0] += 1 }
    latencies[operation]?.add(seconds)
  }

  func count(_ kind: Event.Kind, _ index: String, _ amount: Int = 1) {
    guard amount > 0 else { return }
    events.withLock { $0[Event(kind: kind, index: index), default: 0] += UInt64(amount) }
  }

  /// In the text format of Prometheus, version 0.0.4.
  func write(to text: inout MetricsText) {
    text.family("semid_requests_in_progress", "gauge", "Requests that are being answered.")
    text.sample("semid_requests_in_progress", [], Double(current.load(ordering: .relaxed)))
    text.family("semid_requests_total", "counter", "Requests that were answered, by operation and status.")
    let counted = requests.withLock { $0 }
    for (request, count) in counted.sorted(by: {
      ($0.key.operation, $0.key.status) < ($1.key.operation, $1.key.status)
    }) {
      text.sample(
        "semid_requests_total", [("operation", request.operation), ("status", "\(request.status)")], Double(count))
    }
    let name = "semid_request_seconds"
    text.family(name, "histogram", "Seconds from the head of a request to the end of its answer.")
    for (operation, histogram) in latencies.sorted(by: { $0.key < $1.key }) {
      let (buckets, sum) = histogram.snapshot
      guard buckets.contains(where: { $0 > 0 }) else { continue }
      var total: UInt64 = 0
      for (bucket, count) in buckets.enumerated() {
        total += count
        let bound = bucket < histogram.bounds.count ? "\(histogram.bounds[bucket])" : "+Inf"
        text.sample(name + "_bucket", [("operation", operation), ("le", bound)], Double(total))
      }
      text.sample(name + "_sum", [("operation", operation)], sum)
      text.sample(name + "_count", [("operation", operation)], Double(total))
    }
    let events = self.events.withLock { $0 }
    for kind in Event.Kind.allCases {
      let own = events.filter { $0.key.kind == kind }.sorted { $0.key.index < $1.key.index }
      guard !own.isEmpty else { continue }
      text.family("semid_index_\(kind.rawValue)_total", "counter", Self.help(kind))
      for (event, count) in own {
        text.sample("semid_index_\(kind.rawValue)_total", [("index", event.index)], Double(count))
      }
    }
  }

  private static func help(_ kind: Event.Kind) -> String {
    switch kind {
    case .updates: "Updates that were published."
    case .merges: "Merges of segments, those of compactions too."
    case .reloads: "New states that were opened."
    case .rollbacks: "Returns to the state before."
    case .failedReloads: "States that could not be opened; the one before was kept."
    case .itemsAdded: "Items that were added or replaced."
    case .itemsDeleted: "Items that were deleted."
    }
  }
}

/// Lines of Prometheus' text format.
struct MetricsText {
  private(set) var text = ""

  mutating func family(_ name: String, _ kind: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
  }

  mutating func sample(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
    text += name
    if !labels.isEmpty {
      text +=
        "{"
        + labels.map { label in
          let value = label.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
            "\n", with: "\\n")
          return "\(label.name)=\"\(value)\""
        }.joined(separator: ",") + "}"
    }
    let number = Int(exactly: value).map(String.init) ?? "\(value)"
    text += " \(number)\n"
  }
}
