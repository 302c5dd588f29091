import Formats
import Vectors

/// A unigram language model (Kudo 2018): of all ways to spell a piece in tokens, the one of the highest sum of scores
/// (Viterbi). O(characters · longest token).
struct Unigram: SubwordModel {
  private let vocabulary: TokenVocabulary
  private let scores: [Double]
  private let tokens: SortedTokens
  private let unknown: Int32?
  /// What a character outside the vocabulary costs: ten below the least score.
  private let unknownScore: Double
  /// The tokens of the 256 bytes, where unknown characters are spelt by bytes.
  private let bytes: [Int32]?

  /// - Parameter pieces: token and score of each id.
  init(_ pieces: [(token: [UInt8], score: Double)], _ fields: JSONFields) throws {
    var vocabulary = TokenVocabulary()
    for (id, piece) in pieces.enumerated() {
      piece.token.withUnsafeBufferPointer { vocabulary.set($0, Int32(truncatingIfNeeded: id)) }
    }
    self.vocabulary = vocabulary
    scores = pieces.map(\.score)
    tokens = SortedTokens(pieces.map(\.token))
    let unknown = try fields.count("unk_id")
    if let unknown, unknown >= pieces.count {
      throw fields.fault("unk_id", expected: "an id below \(pieces.count)", found: "\(unknown)")
    }
    self.unknown = unknown.map { Int32($0) }
    unknownScore = (scores.min() ?? 0) - 10
    bytes = try fields.flag("byte_fallback", default: false) ? ByteTokens.ids(vocabulary) : nil
    guard unknown != nil || bytes != nil else {
      throw fields.fault("unk_id", .unsupported, expected: "the id of the unknown token", found: "none")
    }
  }

  var size: Int { scores.count }

  var unknownID: Int32? { unknown }

  func id(_ token: String) -> Int32? { vocabulary.id(token) }

  /// The best spelling that ends at a byte.
  private struct Step {
    var score = 0.0
    /// -1: none.
    var start = -1
    /// -1: unknown.
    var id: Int32 = -1
  }

  func append(_ piece: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    guard !piece.isEmpty else { return }
    let text = UTF8Piece(piece)
    var steps = [Step](repeating: Step(), count: text.bytes.count + 1)
    text.bytes.withUnsafeBufferPointer { bytes in
      for place in 0..<piece.count {
        let start = text.starts[place], next = text.starts[place + 1]
        let base = steps[start].score
        var hasOne = false
        func reach(_ end: Int, _ score: Double, _ id: Int32) {
          if steps[end].start < 0 || score > steps[end].score { steps[end] = Step(score: score, start: start, id: id) }
        }
        tokens.prefixes(of: bytes, from: start) { end, token in
          // The id that the token has by its text, as where two tokens are equal.
          reach(end, base + scores[token], Int32(truncatingIfNeeded: token))
          if end == next { hasOne = true }
        }
        if !hasOne { reach(next, base + unknownScore, -1) }
      }
    }
    var spelled: [(range: Range<Int>, id: Int32)] = []
    var end = text.bytes.count
    while end > 0 {
      let step = steps[end]
      // Unknown characters side by side are one.
      if step.id < 0 || step.id == unknown, let last = spelled.last, last.id < 0, last.range.lowerBound == end {
        spelled[spelled.count - 1].range = step.start..<last.range.upperBound
      } else {
        spelled.append((step.start..<end, step.id == unknown ? -1 : step.id))
      }
      end = step.start
    }
    for (range, id) in spelled.reversed() {
      if id >= 0 {
        ids.append(id)
        continue
      }
      // Joined, they may be a token after all.
      if let known = text.bytes.withUnsafeBufferPointer({ vocabulary.id(UnsafeBufferPointer(rebasing: $0[range])) }) {
        ids.append(known)
      } else if let bytes {
        ids.append(contentsOf: text.bytes[range].map { bytes[Int($0)] })
      } else if let unknown {
        ids.append(unknown)
      }
    }
  }
}

/// Tokens in the order of their bytes: what a text begins with is found by narrowing a range, byte by byte.
struct SortedTokens: Sendable {
  private let bytes: [UInt8]
  /// Where each token's bytes begin, in order, and their end.
  private let starts: [Int]
  private let ids: [Int32]
  /// The range of the tokens that begin with each byte.
  private let firsts: [Int]

  /// Of equal tokens the last one stays; empty ones are left out.
  init(_ tokens: [[UInt8]]) {
    let order = tokens.indices.filter { !tokens[$0].isEmpty }.sorted {
      tokens[$0] == tokens[$1] ? $0 < $1 : tokens[$0].lexicographicallyPrecedes(tokens[$1])
    }
    var bytes: [UInt8] = [], starts = [0], ids: [Int32] = []
    var counts = [Int](repeating: 0, count: 257)
    for (place, id) in order.enumerated() {
      if place + 1 < order.count, tokens[order[place + 1]] == tokens[id] { continue }
      bytes += tokens[id]
      starts.append(bytes.count)
      ids.append(Int32(truncatingIfNeeded: id))
      counts[Int(tokens[id][0]) + 1] += 1
    }
    for byte in 1...256 { counts[byte] += counts[byte - 1] }
    (self.bytes, self.starts, self.ids, firsts) = (bytes, starts, ids, counts)
  }

  /// Calls `body` with the end and the number of each token that the text begins with at `start`, shortest first.
  func prefixes(of text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (Int, Int) -> Void) {
    guard start < text.count else { return }
    var low = firsts[Int(text[start])], high = firsts[Int(text[start]) + 1]
    var depth = 1
    while low < high {
      // The shortest of the range comes first.
      if starts[low + 1] - starts[low] == depth {
        body(start + depth, Int(ids[low]))
        low += 1
      }
      guard start + depth < text.count, low < high else { return }
      let byte = text[start + depth]
      low = bound(low, high) { bytes[starts[$0] + depth] < byte }
      high = bound(low, high) { bytes[starts[$0] + depth] <= byte }
      depth += 1
    }
  }

  /// The first place of the range at which `isBefore` does not hold.
  @inline(__always) private func bound(_ low: Int, _ high: Int, _ isBefore: (Int) -> Bool) -> Int {
    var low = low, high = high
    while low < high {
      let middle = (low + high) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The tokens `<0x00>` … `<0xFF>`, by which models spell what they have no token for.
enum ByteTokens {
  /// nil where one is missing.
  static func ids(_ vocabulary: TokenVocabulary) -> [Int32]? {
    let digits = Array("0123456789ABCDEF")
    let ids = (0..<256).compactMap { vocabulary.id("<0x\(digits[$0 >> 4])\(digits[$0 & 15])>") }
    return ids.count == 256 ? ids : nil
  }
}
