import Formats
import Interactions
import TestSupport
import Vectors

@testable import Catalogues

/// Writes text files, prepares them and reads what came of it.
struct Preparing {
  let folder: TemporaryFolder
  var options = PreparationOptions()
  var pool = ThreadPool(threads: 2)

  init() throws { folder = try TemporaryFolder() }

  var output: String { folder.file("prepared") }

  /// A file of lines in the folder.
  func file(_ name: String, _ lines: [String]) throws -> String {
    let path = folder.file(name)
    try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: path)
    return path
  }

  func file(_ name: String, bytes: [UInt8]) throws -> String {
    let path = folder.file(name)
    try AtomicFile.write(to: path) { try $0.write(bytes) }
    return path
  }

  @discardableResult
  func amazon(_ reviews: [String], _ items: [String], _ amazon: AmazonOptions = AmazonOptions()) throws
    -> PreparedManifest
  {
    var source = AmazonSource(reviews: reviews, items: items, options: amazon, skipsFaulty: options.skipsFaulty)
    return try Preparation.write(&source, options: options, to: output, pool: pool)
  }

  @discardableResult
  func recBole(_ interactions: [String], _ items: [String], _ columns: ColumnOptions = ColumnOptions()) throws
    -> PreparedManifest
  {
    var source = RecBoleSource(
      interactions: interactions, items: items, options: columns, skipsFaulty: options.skipsFaulty)
    return try Preparation.write(&source, options: options, to: output, pool: pool)
  }

  @discardableResult
  func tables(_ interactions: [String], _ items: [String], _ columns: ColumnOptions = ColumnOptions()) throws
    -> PreparedManifest
  {
    var source = TableSource(interactions: interactions, items: items, options: columns)
    return try Preparation.write(&source, options: options, to: output, pool: pool)
  }

  /// Rows of a file of the prepared directory: the columns named, as text.
  func rows(_ name: String, _ columns: [String]) throws -> [[String]] {
    try Self.rows(output + "/" + name, columns)
  }

  static func rows(_ path: String, _ columns: [String]) throws -> [[String]] {
    let table = try DataTable(opening: path)
    let texts = try table.texts(columns).map(\.texts)
    return (0..<table.rows).map { row in texts.map { $0[row] } }
  }

  /// `user item part` of all rows.
  func interactions() throws -> [String] {
    try Split.allCases.flatMap { split in
      try rows(PreparedDirectory.name(split), ["user_id", "item_id"]).map { $0.joined(separator: " ") + " \(split)" }
    }
  }
}

func review2023(_ user: String, _ item: String, _ time: Int, rating: Double = 5) -> String {
  #"{"rating": \#(rating), "title": "t", "text": "a \"b\" \\ é", "images": [{"a": [1]}], "asin": "\#(item)x", "#
    + #""parent_asin": "\#(item)", "user_id": "\#(user)", "timestamp": \#(1_400_000_000_000 + time), "#
    + #""helpful_vote": 0, "verified_purchase": true}"#
}

func item2023(_ id: String, _ more: String = "") -> String {
  #"{"main_category": "Books", "title": "Title \#(id)", "features": ["f", "g"], "description": ["one", "two"], "#
    + #""price": 9.5, "store": "Maker", "categories": ["A", "B"], "details": {"x": {"y": 1}}, "parent_asin": "\#(id)"\#(more)}"#
}
