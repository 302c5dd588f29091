/// What a benchmark of candidate sets measured.
package struct CandidateReport: Codable, Hashable, Sendable {
  /// One rule under one budget. Means over the queries.
  package struct Row: Codable, Hashable, Sendable {
    package var rule: String
    /// Items wanted: IDs are taken in their order until they hold that many.
    package var budget: Int
    /// Items in the set: the last ID is taken whole, and a rule may find fewer than are wanted.
    package var size: Double
    /// The share of the true k nearest that are in the set.
    package var recall: Double
    /// What a set of this size drawn at random would have.
    package var recallByChance: Double
    /// To find the set, for one query on one thread, in microseconds.
    package var microseconds: Double
  }

  package var items: Int
  package var levelSizes: [Int]
  package var queries: Int
  /// Queries whose own ID no item has.
  package var queriesWithoutItem: Int
  package var k: Int
  /// By rule, then by budget, up to the first that cuts no query's set.
  package var rows: [Row]
}
