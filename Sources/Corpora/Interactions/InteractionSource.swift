import Vectors

/// The three parts of interactions: to train models, to choose among them, and to judge them.
package enum Split: String, Hashable, Sendable, Codable, CaseIterable {
  case train, valid, test
}

/// How one file of interactions is split.
public enum SplitRule: Hashable, Sendable {
  /// Each user's last interaction is for the test, and the one before for validation. Users with fewer than three
  /// interactions are for training alone.
  case leaveLastOut
  /// The latest interactions of all users: these shares of them are for validation and for the test. Interactions at
  /// one time stay in one part.
  case byTime(valid: Double, test: Double)
  /// All interactions are for training.
  case none
}

/// Where interactions come from: any file that `DataTable` opens.
public struct InteractionSource: Hashable, Sendable {
  /// One file to be split, or one file for each part.
  public enum Files: Hashable, Sendable {
    /// Files for each part; valid and test may be missing.
    case given(train: String, valid: String?, test: String?)
    /// One file, split by a rule.
    case whole(String, SplitRule)
  }

  /// What to do with a user's further interactions with an item.
  public enum Repeats: String, Hashable, Sendable, Codable, CaseIterable {
    /// Only the first interaction counts, as in the public data sets.
    case first
    /// All interactions count.
    case keep
  }

  /// The files to read.
  public var files: Files
  /// The column with the users; nil: the first known name that the file has (`KnownNames.users`).
  public var userColumn: String?
  /// The column with the items; nil: the first known name that the file has (`KnownNames.interactionItems`).
  public var itemColumn: String?
  /// The column with the times; nil: the first known name that the file has (`KnownNames.times`). Not read where
  /// `isInFileOrder`.
  public var timeColumn: String?
  /// Whether the order of the rows in their files is the order of time, whatever columns there are.
  public var isInFileOrder: Bool
  /// What is done with a user's second interaction with the same item.
  public var repeats: Repeats

  /// Columns that are not named are found by their known names, and only the first interaction of a user with an item
  /// counts.
  public init(
    _ files: Files, userColumn: String? = nil, itemColumn: String? = nil, timeColumn: String? = nil,
    isInFileOrder: Bool = false, repeats: Repeats = .first
  ) {
    self.files = files
    self.userColumn = userColumn
    self.itemColumn = itemColumn
    self.timeColumn = timeColumn
    self.isInFileOrder = isInFileOrder
    self.repeats = repeats
  }

  /// The files in the order of their parts.
  package var paths: [(path: String, split: Split?)] {
    switch files {
    case .whole(let path, _): [(path, nil)]
    case .given(let train, let valid, let test):
      [(train, .train)] + (valid.map { [($0, .valid)] } ?? []) + (test.map { [($0, .test)] } ?? [])
    }
  }
}
