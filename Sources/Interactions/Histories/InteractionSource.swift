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
  public typealias Repeats = Interactions.Repeats

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
