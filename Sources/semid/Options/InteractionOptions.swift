import ArgumentParser
import Foundation
import SemanticID

/// Where interactions come from, and how they are split.
struct InteractionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Directory that semid prepare wrote: stands for --train, --valid and --test, and for the items where a verb takes "
        + "them; by default none.", valueName: "directory"),
    completion: .directory)
  var prepared: String?
  @Option(
    help: ArgumentHelp(
      "Interactions to train on: .parquet, a folder of such, .csv, .tsv, .jsonl, or these texts as .gz; by default part "
        + "of --interactions.",
      valueName: "file"), completion: .file())
  var train: String?
  @Option(
    help: ArgumentHelp("Interactions of validation, of the same kinds; by default none.", valueName: "file"),
    completion: .file())
  var valid: String?
  @Option(
    help: ArgumentHelp("Interactions of the test, of the same kinds; by default none.", valueName: "file"),
    completion: .file())
  var test: String?
  @Option(
    help: ArgumentHelp(
      "All interactions, of the same kinds, to split by --split; by default they are split already, see --train.",
      valueName: "file"),
    completion: .file())
  var interactions: String?
  @Option(help: "Split of --interactions: last (each user's last two), time (the latest of all) or none.")
  var split = Rule.last
  @Option(help: ArgumentHelp("Share of the interactions for validation, with --split time.", valueName: "share"))
  var validShare = 0.1
  @Option(help: ArgumentHelp("Share of the interactions for the test, with --split time.", valueName: "share"))
  var testShare = 0.1
  @Option(
    help: ArgumentHelp(
      "Column of users; by default the first that is there of \(KnownNames.users.listing).", valueName: "name"))
  var userColumn: String?
  @Option(
    help: ArgumentHelp(
      "Column of items; by default the first that is there of \(KnownNames.interactionItems.listing).",
      valueName: "name"))
  var itemColumn: String?
  @Option(
    help: ArgumentHelp(
      "Column of times (numbers, dates, timestamps, ISO 8601); by default the first that is there of "
        + "\(KnownNames.times.listing). none: the rows are in the order of time.", valueName: "name|none"))
  var timeColumn: String?
  @Option(help: "A user who meets an item again: first (only the first counts) or keep.")
  var repeats = InteractionSource.Repeats.first

  enum Rule: String, ExpressibleByArgument, CaseIterable {
    case last, time, none

    /// `last-two` is what `prepare` calls it.
    init?(argument: String) { self.init(rawValue: argument == "last-two" ? "last" : argument) }
  }

  func validate() throws {
    try InputError.check("--valid-share", validShare, in: Ranges.share)
    try InputError.check("--test-share", testShare, in: Ranges.share)
  }

  /// The files that are read.
  var paths: [String] {
    [train, valid, test, interactions].compactMap(\.self) + Split.allCases.compactMap(preparedPart)
      + [preparedItems].compactMap(\.self)
  }

  /// The items of --prepared.
  var preparedItems: String? { prepared.flatMap { Self.file(PreparedDirectory.itemsName, in: $0) } }

  private func preparedPart(_ split: Split) -> String? {
    prepared.flatMap { Self.file(PreparedDirectory.name(split), in: $0) }
  }

  private static func file(_ name: String, in folder: String) -> String? {
    let path = folder + "/" + name
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  func source() throws -> InteractionSource {
    InteractionSource(
      try files(), userColumn: userColumn, itemColumn: itemColumn, timeColumn: timeColumn == "none" ? nil : timeColumn,
      isInFileOrder: timeColumn == "none", repeats: repeats)
  }

  private func files() throws -> InteractionSource.Files {
    if let prepared {
      guard interactions == nil, train == nil, valid == nil, test == nil else {
        throw InputError(
          .usage, "--prepared", expected: "no --train, --valid, --test or --interactions beside it",
          found: "one of them")
      }
      guard let train = preparedPart(.train) else {
        throw InputError(
          .missing, prepared, expected: "a directory that semid prepare wrote, with \(PreparedDirectory.name(.train))",
          found: "none")
      }
      return .given(train: train, valid: preparedPart(.valid), test: preparedPart(.test))
    }
    switch (interactions, train) {
    case (let path?, nil):
      guard valid == nil, test == nil else {
        throw InputError(.usage, "--interactions", expected: "one file to split", found: "--valid or --test too")
      }
      switch split {
      case .last: return .whole(path, .leaveLastOut)
      case .none: return .whole(path, .none)
      case .time:
        guard validShare >= 0, testShare >= 0, validShare + testShare < 1 else {
          throw InputError(
            .usage, "--valid-share, --test-share", expected: "shares of 0 and more that leave some for training",
            found: "\(validShare) and \(testShare)")
        }
        return .whole(path, .byTime(valid: validShare, test: testShare))
      }
    case (nil, let train?): return .given(train: train, valid: valid, test: test)
    default:
      throw InputError(
        .usage, "interactions", expected: "--prepared, --train (with --valid and --test), or --interactions",
        found: interactions == nil ? "neither" : "both")
    }
  }
}
