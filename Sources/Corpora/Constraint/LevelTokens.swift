import Tokenizers
import Vectors

/// The tokens of one level, for a constraint: code to token, token to code, and the words of a mask with their bits.
struct LevelTokens: Sendable {
  /// Tokens first ..< first + count may be tokens of this level.
  let first: Int
  let count: Int
  /// By code, its token − first; nil: the code itself.
  let places: Buffer<UInt32>?
  /// By token − first, its code or −1; nil: token − first is the code.
  let codes: Buffer<Int32>?

  /// The words of a mask that hold the tokens' bits, and the bit of `first` in the first of them.
  var words: Range<Int> { first / 32..<(first + count + 31) / 32 }
  var shift: Int { first % 32 }

  func token(of code: UInt16) -> Int32 { Int32(first) + (places.map { Int32($0[Int(code)]) } ?? Int32(code)) }

  /// A run of tokens from `first` on.
  init(first: Int, size: Int) {
    self.first = first
    count = size
    places = nil
    codes = nil
  }

  /// - Precondition: `table` is not empty and holds no number below 0.
  /// - Throws: `InputError` naming the two codes that have one token.
  init(table: [Int32], level: Int) throws {
    let least = table.reduce(Int32.max, min)
    first = Int(least)
    // A vocabulary of ours gives a run.
    if table.enumerated().allSatisfy({ Int($1) == Int(least) + $0 }) {
      (count, places, codes) = (table.count, nil, nil)
      return
    }
    count = Int(table.reduce(0, max) - least) + 1
    var clash: (Int32, Int)?
    let codes = Buffer<Int32>(count: count) { codes in
      codes.update(repeating: -1)
      for (code, token) in table.enumerated() {
        let place = Int(token - least)
        if codes[place] >= 0 { clash = clash ?? (codes[place], code) }
        codes[place] = Int32(truncatingIfNeeded: code)
      }
    }
    if let clash {
      throw InputError(
        .mismatch, "token table", at: "level \(level)", expected: "a token of its own for each code",
        found: "\(table[clash.1]) for codes \(clash.0) and \(clash.1)")
    }
    self.codes = codes
    places = Buffer(table.map { UInt32($0 - least) })
  }
}

extension ConstraintTokens {
  /// The tokens of every level, and the size of the vocabulary.
  ///
  /// - Throws: `InputError` for tokens that are outside the vocabulary, or that mean two things.
  func resolved(levelSizes: [Int]) throws -> (levels: [LevelTokens], vocabularySize: Int) {
    let levels: [LevelTokens]
    switch codes {
    case .codes: levels = levelSizes.map { LevelTokens(first: 0, size: $0) }
    case .offset(let base):
      guard (0..<Self.largestVocabulary).contains(base) else { throw Self.outside("first token of the codes", base) }
      var next = base
      levels = levelSizes.map { size in
        defer { next += size }
        return LevelTokens(first: next, size: size)
      }
    case .table(let table):
      guard table.count == levelSizes.count, zip(table, levelSizes).allSatisfy({ $0.count == $1 }) else {
        throw InputError(
          .mismatch, "token table", expected: "a token for each of \(levelSizes) codes, one list a level",
          found: "\(table.map(\.count))")
      }
      for token in table.joined() where !(0..<Int32(Self.largestVocabulary)).contains(token) {
        throw Self.outside("token table", Int(token))
      }
      levels = try table.enumerated().map { try LevelTokens(table: $1, level: $0) }
    }
    let specials = begin + end + padding + triggers
    for token in specials where !(0..<Int32(Self.largestVocabulary)).contains(token) {
      throw Self.outside("special tokens", Int(token))
    }
    let needed = (levels.map { $0.first + $0.count } + specials.map { Int($0) + 1 }).reduce(0, max)
    let size = vocabularySize ?? needed
    guard needed <= size, size <= Self.largestVocabulary else {
      throw InputError(
        .usage, "vocabulary size", expected: "\(needed) to \(Self.largestVocabulary), which the tokens need",
        found: "\(size)")
    }
    try checkTriggers()
    for token in end + padding + triggers {
      let level = levels.firstIndex { level in
        let place = Int(token) - level.first
        guard (0..<level.count).contains(place) else { return false }
        return level.codes.map { $0[place] >= 0 } ?? true
      }
      if let level {
        throw InputError(
          .usage, "special tokens", expected: "tokens that are no code's",
          found: "\(token), a token of level \(level) (from 0)")
      }
    }
    return (levels, size)
  }

  /// With triggers, the end of an ID must be visible, and no token of an ID may look like a trigger.
  private func checkTriggers() throws {
    guard !triggers.isEmpty else { return }
    guard !end.isEmpty else {
      throw InputError(
        .usage, "special tokens", expected: "a token that ends an ID, beside one that begins it", found: "none",
        remedy: "name the token that stands behind an ID")
    }
    if let token = triggers.first(where: { (begin + end).contains($0) }) {
      throw InputError(
        .usage, "special tokens", expected: "a token that begins an ID and nothing else",
        found: "\(token), which stands before or behind an ID too")
    }
    guard !begin.containsRun(end) else {
      throw InputError(
        .usage, "special tokens", expected: "an end that does not stand before an ID too", found: "\(end)")
    }
  }

  private static func outside(_ source: String, _ token: Int) -> InputError {
    InputError(.usage, source, expected: "tokens from 0 to \(largestVocabulary - 1)", found: "\(token)")
  }
}

extension RandomAccessCollection<Int32> {
  /// Whether all of `run` stands here, its tokens side by side.
  func containsRun(_ run: [Int32]) -> Bool {
    indices.contains { self[$0...].starts(with: run) }
  }
}
