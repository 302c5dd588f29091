/// A unit of times since 1970. Times from 1973 to 5138 tell theirs by their size.
package enum TimeUnit: String, Hashable, Sendable, Codable, CaseIterable {
  case seconds, milliseconds, microseconds, nanoseconds

  /// The unit of a time of this size; nil for one that may be no time since 1970, such as a place in an order.
  package init?(of magnitude: Double) {
    switch magnitude {
    case 1e8..<1e11: self = .seconds
    case 1e11..<1e14: self = .milliseconds
    case 1e14..<1e17: self = .microseconds
    case 1e17...: self = .nanoseconds
    default: return nil
    }
  }

  /// The unit that `text` names: `s`, `ms`, `us`, `ns`, or the whole word.
  package init?(named text: String) {
    switch text {
    case "s": self = .seconds
    case "ms": self = .milliseconds
    case "us", "µs": self = .microseconds
    case "ns": self = .nanoseconds
    default: self.init(rawValue: text)
    }
  }

  /// A time of this unit in milliseconds, rounded down; nil where 64 bits do not hold it.
  package func milliseconds(_ time: Int64) -> Int64? {
    switch self {
    case .seconds:
      let (value, overflow) = time.multipliedReportingOverflow(by: 1000)
      return overflow ? nil : value
    case .milliseconds: return time
    case .microseconds: return Self.floored(time, 1000)
    case .nanoseconds: return Self.floored(time, 1_000_000)
    }
  }

  /// A time of this unit in milliseconds, rounded; nil where 64 bits do not hold it.
  package func milliseconds(_ time: Double) -> Int64? {
    switch self {
    case .seconds: Int64(exactly: (time * 1000).rounded())
    case .milliseconds: Int64(exactly: time.rounded())
    case .microseconds: Int64(exactly: (time / 1000).rounded())
    case .nanoseconds: Int64(exactly: (time / 1_000_000).rounded())
    }
  }

  private static func floored(_ time: Int64, _ divisor: Int64) -> Int64 {
    time % divisor < 0 ? time / divisor - 1 : time / divisor
  }
}
