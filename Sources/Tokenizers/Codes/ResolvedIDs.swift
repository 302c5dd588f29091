package import Vectors

/// The IDs of N items after collisions were resolved: codes that all IDs have, and what some have behind them.
public struct ResolvedIDs: Sendable {
  /// What some IDs have behind the codes of all.
  package enum Tail: Sendable {
    /// Nothing: IDs are their codes.
    case none
    /// One more code, or −1 for an ID that has none.
    case code(Buffer<Int32>)
    /// Text behind a separator; empty where there is none.
    case text(StringColumn)
  }

  /// N×L, the levels that every ID has. A strategy that adds a level to every ID has it here. Minimum distortion and
  /// Sinkhorn have changed codes of the last level.
  public let codes: Codes
  package let tail: Tail

  package init(codes: Codes, tail: Tail = .none) {
    self.codes = codes
    self.tail = tail
  }

  /// Whether IDs are their codes, with nothing behind them.
  package var isArray: Bool { if case .none = tail { true } else { false } }

  /// The codes of `row`'s ID, including the one that only some IDs have.
  public func codes(of row: Int) -> [UInt16] {
    guard case .code(let tails) = tail, tails[row] >= 0 else { return codes[row] }
    return codes[row] + [UInt16(truncatingIfNeeded: tails[row])]
  }

  /// What stands behind `codes` in `row`'s ID, as text; nil where there is nothing.
  public func suffix(of row: Int) -> String? {
    switch tail {
    case .none: nil
    case .code(let tails): tails[row] < 0 ? nil : String(tails[row])
    case .text(let texts): texts[row].isEmpty ? nil : texts[row]
    }
  }

  /// The whole ID of `row`.
  public func text(of row: Int, format: TokenFormat = .tokens) -> String {
    let text = format.text(for: codes(of: row))
    guard case .text = tail, let suffix = suffix(of: row) else { return text }
    if case .plain(let separator) = format { return text + separator + suffix }
    return text + "-" + suffix
  }
}
