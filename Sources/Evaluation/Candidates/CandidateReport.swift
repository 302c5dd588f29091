/// What a benchmark of candidate sets measured.
package struct CandidateReport: Codable, Hashable, Sendable {
  /// One rule under one budget. Means over the queries.
  package struct Row: Codable, Hashable, Sendable {
    package var rule: String
    /// Items wanted. IDs are taken in their order until they hold that many.
    package var budget: Int
    /// Items in the set. The last ID is taken whole, and a rule may find fewer than the budget.
    package var size: Double
    /// The share of the true k nearest that is in the set.
    package var recall: Double
    /// The recall of a set of this size that is drawn at random.
    package var recallByChance: Double
    /// Time to find the set, for one query on one thread, in microseconds.
    package var microseconds: Double
  }

  package var items: Int
  package var levelSizes: [Int]
  package var queries: Int
  /// Number of queries whose own ID no item has.
  package var queriesWithoutItem: Int
  package var k: Int
  /// By rule, then by budget, up to the first budget that cuts no query's set.
  package var rows: [Row]
}
