/// What is wrong with something that came from outside: a file, a flag, an argument.
///
/// Every reader and every algorithm reports faults in this one shape. So a user always learns what was read, where in
/// it the fault is, what was expected, what was found, and what to do about it.
public struct InputError: Error, Hashable, Sendable {
  /// The class of a fault; `semid` maps each to an exit code of sysexits.
  public enum Kind: String, Hashable, Sendable {
    /// An argument or option that cannot be used (`EX_USAGE`).
    case usage
    /// Contents that are not what their format says, or that no algorithm can use (`EX_DATAERR`).
    case malformed
    /// A file or a named part of one that is not there (`EX_NOINPUT`).
    case missing
    /// Two inputs that do not belong together, such as an index and another model (`EX_DATAERR`).
    case mismatch
    /// A valid input of a kind that is not supported (`EX_DATAERR`).
    case unsupported
    /// Reading or writing failed (`EX_IOERR`).
    case io
    /// The output cannot be created (`EX_CANTCREAT`).
    case cannotCreate
  }

  /// The class of the fault.
  public var kind: Kind
  /// The file, flag or argument that was read.
  public var source: String
  /// Where in the source: `row 1,204`, `byte 17`, `dataset "train"`.
  public var place: String?
  /// What would have been right; nil where that cannot be said.
  public var expected: String?
  /// What was there instead; nil where nothing was.
  public var found: String?
  /// What the user can do about it; nil where nothing is known.
  public var remedy: String?

  package init(
    _ kind: Kind, _ source: String, at place: String? = nil, expected: String? = nil, found: String? = nil,
    remedy: String? = nil
  ) {
    self.kind = kind
    self.source = source
    self.place = place
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }
}

extension InputError: CustomStringConvertible {
  public var description: String {
    var text = source
    if let place { text += ": \(place)" }
    switch (expected, found) {
    case (let expected?, let found?): text += ": expected \(expected), found \(found)"
    case (let expected?, nil): text += ": expected \(expected)"
    case (nil, let found?): text += ": \(found)"
    case (nil, nil): text += ": \(kind.rawValue)"
    }
    if let remedy { text += "; \(remedy)" }
    return text
  }
}
