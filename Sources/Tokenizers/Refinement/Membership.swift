import Vectors

/// Which rows have which codeword. The codewords of all levels are numbered in one row: level l's begin at `starts[l]`.
struct Membership {
  let levels: Int
  /// The number of all codewords.
  let count: Int
  /// N × L codewords by that number.
  let codewords: [Int32]
  /// Of codeword g, `rows[ends[g]..<ends[g + 1]]`, ascending.
  private let ends: [Int]
  private let rows: [Int32]

  /// - Precondition: N < 2³¹, which 2³¹ · L codes of two bytes would pass first.
  init(_ codes: Codes) {
    let levels = codes.levels
    let sizes = codes.levelSizes
    let starts = sizes.indices.map { sizes[..<$0].reduce(0, +) }
    let count = sizes.reduce(0, +)
    let codewords = codes.values.withUnsafeBufferPointer { values in
      values.indices.map { Int32(truncatingIfNeeded: starts[$0 % levels] + Int(values[$0])) }
    }
    var ends = [Int](repeating: 0, count: count + 1)
    for codeword in codewords { ends[Int(codeword) + 1] += 1 }
    for codeword in 0..<count { ends[codeword + 1] += ends[codeword] }
    var next = ends
    rows = [Int32](unsafeUninitializedCapacity: codewords.count) { rows, filled in
      for index in codewords.indices {
        rows[next[Int(codewords[index])]] = Int32(truncatingIfNeeded: index / levels)
        next[Int(codewords[index])] += 1
      }
      filled = codewords.count
    }
    self.levels = levels
    self.count = count
    self.codewords = codewords
    self.ends = ends
  }

  func size(_ codeword: Int) -> Int { ends[codeword + 1] - ends[codeword] }

  /// The rows that have a codeword, ascending.
  func members(_ codeword: Int) -> ArraySlice<Int32> { rows[ends[codeword]..<ends[codeword + 1]] }
}
