package import Retrieval
package import Tokenizers
package import Vectors

/// How many of a query's true neighbors are among its candidates, by the rule that finds these and by their number. No
/// ranking of the candidates can find more.
package struct CandidateBenchmark: Sendable {
  package var k = 10
  package var rules = CandidateRule.defaults
  package var budgets = Self.defaultBudgets

  package static let defaultBudgets = [10, 30, 100, 300, 1000, 3000, 10_000]

  package init() {}

  /// Measures the expansions of `index`.
  ///
  /// - Parameters:
  ///   - byCodes: the same items as an index without vectors, which the rule `distance` searches by codes.
  ///   - ids: the queries' own codes.
  ///   - truth: exact neighbors of the queries, at least k of each. With more than k, neighbors at the distance of the
  ///     k-th count for one another.
  /// - Throws: `InputError` when a rule cannot be applied, or the parts do not belong together.
  package func run(
    _ index: SemanticIndex, byCodes: SemanticIndex?, queries: Matrix, ids: Codes, truth: GroundTruth,
    pool: ThreadPool = ThreadPool(), progress: (_ rows: Int) -> Void = { _ in }
  ) throws -> CandidateReport {
    try check(index, queries, ids, truth)
    let positions = try NeighborPositions(truth, k: k, index)
    let budgets = Set(budgets.map { min($0, index.count) }).sorted()
    var rows: [CandidateReport.Row] = []
    for rule in rules {
      var isWhole = false
      for budget in budgets where !isWhole {
        let row = try measure(rule, budget, index, byCodes, queries, ids, positions, pool)
        rows.append(row.row)
        // A larger budget finds the same items.
        isWhole = row.isWhole
        progress(rows.count)
      }
    }
    return CandidateReport(
      items: index.count, levelSizes: index.trie.levelSizes, queries: queries.rows,
      queriesWithoutItem: (0..<ids.count).count { index.trie.node(prefix: ids[$0]) == nil }, k: k, rows: rows)
  }

  private func check(_ index: SemanticIndex, _ queries: Matrix, _ ids: Codes, _ truth: GroundTruth) throws {
    guard queries.rows > 0, ids.count == queries.rows, truth.count == queries.rows else {
      throw InputError(
        .mismatch, "queries", expected: "one or more, each with an ID and its neighbors",
        found: "\(queries.rows) with \(ids.count) IDs and neighbors of \(truth.count)")
    }
    guard ids.levelSizes == index.trie.levelSizes else {
      throw InputError(
        .mismatch, "queries' IDs", expected: "levels of \(index.trie.levelSizes) codes", found: "\(ids.levelSizes)")
    }
    guard k >= 1, k <= min(truth.depth, index.count) else {
      throw InputError(
        .usage, "k", expected: "1 to \(min(truth.depth, index.count)), the true neighbors known", found: "\(k)")
    }
    guard let least = budgets.min(), least >= 1, !rules.isEmpty else {
      throw InputError(.usage, "budgets", expected: "numbers from 1", found: "\(budgets)")
    }
  }

  /// The candidates of one query.
  private struct Found {
    var size = 0
    var recall = 0.0
    var seconds = 0.0
    /// Whether the rule would find more with a larger budget.
    var isCut = false
  }

  private func measure(
    _ rule: CandidateRule, _ budget: Int, _ index: SemanticIndex, _ byCodes: SemanticIndex?, _ queries: Matrix,
    _ ids: Codes, _ positions: NeighborPositions, _ pool: ThreadPool
  ) throws -> (row: CandidateReport.Row, isWhole: Bool) {
    // The first searches, which touch and allocate memory, are not timed.
    for query in 0..<min(queries.rows, 8) {
      _ = try one(rule, budget, index, byCodes, query, queries, ids, positions)
    }
    var found = [Found](repeating: Found(), count: queries.rows)
    try found.withUnsafeMutableBufferPointer { found in
      try pool.run(
        tasks: found.count,
        throwing: { query in
          found[query] = try one(rule, budget, index, byCodes, query, queries, ids, positions)
        })
    }
    let count = Double(found.count)
    let size = Double(found.reduce(0) { $0 + $1.size }) / count
    let row = CandidateReport.Row(
      rule: rule.name, budget: budget, size: size, recall: found.reduce(0) { $0 + $1.recall } / count,
      recallByChance: size / Double(max(1, index.count)),
      microseconds: found.reduce(0) { $0 + $1.seconds } / count * 1e6)
    return (row, found.allSatisfy { !$0.isCut })
  }

  private func one(
    _ rule: CandidateRule, _ budget: Int, _ index: SemanticIndex, _ byCodes: SemanticIndex?, _ query: Int,
    _ queries: Matrix, _ ids: Codes, _ positions: NeighborPositions
  ) throws -> Found {
    switch rule {
    case .expansion(let expansion):
      let id = ids[query]
      var set: CandidateSet?
      let seconds = try Stopwatch.seconds { set = try index.candidates(around: id, by: expansion, budget: budget) }
      let ranges = set?.entries.map(\.items) ?? []
      return Found(
        size: set?.count ?? 0, recall: positions.recall(query, in: ranges), seconds: seconds,
        isCut: set?.budgetExhausted ?? false)
    case .decoded:
      throw InputError(
        .usage, "rules", expected: "expansions, and distance", found: "decoded",
        remedy: "semid evaluate offline knows it")
    case .distance:
      guard let byCodes else {
        throw InputError(
          .unsupported, index.path, expected: "codes whose codewords add up to the vectors, to go by distance",
          found: "an index without", remedy: "leave out the rule distance")
      }
      let vector = queries.row(query)
      let options = SearchOptions(k: budget, candidates: budget, scan: budget)
      var hits: [SearchHit] = []
      let seconds = try Stopwatch.seconds { hits = try byCodes.search(vector, options: options).hits }
      return Found(
        size: hits.count, recall: positions.recall(query, inRows: hits.map(\.row)), seconds: seconds,
        isCut: hits.count < index.count)
    }
  }
}

/// The positions of each query's true neighbors in the index.
private struct NeighborPositions {
  /// By query: rows that are surely among the k nearest, and rows at the k-th's distance, of which any count.
  private var sure: [[Int]] = []
  private var tied: [[Int]] = []
  private let k: Int
  private let positions: Buffer<UInt32>

  init(_ truth: GroundTruth, k: Int, _ index: SemanticIndex) throws {
    guard let neighbors = truth.neighbors else {
      throw InputError(.usage, "ground truth", expected: "the rows of the neighbors", found: "distances alone")
    }
    self.k = k
    positions = index.trie.positions
    for query in 0..<truth.count {
      let last = truth.distances[query, k - 1]
      var (sure, tied): ([Int], [Int]) = ([], [])
      for rank in 0..<truth.depth {
        let row = Int(neighbors[query * truth.depth + rank])
        guard (0..<index.count).contains(row) else {
          throw InputError(
            .mismatch, "ground truth", at: "query \(query)", expected: "rows below \(index.count)", found: "\(row)")
        }
        let distance = truth.distances[query, rank]
        if distance < last { sure.append(row) } else if distance == last { tied.append(row) }
      }
      self.sure.append(sure)
      self.tied.append(tied)
    }
  }

  /// The recall of the positions in `ranges`.
  func recall(_ query: Int, in ranges: [Range<Int>]) -> Double {
    let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
    return share(query) { row in
      let position = Int(positions[row])
      // The last range that begins no later.
      var (low, high) = (0, sorted.count)
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle].lowerBound <= position { low = middle + 1 } else { high = middle }
      }
      return low > 0 && sorted[low - 1].contains(position)
    }
  }

  func recall(_ query: Int, inRows rows: [Int]) -> Double {
    let found = Set(rows)
    return share(query, found.contains)
  }

  private func share(_ query: Int, _ isFound: (Int) -> Bool) -> Double {
    let sure = self.sure[query].count(where: isFound)
    let tied = min(self.tied[query].count(where: isFound), k - self.sure[query].count)
    return Double(sure + tied) / Double(k)
  }
}
