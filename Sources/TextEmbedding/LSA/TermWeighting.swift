import Vectors

/// Which buckets count, and how much: the inverse document frequency of each.
struct TermWeighting {
  /// Buckets that enough texts touch, ascending.
  let buckets: [Int32]
  /// ln((1 + N) / (1 + n)) + 1, for N texts of which n touch the bucket.
  let inverseFrequencies: [Float]

  init(buckets: [Int32], inverseFrequencies: [Float]) {
    self.buckets = buckets
    self.inverseFrequencies = inverseFrequencies
  }

  /// Counts the texts of each bucket in `counts`, the hashed features of a corpus.
  init(_ counts: SparseRows, options: LSAOptions) {
    var texts = [Int32](repeating: 0, count: 1 << options.hashBits)
    for bucket in counts.columns { texts[Int(bucket)] += 1 }
    buckets = texts.indices.filter { Int(texts[$0]) >= options.minimumTexts }.map { Int32(truncatingIfNeeded: $0) }
    let total = Double(counts.count)
    inverseFrequencies = buckets.map { Float(Math.log((1 + total) / (1 + Double(texts[Int($0)]))) + 1) }
  }

  /// TF-IDF rows of unit length over the buckets in use (column i is the i-th). Buckets the corpus did not have are
  /// left out; a text that has no other gets an empty row.
  func weighted(_ counts: SparseRows) -> SparseRows {
    // A search of the sorted buckets costs little for a few queries; a table pays for a corpus.
    guard counts.columns.count > buckets.count else { return counts.mapped { weigh($0, $1, at: position(of: $0)) } }
    var table = [Int32](repeating: -1, count: Int(buckets.last ?? -1) + 1)
    for (position, bucket) in buckets.enumerated() { table[Int(bucket)] = Int32(truncatingIfNeeded: position) }
    return counts.mapped { bucket, value in
      let position = Int(bucket) < table.count ? Int(table[Int(bucket)]) : -1
      return weigh(bucket, value, at: position < 0 ? nil : position)
    }
  }

  private func weigh(_ bucket: Int32, _ value: Float, at position: Int?) -> (Int32, Float)? {
    position.map { (Int32(truncatingIfNeeded: $0), value * inverseFrequencies[$0]) }
  }

  private func position(of bucket: Int32) -> Int? {
    var low = 0
    var high = buckets.count
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle] < bucket { low = middle + 1 } else { high = middle }
    }
    return low < buckets.count && buckets[low] == bucket ? low : nil
  }
}
