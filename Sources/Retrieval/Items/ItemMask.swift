package import Vectors

/// A set of items of one trie: one bit for every position, in ID order.
///
/// The items below a trie node are one range of positions. So whether a node holds an allowed item, and how many, is a
/// question about a range of bits. A directory of ranks, the number of set bits before every 512th, answers it in
/// constant time (Jacobson 1989; here 6 % of the bits). So a filter can end a descent early, instead of sifting its
/// results.
///
/// `@unchecked Sendable` because of the addresses. They are those of the buffers, which nobody changes.
package struct ItemMask: @unchecked Sendable {
  /// Positions there are: the number of items.
  package let capacity: Int
  /// Positions that are set.
  package let count: Int
  /// How many of the runs of 32 positions, each from a multiple of 32 on, have one that is set.
  let occupiedRuns: Int
  /// Bits from the lowest on; those behind `capacity` are zero, and two words more than needed may be read.
  let words: Buffer<UInt64>
  /// Set bits before each run of `run` words.
  private let ranks: Buffer<UInt32>
  // Their addresses, since a call for an address would be most of the cost of a question.
  private let bits: UnsafePointer<UInt64>
  private let before: UnsafePointer<UInt32>

  private static let run = 8

  static func wordCount(capacity: Int) -> Int { (capacity + 63) / 64 }

  /// - Parameter body: sets bits in the words, which start as zeros. Bits behind the capacity are cleared.
  init(capacity: Int, settingBits body: (UnsafeMutableBufferPointer<UInt64>) throws -> Void) rethrows {
    let used = Self.wordCount(capacity: capacity)
    self.capacity = capacity
    let words = try Buffer<UInt64>(count: used + 2) { words in
      try body(UnsafeMutableBufferPointer(rebasing: words[..<used]))
      if capacity % 64 != 0 { words[used - 1] &= 1 << UInt64(capacity % 64) - 1 }
    }
    var total = 0
    var occupied = 0
    ranks = words.withUnsafeBufferPointer { words in
      Buffer(count: words.count / Self.run + 1) { ranks in
        for word in words.indices {
          if word % Self.run == 0 { ranks[word / Self.run] = UInt32(truncatingIfNeeded: total) }
          total += words[word].nonzeroBitCount
          occupied += (words[word] >> 32 == 0 ? 0 : 1) + (words[word] & 0xFFFF_FFFF == 0 ? 0 : 1)
        }
        if words.count % Self.run == 0 { ranks[words.count / Self.run] = UInt32(truncatingIfNeeded: total) }
      }
    }
    self.words = words
    count = total
    occupiedRuns = occupied
    bits = words.withUnsafeBufferPointer { $0.baseAddress.unsafelyUnwrapped }
    before = ranks.withUnsafeBufferPointer { $0.baseAddress.unsafelyUnwrapped }
  }

  /// The positions given; the same one may come more than once.
  ///
  /// - Precondition: every position is below `capacity`.
  package init(capacity: Int, positions: some Sequence<Int>) {
    self.init(capacity: capacity) { words in
      for position in positions {
        precondition(position >= 0 && position < capacity, "a position outside the mask")
        words[position >> 6] |= 1 << UInt64(position & 63)
      }
    }
  }

  /// The positions for which `isSet` holds, asked once each, in any order.
  package init(capacity: Int, pool: ThreadPool = ThreadPool(threads: 1), where isSet: (Int) -> Bool) {
    self.init(capacity: capacity) { words in
      pool.run(over: words.count, inPiecesOf: 1 << 10) { piece in
        for word in piece {
          var bits: UInt64 = 0
          for bit in 0..<min(64, capacity - word * 64) where isSet(word * 64 + bit) { bits |= 1 << UInt64(bit) }
          words[word] = bits
        }
      }
    }
  }

  /// All positions, or none.
  package init(capacity: Int, repeating value: Bool) {
    self.init(capacity: capacity) { words in if value { words.update(repeating: .max) } }
  }
}

extension ItemMask {
  /// Whether no position is set.
  package var isEmpty: Bool { count == 0 }

  /// - Precondition: `position` is below `capacity`.
  @inline(__always)
  package func contains(_ position: Int) -> Bool {
    precondition(position >= 0 && position < capacity, "a position outside the mask")
    defer { withExtendedLifetime(words) {} }
    return bits[position >> 6] >> UInt64(position & 63) & 1 != 0
  }

  /// How many positions of `range` are set. O(1).
  @inline(__always)
  package func count(in range: Range<Int>) -> Int { rank(range.upperBound) - rank(range.lowerBound) }

  /// Whether no position of `range` is set. O(1).
  @inline(__always)
  package func isEmpty(in range: Range<Int>) -> Bool { count(in: range) == 0 }

  /// Set bits before `position`, which may be the capacity.
  @inline(__always)
  private func rank(_ position: Int) -> Int {
    precondition(position >= 0 && position <= capacity, "a position outside the mask")
    defer { withExtendedLifetime((words, ranks)) {} }
    let word = position >> 6
    var sum = Int(before[word / Self.run])
    for earlier in word / Self.run * Self.run..<word { sum += bits[earlier].nonzeroBitCount }
    return sum + (bits[word] & (1 << UInt64(position & 63) - 1)).nonzeroBitCount
  }

  /// The bits of the 32 positions from `position` on, the lowest first; zeros behind the capacity.
  @inline(__always)
  func window(at position: Int) -> UInt32 {
    precondition(position >= 0 && position <= capacity, "a position outside the mask")
    defer { withExtendedLifetime(words) {} }
    let word = position >> 6
    let shift = UInt64(position & 63)
    // A shift by 64 gives 0.
    return UInt32(truncatingIfNeeded: bits[word] >> shift | bits[word + 1] << (64 - shift))
  }

  /// The first position of `range` that is set, or nil.
  package func first(in range: Range<Int>) -> Int? {
    guard !range.isEmpty else { return nil }
    return words.withUnsafeBufferPointer { words in
      var word = range.lowerBound >> 6
      var bits = words[word] & ~0 << UInt64(range.lowerBound & 63)
      while bits == 0 {
        word += 1
        guard word * 64 < range.upperBound else { return nil }
        bits = words[word]
      }
      let position = word * 64 + bits.trailingZeroBitCount
      return position < range.upperBound ? position : nil
    }
  }

  /// Calls `body` with every position of `range` that is set, ascending: by default with all.
  package func forEach(in range: Range<Int>? = nil, _ body: (Int) -> Void) {
    let range = range ?? 0..<capacity
    guard !range.isEmpty else { return }
    words.withUnsafeBufferPointer { words in
      let last = (range.upperBound - 1) >> 6
      for word in range.lowerBound >> 6...last {
        var bits = words[word]
        if word == range.lowerBound >> 6 { bits &= ~0 << UInt64(range.lowerBound & 63) }
        if word == last { bits &= ~0 >> UInt64(63 - (range.upperBound - 1) & 63) }
        while bits != 0 {
          body(word * 64 + bits.trailingZeroBitCount)
          bits &= bits - 1
        }
      }
    }
  }

  /// The positions of `range` that are set, ascending: by default all.
  package func positions(in range: Range<Int>? = nil) -> [Int] {
    var positions: [Int] = []
    positions.reserveCapacity(range.map(count(in:)) ?? count)
    forEach(in: range) { positions.append($0) }
    return positions
  }
}
