import Vectors

/// How the codes of one level are used, and how well the levels up to it tell items apart.
package struct LevelUsage: Hashable, Sendable, Codable {
  /// K.
  package var size: Int
  package var used: Int
  /// e to the entropy of the codes: the number of equally used codes that would carry as much information.
  package var perplexity: Double
  /// 1 − distinct prefixes / items, of the prefixes that end at this level.
  package var collisionRate: Double
}

extension LevelUsage {
  /// Counts codes level by level: O(N) per level.
  ///
  /// - Parameters:
  ///   - codes: row-major, `sizes.count` codes per item.
  static func count(_ codes: UnsafeBufferPointer<UInt16>, sizes: [Int]) -> [LevelUsage] {
    let levels = sizes.count
    let items = codes.count / levels
    guard items > 0 else {
      return sizes.map { LevelUsage(size: $0, used: 0, perplexity: 0, collisionRate: 0) }
    }
    // Which prefix each item has, by number.
    var prefixes = [UInt64](repeating: 0, count: items)
    return sizes.enumerated().map { level, size in
      var counts = [Int](repeating: 0, count: size)
      var keys = [UInt64](repeating: 0, count: items)
      for item in 0..<items {
        let code = codes[item * levels + level]
        counts[Int(code)] += 1
        keys[item] = prefixes[item] << 16 | UInt64(code)
      }
      var distinct: [UInt64: UInt64] = [:]
      distinct.reserveCapacity(items)
      for item in 0..<items {
        let next = UInt64(distinct.count)
        prefixes[item] = distinct[keys[item], default: next]
        if prefixes[item] == next { distinct[keys[item]] = next }
      }
      let usage = CodeUsage(counts: counts)
      return LevelUsage(
        size: size, used: usage.used, perplexity: usage.perplexity,
        collisionRate: 1 - Double(distinct.count) / Double(items))
    }
  }
}
