/// Where interactions come from: any file that `DataTable` opens.
public struct InteractionSource: Hashable, Sendable {
  public enum Files: Hashable, Sendable {
    /// Files for each part; valid and test may be missing.
    case given(train: String, valid: String?, test: String?)
    /// One file, split by a rule.
    case whole(String, SplitRule)
  }

  public typealias Repeats = Interactions.Repeats

  public var files: Files
  /// Column names; nil: the first known name that the file has (`KnownNames.users`, `interactionItems`, `times`).
  public var userColumn: String?
  public var itemColumn: String?
  public var timeColumn: String?
  /// Whether the order of the rows in their files is that of time, whatever columns there are.
  public var isInFileOrder: Bool
  public var repeats: Repeats

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
  public var paths: [(path: String, split: Split?)] {
    switch files {
    case .whole(let path, _): [(path, nil)]
    case .given(let train, let valid, let test):
      [(train, .train)] + (valid.map { [($0, .valid)] } ?? []) + (test.map { [($0, .test)] } ?? [])
    }
  }
}
