public import Tokenizers
public import Vectors

/// The IDs of a catalogue after collisions were resolved.
public struct Resolution: Sendable {
  public let ids: ResolvedIDs
  public let report: ResolutionReport

  /// The levels that every ID has.
  public var codes: Codes { ids.codes }

  /// What some IDs have behind their codes.
  public enum Tail: Sendable {
    /// IDs are their codes.
    case none
    /// One more code, or −1 for an ID that has none.
    case code(Buffer<Int32>)
    /// Text behind a separator; empty where there is none.
    case text(StringColumn)
  }
}

/// The IDs of N items.
public struct ResolvedIDs: Sendable {
  /// The levels that every ID has. A strategy with a level for everyone has it here; minimum distortion and Sinkhorn have
  /// changed codes of the last level.
  public let codes: Codes
  public let tail: Resolution.Tail

  public init(codes: Codes, tail: Resolution.Tail = .none) {
    self.codes = codes
    self.tail = tail
  }

  /// Whether `codes` say all.
  public var isArray: Bool { if case .none = tail { true } else { false } }

  /// The codes of `row`'s ID, with the one that only some have.
  public func codes(of row: Int) -> [UInt16] {
    guard case .code(let tails) = tail, tails[row] >= 0 else { return codes[row] }
    return codes[row] + [UInt16(truncatingIfNeeded: tails[row])]
  }

  /// What `row`'s ID has behind `codes`, as text; nil where there is nothing.
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

/// What resolving did and cost.
public struct ResolutionReport: Hashable, Sendable, Codable {
  public var strategy: CollisionStrategy
  public var capacity: Int
  /// Π K of the codes that came in, exact while it fits in 53 bits.
  public var possibleIDs: Double
  /// N less the number of different vectors.
  public var duplicateVectors: Int
  public var before: CollisionCounts
  public var after: CollisionCounts
  /// Items whose codes at the levels that came in have changed.
  public var itemsMoved: Int
  /// Items that had to leave their prefix, since it was full.
  public var itemsSpilled: Int
  /// Levels of the longest ID.
  public var longestID: Int
  /// Bytes of the longest text behind an ID.
  public var longestSuffix: Int
  public var distortion: Distortion
}

/// What an ID loses of its item's vector.
public struct Distortion: Hashable, Sendable, Codable {
  public enum Space: String, Hashable, Sendable, Codable {
    /// Squared distance between vectors and what their codes decode to.
    case vectors
    /// Squared distance in the space that the tokenizer quantises, for models whose codes do not decode.
    case quantised
  }

  public var space: Space
  /// The squared error per item, the mean of that distance over all items, before and after.
  public var before: Double
  public var after: Double
  /// after − before.
  public var added: Double { after - before }
  /// added / before; 0 when nothing was added to nothing.
  public var relative: Double { before > 0 ? added / before : added == 0 ? 0 : .infinity }

  enum CodingKeys: String, CodingKey { case space, before, after, added, relative }

  init(space: Space, before: Double, after: Double) {
    self.space = space
    self.before = before
    self.after = after
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    space = try values.decode(Space.self, forKey: .space)
    before = try values.decode(Double.self, forKey: .before)
    after = try values.decode(Double.self, forKey: .after)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(space, forKey: .space)
    try values.encode(before, forKey: .before)
    try values.encode(after, forKey: .after)
    try values.encode(added, forKey: .added)
    try values.encode(relative, forKey: .relative)
  }
}
