import Formats
import Interactions
import Vectors

/// The names that reviews have in one of the published forms.
enum AmazonLayout: String, Sendable {
  /// Amazon Reviews 2023: `user_id`, `parent_asin`, `timestamp` in milliseconds, `rating`.
  case reviews2023 = "Amazon Reviews 2023"
  /// Amazon Review Data of 2014 and 2018: `reviewerID`, `asin`, `unixReviewTime` in seconds, `overall`.
  case reviews2018 = "Amazon Review Data 2014/2018"

  var userKey: String { self == .reviews2023 ? "user_id" : "reviewerID" }
  var timeKey: String { self == .reviews2023 ? "timestamp" : "unixReviewTime" }
  var ratingKey: String { self == .reviews2023 ? "rating" : "overall" }
  var timeUnit: TimeUnit { self == .reviews2023 ? .milliseconds : .seconds }

  func itemKey(_ asked: AmazonOptions.ItemKey) -> String { self == .reviews2023 ? asked.rawValue : "asin" }

  /// The layout of a file of reviews, by the names in its first line.
  ///
  /// - Throws: `InputError` when the file is empty, or its first line is no review.
  static func of(_ file: LineFile) throws -> AmazonLayout {
    guard let line = try file.firstLine() else {
      throw InputError(.malformed, file.path, expected: "one review a line, as JSON", found: "no line")
    }
    var names: [String] = []
    do {
      try line.withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes: bytes, source: file.path, place: "the first line")
        try scanner.object { name, scanner in
          names.append(name)
          try scanner.skip()
        }
      }
    } catch let error as InputError {
      // What is damaged only behind the names is told with its line, later.
      guard names.contains(where: Self.isTelling) else { throw error }
    }
    for layout in [AmazonLayout.reviews2023, .reviews2018] where names.contains(layout.userKey) { return layout }
    throw InputError(
      .unsupported, file.path, at: "the first line",
      expected: "a review: user_id, parent_asin, timestamp (2023), or reviewerID, asin, unixReviewTime (2014, 2018)",
      found: names.isEmpty ? "no members" : names.prefix(16).joined(separator: ", "),
      remedy: "semid prepare csv takes other tables, with the names of their columns")
  }

  private static func isTelling(_ name: String) -> Bool { name == "user_id" || name == "reviewerID" }
}
