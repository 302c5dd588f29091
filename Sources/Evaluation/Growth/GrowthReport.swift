/// What was measured of catalogues of several sizes.
public struct GrowthReport: Codable, Hashable, Sendable {
  /// One size.
  public struct Row: Codable, Hashable, Sendable {
    public var items: Int
    /// Training on a sample, whose size does not grow.
    public var trainingVectors: Int
    public var trainSeconds: Double
    /// Of all items.
    public var encodeSeconds: Double
    public var buildSeconds: Double
    /// The fastest of three.
    public var openSeconds: Double
    /// A single query on one thread at the recall that was asked for, between the settings around it; nil where no
    /// setting reaches it.
    public var searchMicroseconds: Double?
    /// The most that a setting found.
    public var bestRecall: Double
    /// The exact search, a single query on one thread.
    public var exactMicroseconds: Double
    /// From an item's own ID, on one thread, means: all IDs at Hamming distance 1, and 100 items by prefix.
    public var hammingMicroseconds: Double
    public var prefixMicroseconds: Double
    public var indexBytes: Int
    public var bytesBesideVectors: Int
    /// The most memory the process has held so far: sizes are measured in ascending order, so that it is this one's.
    /// Mapped files that were touched are in it.
    public var peakMemoryBytes: Int
  }

  public var dimension: Int
  public var levelSizes: [Int]
  public var threads: Int
  public var k: Int
  public var recall: Double
  /// By ascending size.
  public var rows: [Row]
}
