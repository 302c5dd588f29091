/// How one file of interactions is split.
public enum SplitRule: Hashable, Sendable {
  /// Each user's last interaction is for the test, the one before for validation; users with fewer than three are for
  /// training alone.
  case leaveLastOut
  /// The latest interactions of all users: these shares of them are for validation and for the test. Interactions of one
  /// time are never torn apart.
  case byTime(valid: Double, test: Double)
  /// Interactions from `valid` on are for validation, and those from `test` on for the test; in the unit of the times.
  case atTimes(valid: Int64, test: Int64)
  /// All for training.
  case none
}

/// A rule whose boundaries in time are known: it names the part of any interaction.
package struct SplitBoundaries: Sendable {
  private let isByPlace: Bool
  /// Interactions from these times on; nil: none.
  private let validStart: Int64?
  private let testStart: Int64?

  /// - Parameter times: the times of all interactions, ascending; asked for only where the rule needs them.
  package init(_ rule: SplitRule, ascending times: () -> [Int64]) {
    switch rule {
    case .none: (isByPlace, validStart, testStart) = (false, nil, nil)
    case .leaveLastOut: (isByPlace, validStart, testStart) = (true, nil, nil)
    case .atTimes(let valid, let test): (isByPlace, validStart, testStart) = (false, valid, test)
    case .byTime(let valid, let test):
      let times = times()
      // A share of nothing has no boundary: nothing is as late as that, whatever its time.
      func start(_ share: Double) -> Int64? {
        let index = max(0, Int((Double(times.count) * (1 - share)).rounded()))
        return share > 0 && index < times.count ? times[index] : nil
      }
      (isByPlace, validStart, testStart) = (false, start(valid + test), start(test))
    }
  }

  /// The part of the interaction at `place` (from 0) of a user's `count`, in the order of time.
  package func part(place: Int, of count: Int, time: Int64) -> Split {
    if isByPlace {
      guard count >= 3, place >= count - 2 else { return .train }
      return place == count - 1 ? .test : .valid
    }
    if let testStart, time >= testStart { return .test }
    if let validStart, time >= validStart { return .valid }
    return .train
  }
}
