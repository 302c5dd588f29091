import Corpora
import Tokenizers
import Vectors

/// What a constraint must allow, from nothing but the list of all token sequences.
struct BruteForce {
  let ids: [[UInt16]]
  let tokens: ConstraintTokens
  let sequences: [[Int32]]

  init(_ ids: [[UInt16]], levelSizes: [Int], _ tokens: ConstraintTokens) {
    self.ids = Set(ids).sorted { $0.lexicographicallyPrecedes($1) }
    self.tokens = tokens
    sequences = self.ids.map { id in
      tokens.begin + id.indices.map { Self.token(tokens, levelSizes, $0, id[$0]) } + tokens.end
    }
  }

  static func token(_ tokens: ConstraintTokens, _ sizes: [Int], _ level: Int, _ code: UInt16) -> Int32 {
    switch tokens.codes {
    case .codes: Int32(code)
    case .offset(let base): Int32(base + sizes[..<level].reduce(0, +) + Int(code))
    case .table(let table): table[level][Int(code)]
    }
  }

  /// Tokens that may follow `written`; nil where it is no beginning of any sequence.
  func allowed(after written: [Int32]) -> Set<Int32>? {
    var allowed: Set<Int32> = []
    var exists = false
    for sequence in sequences {
      if written.starts(with: sequence), written.dropFirst(sequence.count).allSatisfy(tokens.padding.contains) {
        exists = true
        allowed.formUnion(tokens.padding)
      }
      if sequence.starts(with: written) {
        exists = true
        if written.count < sequence.count { allowed.insert(sequence[written.count]) }
      }
    }
    return exists ? allowed : nil
  }

  /// Tokens that may follow a text in which triggers begin IDs, read from its first token on; nil where an ID in it is
  /// none of those that there are.
  func allowed(inText text: [Int32], vocabularySize: Int) -> Set<Int32>? {
    var written: [Int32]?
    for token in text {
      guard (0..<Int32(vocabularySize)).contains(token) else { return nil }
      if var id = written {
        id.append(token)
        guard sequences.contains(where: { $0.starts(with: id) }) else { return nil }
        written = sequences.contains(id) ? nil : id
      } else if tokens.triggers.contains(token) {
        written = []
      }
    }
    guard let written else { return Set(0..<Int32(vocabularySize)) }
    return Set(sequences.filter { $0.starts(with: written) }.map { $0[written.count] })
  }
}

/// IDs of every shape, the same for the same seed.
struct RandomIDs {
  var random: CounterRandom

  init(seed: UInt64) { random = CounterRandom(seed: seed) }

  /// Some share prefixes, some repeat; of unequal length when `ragged`.
  mutating func ids(count: Int, levelSizes: [Int], ragged: Bool = false) -> [[UInt16]] {
    var ids: [[UInt16]] = []
    for index in 0..<count {
      var id = levelSizes.map { UInt16(random.below($0)) }
      if index > 0, random.below(3) > 0 {
        let earlier = ids[random.below(index)]
        let shared = random.below(earlier.count + 1)
        id.replaceSubrange(..<shared, with: earlier[..<shared])
      }
      if ragged { id = Array(id.prefix(1 + random.below(levelSizes.count))) }
      ids.append(id)
    }
    return ids
  }

  /// Distinct tokens for every level, in no order.
  mutating func table(_ levelSizes: [Int], below vocabulary: Int) -> [[Int32]] {
    levelSizes.map { size in
      var taken: Set<Int32> = []
      return (0..<size).map { _ in
        while true {
          let token = Int32(random.below(vocabulary))
          if taken.insert(token).inserted { return token }
        }
      }
    }
  }
}

extension DecodingConstraint {
  /// Of IDs as lists.
  init(ids: [[UInt16]], levelSizes: [Int], tokens: ConstraintTokens, pool: ThreadPool = ThreadPool()) throws {
    let width = levelSizes.count
    let padded = ids.flatMap { $0 + [UInt16](repeating: 0, count: width - $0.count) }
    let ragged = ids.contains { $0.count < width }
    try self.init(
      codes: Codes(levelSizes: levelSizes, values: Buffer(padded)),
      lengths: ragged ? Buffer(ids.map { UInt8($0.count) }) : nil, tokens: tokens, pool: pool)
  }
}
