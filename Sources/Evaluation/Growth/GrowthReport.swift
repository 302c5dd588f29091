/// What was measured of catalogues of several sizes.
package struct GrowthReport: Codable, Hashable, Sendable {
  /// One size.
  package struct Row: Codable, Hashable, Sendable {
    package var items: Int
    /// Training on a sample, whose size does not grow.
    package var trainingVectors: Int
    package var trainSeconds: Double
    /// Of all items.
    package var encodeSeconds: Double
    package var buildSeconds: Double
    /// The fastest of three.
    package var openSeconds: Double
    /// A single query on one thread at the recall that was asked for, between the settings around it; nil where no
    /// setting reaches it.
    package var searchMicroseconds: Double?
    /// The most that a setting found.
    package var bestRecall: Double
    /// The exact search, a single query on one thread.
    package var exactMicroseconds: Double
    /// From an item's own ID, on one thread, means: all IDs at Hamming distance 1, and 100 items by prefix.
    package var hammingMicroseconds: Double
    package var prefixMicroseconds: Double
    package var indexBytes: Int
    package var bytesBesideVectors: Int
    /// The most memory the process has held so far: sizes are measured in ascending order, so that it is this one's.
    /// Mapped files that were touched are in it.
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
