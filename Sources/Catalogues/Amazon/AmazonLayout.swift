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
  /// - Parameter skipsFaulty: whether lines that are no JSON are passed over. Reading counts them.
  /// - Throws: `InputError` when the file is empty, or its first line is no review.
  static func of(_ file: LineFile, skipsFaulty: Bool = false) throws -> AmazonLayout {
    var fault: InputError?
    var found: AmazonLayout?
    var hasLines = false
    try file.firstLines { line, number in
      guard LineBlock.isData(line) else { return true }
      hasLines = true
      do {
        found = try of(line, "line \(number + 1)", file.path)
        return false
      } catch var error as InputError where error.kind == .malformed {
        guard skipsFaulty else {
          error.remedy = error.remedy ?? FaultyLines.remedy
          throw error
        }
        fault = fault ?? error
        return true
      }
    }
    if let found { return found }
    guard hasLines else {
      throw InputError(.malformed, file.path, expected: "one review a line, as JSON", found: "no line")
    }
    throw fault ?? InputError(.malformed, file.path, expected: "one review a line, as JSON", found: "other lines")
  }

  /// Whether the first line of a file is a review, and not an item.
  static func isReview(_ file: LineFile) throws -> Bool {
    guard let line = try file.firstLine() else { return false }
    var names: [String] = []
    // What is damaged, or is Python and no JSON, is told when it is read.
    try? line.withUnsafeBytes { try members($0, "the first line", file.path, &names) }
    return names.contains(where: Self.isTelling)
  }

  private static func members(
    _ line: UnsafeRawBufferPointer, _ place: String, _ path: String, _ names: inout [String]
  ) throws {
    var scanner = JSONScanner(bytes: line, source: path, place: place)
    try scanner.object { name, scanner in
      names.append(name)
      try scanner.skip()
    }
  }

  private static func of(_ line: UnsafeRawBufferPointer, _ place: String, _ path: String) throws -> AmazonLayout {
    var names: [String] = []
    do {
      try members(line, place, path, &names)
    } catch let error as InputError {
      // What is damaged only behind the names is told with its line, later.
      guard names.contains(where: Self.isTelling) else { throw error }
    }
    for layout in [AmazonLayout.reviews2023, .reviews2018] where names.contains(layout.userKey) { return layout }
    throw InputError(
      .unsupported, path, at: place,
      expected: "a review: user_id, parent_asin, timestamp (2023), or reviewerID, asin, unixReviewTime (2014, 2018)",
      found: names.isEmpty ? "no members" : names.prefix(16).joined(separator: ", "),
      remedy: "semid prepare csv takes other tables, with the names of their columns")
  }

  private static func isTelling(_ name: String) -> Bool { name == "user_id" || name == "reviewerID" }
}
