package import Formats
package import Interactions
package import Vectors

/// Amazon's reviews and their items: Amazon Reviews 2023 (Hou et al. 2024), Amazon Review Data 2018 (Ni, Li and McAuley
/// 2019) and of 2014 (McAuley et al. 2015); an object a line, plain or gzip.
///
/// Metadata are read twice: for their ids before the reviews, and for their texts when it is known which items are kept.
package struct AmazonSource: PreparationSource {
  package let name = "amazon"
  package let reviews: [String]
  package let items: [String]
  private let options: AmazonOptions
  private let skipsFaulty: Bool
  package private(set) var report = SourceReport()
  package private(set) var summary = InputSummary()

  package var schema: ItemSchema { ItemBlock.amazonSchema }
  package var paths: [String] { reviews + items }

  /// - Precondition: there is a file of reviews.
  package init(reviews: [String], items: [String], options: AmazonOptions = AmazonOptions(), skipsFaulty: Bool = false)
  {
    precondition(!reviews.isEmpty, "there are files of reviews")
    self.reviews = reviews
    self.items = items
    self.options = options
    self.skipsFaulty = skipsFaulty
  }

  package mutating func read(pool: ThreadPool, progress: PreparationProgress) throws -> InteractionLog {
    // Both kinds of files are looked at first, so that no hour is spent before a wrong one is found.
    let layouts = try reviews.map { try AmazonLayout.of(LineFile($0), skipsFaulty: skipsFaulty) }
    for path in items {
      guard try !AmazonLayout.isReview(LineFile(path)) else {
        throw InputError(
          .mismatch, path, at: "the first line", expected: "an item: its id, title and more", found: "a review",
          remedy: "name the file of items, such as meta_NAME.jsonl.gz, with --items, and that of reviews with --reviews"
        )
      }
    }
    var log = InteractionLog(items: try readIDs(pool: pool, progress: progress))
    for (path, layout) in zip(reviews, layouts) {
      summary.use(.users, layout.userKey)
      summary.use(.interactionItems, layout.itemKey(options.itemKey))
      summary.use(.times, layout.timeKey, detail: layout.timeUnit.rawValue + " since 1970")
      summary.use("ratings", layout.ratingKey)
      let size = try MappedFile(path: path).count
      let account = try LineFile(path).read(
        pool: pool, progress: { progress("reading \(path)", $0, size) },
        parse: { InteractionBlock.reviews($0, layout: layout, itemKey: options.itemKey, source: path) },
        merge: { block, firstLine in
          try block.append(to: &log, &report, path: path, firstLine: firstLine, skipsFaulty: skipsFaulty)
        })
      report.inputs.append(account)
    }
    report.layout = Set(layouts.map(\.rawValue)).sorted().joined(separator: ", ")
    return log
  }

  /// The ids of the items, in the order of the metadata.
  private mutating func readIDs(pool: ThreadPool, progress: PreparationProgress) throws -> StringTable {
    var ids = StringTable()
    for path in items {
      let size = try MappedFile(path: path).count
      let account = try LineFile(path).read(
        pool: pool, progress: { progress("reading ids of \(path)", $0, size) },
        parse: { ItemBlock.amazonItems($0, options: options, source: path) },
        merge: { block, firstLine in
          try block.count(ids: &ids, &report, firstLine: firstLine, skipsFaulty: skipsFaulty)
        })
      report.inputs.append(account)
    }
    return ids
  }

  package mutating func forEachItem(
    pool: ThreadPool, progress: PreparationProgress, _ body: (ItemRows) throws -> Void
  ) throws {
    for path in items {
      let size = try MappedFile(path: path).count
      let account = try LineFile(path).read(
        pool: pool, progress: { progress("reading texts of \(path)", $0, size) },
        parse: { ItemBlock.amazonItems($0, options: options, source: path) },
        merge: { block, _ in try body(block.rows) })
      try report.checkUnchanged(account)
    }
  }
}
