import ArgumentParser
import SemanticID

extension PreparationOptions.Items: ExpressibleByArgument {}
extension AmazonOptions.ItemKey: ExpressibleByArgument {}
extension AmazonOptions.MainCategory: ExpressibleByArgument {}

/// Which interactions are kept, how they are split, and where the directory goes: the same for every source.
struct PreparationArguments: ParsableArguments {
  enum Rule: String, ExpressibleByArgument, CaseIterable {
    case lastTwo = "last-two"
    case time, none
  }

  enum WithoutMetadata: String, ExpressibleByArgument, CaseIterable { case drop, keep }

  @Option(
    help: ArgumentHelp(
      "k-core: users and items with fewer interactions are dropped, in turns until all have enough; by default items may "
        + "have one, and users as --min-history says.", valueName: "k"))
  var core: Int?
  @Option(help: ArgumentHelp("The k of the k-core for items alone; by default that of --core.", valueName: "k"))
  var itemCore: Int?
  @Option(
    help: ArgumentHelp(
      "Users with fewer interactions are dropped; by default \(SelectionOptions().minimumHistory), or that of --core.",
      valueName: "n"))
  var minHistory: Int?
  @Option(
    help: ArgumentHelp("The latest interactions of each user that are kept; by default all.", valueName: "n"))
  var maxHistory: Int?
  @Option(
    help: ArgumentHelp("Interactions rated lower, or not rated, are dropped; by default none.", valueName: "x"))
  var minRating: Double?
  @Option(help: "What to do when a user meets an item again: first (keep the first) or keep (keep all).")
  var repeats = Repeats.first
  @Option(help: "What to do with interactions of items without metadata: drop or keep.")
  var withoutMetadata = WithoutMetadata.drop
  @Option(
    help:
      "Split: last-two (each user's last for the test, the one before for validation), time (--shares, or --valid-from and --test-from), or none."
  )
  var split = Rule.lastTwo
  @Option(
    help: ArgumentHelp(
      "Percent of the interactions for training, validation and test by time; by default 80,10,10.",
      valueName: "x,x,…"))
  var shares: String?
  @Option(
    help: ArgumentHelp(
      "Interactions from this time on are for validation: ISO 8601, or milliseconds since 1970; by default as --shares.",
      valueName: "time"))
  var validFrom: String?
  @Option(
    help: ArgumentHelp(
      "Interactions from this time on are for the test; by default as --shares.", valueName: "time"))
  var testFrom: String?
  @Option(help: "Items that are written: all that metadata name, or those used in interactions that are kept.")
  var keepItems = PreparationOptions.Items.all
  @Flag(inversion: .prefixedNo, help: "Title and description of the item in each row of train, valid and test.")
  var texts = true
  @Flag(help: "Pass over lines that are not what their format says, count them and name the first ones.")
  var skipFaulty = false
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String

  func validate() throws {
    try InputError.check("--core", core, in: Ranges.items)
    try InputError.check("--item-core", itemCore, in: Ranges.items)
    try InputError.check("--min-history", minHistory, in: Ranges.items)
    try InputError.check("--max-history", maxHistory, in: Ranges.items)
    if let minRating, !minRating.isFinite {
      throw InputError(.usage, "--min-rating", expected: "a number", found: "\(minRating)")
    }
    _ = try rule()
  }

  func options() throws -> PreparationOptions {
    var options = PreparationOptions()
    options.selection.minimumRating = minRating
    options.selection.repeats = repeats
    options.selection.keepsUncatalogued = withoutMetadata == .keep
    options.selection.maximumHistory = maxHistory
    options.selection.minimumHistory = minHistory ?? core ?? options.selection.minimumHistory
    options.selection.itemCore = itemCore ?? core ?? options.selection.itemCore
    options.selection.split = try rule()
    options.items = keepItems
    options.hasTexts = texts
    options.skipsFaulty = skipFaulty
    return options
  }

  private func rule() throws -> SplitRule {
    let isByTime = split == .time
    if !isByTime,
      let flag = [("--shares", shares), ("--valid-from", validFrom), ("--test-from", testFrom)]
        .first(where: { $0.1 != nil })?.0
    {
      throw InputError(.usage, flag, expected: "--split time beside it", found: "--split \(split.rawValue)")
    }
    switch split {
    case .lastTwo: return .leaveLastOut
    case .none: return .none
    case .time:
      guard validFrom != nil || testFrom != nil else { return try byShares() }
      guard let validFrom, let testFrom, shares == nil else {
        throw InputError(
          .usage, "--valid-from, --test-from", expected: "both, and no --shares",
          found: shares == nil ? "one of them" : "--shares, too")
      }
      let (valid, test) = (try Self.time(validFrom, "--valid-from"), try Self.time(testFrom, "--test-from"))
      guard valid <= test else {
        throw InputError(.usage, "--valid-from", expected: "a time before --test-from", found: validFrom)
      }
      return .atTimes(valid: valid, test: test)
    }
  }

  private func byShares() throws -> SplitRule {
    let text = shares ?? "80,10,10"
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let numbers = parts.compactMap(\.self)
    guard parts.count == 3, numbers.count == 3, numbers.allSatisfy({ $0 >= 0 && $0 <= 100 }),
      abs(numbers.reduce(0, +) - 100) < 1e-9
    else {
      throw InputError(
        .usage, "--shares", expected: "three numbers from 0 to 100 that are 100 together, such as 80,10,10", found: text
      )
    }
    return .byTime(valid: numbers[1] / 100, test: numbers[2] / 100)
  }

  private static func time(_ text: String, _ flag: String) throws -> Int64 {
    if let number = Int64(text) { return number }
    guard let time = TimeText.microseconds(text) else {
      throw InputError(
        .usage, flag, expected: "a time of ISO 8601, such as 2018-10-01, or milliseconds since 1970", found: text)
    }
    return Int64((Double(time) / 1000).rounded(.down))
  }
}

extension PreparationArguments {
  /// Reads a source, writes the directory and prints what came of it.
  ///
  /// - Parameter sourceOptions: what the source was asked for, for the manifest.
  func run(
    _ source: some PreparationSource, _ sourceOptions: [String: String] = [:], extras: [Preparation.Extra] = [],
    reading paths: [String]? = nil, hasItems: Bool = true, _ console: Console
  ) async throws {
    try Output.check([.directory(output, .prepared)], reading: paths ?? source.paths)
    var options = try options()
    if !hasItems { options.selection.keepsUncatalogued = true }
    let progress = console.progress("preparing", unit: "bytes")
    // The summary tells what a last line of the progress would.
    defer { progress.cancel() }
    let (manifest, seconds) = try await timed { [options] in
      var source = source
      return try Preparation.write(
        &source, options: options, sourceOptions: sourceOptions, extras: extras, to: output, pool: console.pool,
        progress: { what, done, total in
          progress.note(what)
          progress.update(to: done, of: total)
        }, told: console.tell)
    }
    progress.cancel()
    let summary = PreparedSummary(output: output, seconds: seconds, prepared: manifest)
    if manifest.read.faulty.count > 0 {
      console.warn(
        "passed over \(Text.count(manifest.read.faulty.count, "faulty line")), the first: "
          + manifest.read.faulty.first.joined(separator: "\n  "))
    }
    try console.print(summary, text: summary.text)
  }
}
