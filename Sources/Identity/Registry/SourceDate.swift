import Foundation
import Vectors

/// The time that generations of a registry are stamped with: that of the clock, or `SOURCE_DATE_EPOCH`, seconds since
/// 1970, where the environment has it. With it, the same additions write the same file:
/// https://reproducible-builds.org/specs/source-date-epoch/.
enum SourceDate {
  static let variable = "SOURCE_DATE_EPOCH"

  static func now() throws -> Date {
    guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { return Date() }
    // Until the year 9999, so that all times have texts of one width.
    guard let seconds = Int(text), (0...253_402_300_799).contains(seconds) else {
      throw InputError(
        .usage, variable, expected: "seconds since 1970, a whole number from 0 to 253402300799", found: text,
        remedy: "unset it, or set it to a time")
    }
    return Date(timeIntervalSince1970: Double(seconds))
  }
}
