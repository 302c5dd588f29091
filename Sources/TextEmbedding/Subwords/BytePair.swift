import Formats
import HeapModule
import Vectors

/// Byte-pair encoding (Sennrich et al. 2016): characters are joined pair by pair, those of the lowest rank first, the
/// leftmost of equal rank. O(n log n) by a heap of the pairs.
struct BytePair: SubwordModel {
  private struct Merge {
    var rank: Int32
    var id: Int32
  }

  private let vocabulary: TokenVocabulary
  private let merges: [UInt64: Merge]
  private let unknown: Int32?
  private let joinsUnknown: Bool
  /// A piece that is a token is taken as it is.
  private let ignoresMerges: Bool
  private let bytes: [Int32?]
  private let prefix: String
  private let suffix: String
  /// The ids of single characters; of those from here on they are looked up.
  private let characters: [Int32]
  private static let cachedCharacters = 0x3000

  /// - Parameter pairs: the tokens that are joined, by rank.
  init(_ vocabulary: TokenVocabulary, _ pairs: [(String, String)], _ fields: JSONFields) throws {
    self.vocabulary = vocabulary
    prefix = try fields.text("continuing_subword_prefix") ?? ""
    suffix = try fields.text("end_of_word_suffix") ?? ""
    ignoresMerges = try fields.flag("ignore_merges", default: false)
    joinsUnknown = try fields.flag("fuse_unk", default: false)
    if let token = try fields.text("unk_token"), !token.isEmpty {
      guard let id = vocabulary.id(token) else {
        throw fields.fault("unk_token", expected: "a token of the vocabulary", found: "\"\(token.prefix(60))\"")
      }
      unknown = id
    } else {
      unknown = nil
    }
    let digits = Array("0123456789ABCDEF")
    bytes =
      try fields.flag("byte_fallback", default: false)
      ? (0..<256).map { vocabulary.id("<0x\(digits[$0 >> 4])\(digits[$0 & 15])>") } : []
    var merges: [UInt64: Merge] = [:]
    merges.reserveCapacity(pairs.count)
    for (rank, pair) in pairs.enumerated() {
      let second = pair.1.hasPrefix(prefix) ? String(pair.1.dropFirst(prefix.count)) : pair.1
      guard let a = vocabulary.id(pair.0), let b = vocabulary.id(pair.1), let joined = vocabulary.id(pair.0 + second)
      else {
        throw fields.fault(
          "merges[\(rank)]", expected: "two tokens of the vocabulary that make up a third",
          found: "\"\(pair.0.prefix(40)) \(pair.1.prefix(40))\"")
      }
      merges[Self.key(a, b)] = Merge(rank: Int32(truncatingIfNeeded: rank), id: joined)
    }
    self.merges = merges
    characters = (0..<Self.cachedCharacters).map { value in
      Unicode.Scalar(UInt32(value)).flatMap { vocabulary.id(String($0)) } ?? -1
    }
  }

  var size: Int { vocabulary.size }

  var unknownID: Int32? { unknown }

  func id(_ token: String) -> Int32? { vocabulary.id(token) }

  private static func key(_ a: Int32, _ b: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
  }

  func append(_ piece: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    guard !piece.isEmpty else { return }
    if ignoresMerges, let id = UTF8Piece(piece).bytes.withUnsafeBufferPointer(vocabulary.id) { return ids.append(id) }
    var symbols = symbols(piece)
    join(&symbols)
    for symbol in symbols where symbol >= 0 { ids.append(symbol) }
  }

  /// The ids of the characters, one by one.
  private func symbols(_ piece: ArraySlice<Unicode.Scalar>) -> [Int32] {
    var symbols: [Int32] = []
    symbols.reserveCapacity(piece.count)
    var followsUnknown = false
    for place in piece.indices {
      if let id = id(of: piece[place], isFirst: place == piece.startIndex, isLast: place + 1 == piece.endIndex) {
        symbols.append(id)
        followsUnknown = false
        continue
      }
      if !bytes.isEmpty {
        let spelled = (UTF8.encode(piece[place]).map { Array($0) } ?? []).compactMap { bytes[Int($0)] }
        if !spelled.isEmpty, spelled.count == UTF8.width(piece[place]) {
          symbols += spelled
          followsUnknown = false
          continue
        }
      }
      if let unknown, !(joinsUnknown && followsUnknown) { symbols.append(unknown) }
      followsUnknown = true
    }
    return symbols
  }

  private func id(of scalar: Unicode.Scalar, isFirst: Bool, isLast: Bool) -> Int32? {
    let before = isFirst ? "" : prefix, after = isLast ? suffix : ""
    guard before.isEmpty, after.isEmpty else { return vocabulary.id(before + String(scalar) + after) }
    if scalar.value < Self.cachedCharacters {
      let id = characters[Int(scalar.value)]
      return id < 0 ? nil : id
    }
    return vocabulary.id(String(scalar))
  }

  /// Joins pairs until none is left; what a pair leaves over is -1.
  private func join(_ symbols: inout [Int32]) {
    guard symbols.count > 1 else { return }
    // Neighbors of each symbol that is left.
    var next = (0..<symbols.count).map { Int32($0 + 1) }
    var previous = (0..<symbols.count).map { Int32($0 - 1) }
    // Rank, then place: the lowest rank first, the leftmost of equals.
    var queue: [UInt64] = []
    func pair(at place: Int) -> UInt64? {
      let other = Int(next[place])
      guard other < symbols.count, let merge = merges[Self.key(symbols[place], symbols[other])] else { return nil }
      return UInt64(UInt32(bitPattern: merge.rank)) << 32 | UInt64(place)
    }
    for place in 0..<symbols.count - 1 {
      if let pair = pair(at: place) { queue.append(pair) }
    }
    var heap = Heap(queue)
    while let entry = heap.popMin() {
      let place = Int(entry & 0xFFFF_FFFF), other = Int(next[place])
      guard symbols[place] >= 0, other < symbols.count,
        let merge = merges[Self.key(symbols[place], symbols[other])],
        UInt64(UInt32(bitPattern: merge.rank)) == entry >> 32
      else { continue }
      symbols[place] = merge.id
      symbols[other] = -1
      next[place] = next[other]
      if Int(next[other]) < symbols.count { previous[Int(next[other])] = Int32(place) }
      if let pair = pair(at: place) { heap.insert(pair) }
      if previous[place] >= 0, let pair = pair(at: Int(previous[place])) { heap.insert(pair) }
    }
  }
}
