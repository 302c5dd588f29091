/// What a benchmark of candidate sets measured.
public struct CandidateReport: Codable, Hashable, Sendable {
  /// One rule under one budget. Means over the queries.
  public struct Row: Codable, Hashable, Sendable {
    public var rule: String
    /// Items wanted: IDs are taken in their order until they hold that many.
    public var budget: Int
    /// Items in the set: the last ID is taken whole, and a rule may find fewer than are wanted.
    public var size: Double
    /// The share of the true k nearest that are in the set.
    public var recall: Double
    /// What a set of this size drawn at random would have.
    public var recallByChance: Double
    /// To find the set, for one query on one thread, in microseconds.
    public var microseconds: Double
  }

  public var items: Int
  public var levelSizes: [Int]
  public var queries: Int
  /// Queries whose own ID no item has.
  public var queriesWithoutItem: Int
  public var k: Int
  /// By rule, then by budget, up to the first that cuts no query's set.
  public var rows: [Row]
}
