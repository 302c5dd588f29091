import CKernels

/// The tokens allowed to each beam of a batch: one row of bits per beam, 32 tokens per `Int32` word. Bit `i % 32` of
/// word `i / 32` is token `i`, as in xgrammar, vLLM and SGLang.
///
/// It is made once for a batch, and filled anew at each step. It remembers what it holds, so a step writes the words of
/// a level, and not those of the whole vocabulary. One thread at a time may use it.
public final class TokenMask {
  /// Number of beams.
  public let rows: Int
  /// Words per row.
  package let words: Int
  let storage: UnsafeMutablePointer<UInt32>
  /// The kind of contents of each row, in the kernels' numbers.
  let kinds: UnsafeMutablePointer<UInt32>
  /// The constraint that wrote it last; another must start from zeros.
  var writer: ObjectIdentifier?

  init(rows: Int, words: Int) {
    self.rows = rows
    self.words = words
    storage = .allocate(capacity: max(rows * words, 1))
    kinds = .allocate(capacity: max(rows, 1))
    clear()
  }

  deinit {
    storage.deallocate()
    kinds.deallocate()
  }

  func clear() {
    storage.initialize(repeating: 0, count: rows * words)
    kinds.initialize(repeating: 0, count: rows)
  }

  /// Calls `body` with all words, row after row.
  public func withUnsafeWords<Result>(_ body: (UnsafeBufferPointer<Int32>) throws -> Result) rethrows -> Result {
    try storage.withMemoryRebound(to: Int32.self, capacity: max(rows * words, 1)) {
      try body(UnsafeBufferPointer(start: $0, count: rows * words))
    }
  }

  /// Whether `row` allows `token`.
  public subscript(row: Int, token: Int) -> Bool {
    precondition((0..<rows).contains(row) && (0..<words * 32).contains(token), "no such bit")
    return storage[row * words + token / 32] >> UInt32(token % 32) & 1 == 1
  }

  /// The tokens that `row` allows, ascending.
  public func tokens(ofRow row: Int) -> [Int32] {
    precondition((0..<rows).contains(row), "no such row")
    var tokens: [Int32] = []
    for word in 0..<words {
      var bits = storage[row * words + word]
      while bits != 0 {
        tokens.append(Int32(word * 32 + bits.trailingZeroBitCount))
        bits &= bits - 1
      }
    }
    return tokens
  }

  /// Sets the scores of tokens that are not allowed to −∞.
  ///
  /// - Parameters:
  ///   - scores: `columns` scores for each row of the mask.
  ///   - columns: scores per row. Scores beyond the mask's bits, such as those of a model that fills up its table,
  ///     become −∞ too.
  public func apply(to scores: UnsafeMutableBufferPointer<Float>, columns: Int) {
    precondition(scores.count == rows * columns, "a score for each token of each row")
    guard let start = scores.baseAddress else { return }
    let covered = min(columns, words * 32)
    for row in 0..<rows {
      semid_mask_apply(storage + row * words, start + row * columns, covered)
      (start + row * columns + covered).update(repeating: -.infinity, count: columns - covered)
    }
  }
}
