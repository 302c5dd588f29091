package import Tokenizers
package import Vectors

/// Codes for measurements without data.
package enum MadeUpCodes {
  /// The codes of a file or, without one, made-up ones.
  ///
  /// - Throws: `InputError` when the file cannot be read or holds no items.
  package static func codes(
    of file: String?, or items: Int, levelSizes: [Int], seed: UInt64, pool: ThreadPool
  ) throws -> Codes {
    guard let file else { return try codes(items: items, levelSizes: levelSizes, seed: seed, pool: pool) }
    let codes = try CodesTable(opening: file, pool: pool).rectangular()
    guard codes.count > 0 else { throw InputError(.malformed, file, expected: "items", found: "none") }
    return codes
  }

  /// Codes drawn unevenly, as those of real items are. The code of a level is ⌊K·u²⌋ for a uniform u.
  package static func codes(items: Int, levelSizes sizes: [Int], seed: UInt64, pool: ThreadPool) throws -> Codes {
    let values = Buffer<UInt16>(count: items * sizes.count) { values in
      // One stream per piece: the same codes for any number of threads.
      pool.run(over: items, inPiecesOf: 65_536) { piece in
        var random = CounterRandom(seed: seed, stream: UInt64(piece.lowerBound))
        for item in piece {
          for (level, size) in sizes.enumerated() {
            let u = random.uniform()
            values[item * sizes.count + level] = UInt16(Double(size) * u * u)
          }
        }
      }
    }
    return try Codes(levelSizes: sizes, values: values)
  }
}
