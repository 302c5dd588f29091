/// The measurements of catalogues of several sizes.
package struct GrowthReport: Codable, Hashable, Sendable {
  /// The measurements of one size.
  package struct Row: Codable, Hashable, Sendable {
    package var items: Int
    /// Number of vectors of the training sample, which does not grow.
    package var trainingVectors: Int
    package var trainSeconds: Double
    /// Time of encoding all items.
    package var encodeSeconds: Double
    package var buildSeconds: Double
    /// Time of opening, the fastest of three.
    package var openSeconds: Double
    /// Time of a single query on one thread at the benchmark's recall, interpolated between settings; nil where no
    /// setting reaches it.
    package var searchMicroseconds: Double?
    /// The greatest recall of any setting.
    package var bestRecall: Double
    /// Time of the exact search, for a single query on one thread.
    package var exactMicroseconds: Double
    /// Mean times of widening an item's own ID, on one thread: to all IDs at Hamming distance 1, and to 100 items by
    /// prefix.
    package var hammingMicroseconds: Double
    package var prefixMicroseconds: Double
    package var indexBytes: Int
    package var bytesBesideVectors: Int
    /// The most memory that the process has held so far. Sizes are measured in ascending order, so it is that of this
    /// size. It includes mapped files that were touched.
    package var peakMemoryBytes: Int
  }

  package var dimension: Int
  package var levelSizes: [Int]
  package var threads: Int
  package var k: Int
  package var recall: Double
  /// By ascending size.
  package var rows: [Row]
}
