import Formats
package import Tokenizers
package import Vectors

/// Offline evaluation of candidates: for each held-out interaction, whether the item that the user met is found from the
/// user's profile.
///
/// A profile is encoded, its code widened to candidates, and these are ranked by their exact distance from the profile, as
/// an index reranks through FAISS. Beside them stand brute force over all items, which is the ceiling, and two baselines:
/// the neighbors of the last item, and popularity.
package struct OfflineEvaluator: Sendable {
  package struct NamedTokenizer: Sendable {
    package var name: String
    package var tokenizer: any Tokenizer
    /// The items' codes, N×L, such as IDs after collisions were resolved; nil: what the model gives. They may have a level
    /// more than the model: profiles have code 0 there.
    package var codes: Codes?

    package init(name: String, tokenizer: any Tokenizer, codes: Codes? = nil) {
      self.name = name
      self.tokenizer = tokenizer
      self.codes = codes
    }
  }

  package var options: OfflineOptions

  package init(_ options: OfflineOptions = OfflineOptions()) { self.options = options }

  /// - Parameters:
  ///   - vectors: N×d, a row for each item that `cases` numbers.
  ///   - withoutVector: interactions of the test whose item has no row.
  ///   - scratch: a directory for the indexes of codes.
  ///   - progress: is called with numbers of cases that are done.
  /// - Throws: `InputError` when nothing is to be asked, or a model is of other vectors.
  /// - Complexity: O(cases · N · d) for brute force.
  package func run(
    _ vectors: Matrix, _ cases: OfflineCases, models: [NamedTokenizer], withoutVector: Int = 0,
    source: String = "vectors",
    scratch: String, pool: ThreadPool = ThreadPool(), progress: @Sendable (Int) -> Void = { _ in }
  ) throws -> OfflineReport {
    try options.validate()
    guard !cases.cases.isEmpty else {
      throw InputError(
        .mismatch, "interactions", expected: "held-out interactions of users with a history",
        found: "none, \(cases.withoutHistory) without a history and \(withoutVector) of items without a vector",
        remedy: "name the held-out part, --test, or one file to split, --interactions with --split")
    }
    let candidates = try models.enumerated().map { number, model in
      try ModelCandidates(model, vectors, options, at: scratch + "/\(number)", source: source, pool: pool)
    }
    let scores = try ItemScores(vectors, options.metric, source: source, pool: pool)
    var rankings: [Ranking] = []
    for profile in options.profiles {
      rankings += try rank(profile, vectors, cases, candidates, scores, pool, progress)
    }
    if !options.profiles.contains(.last(1)) {
      rankings += try rank(.last(1), vectors, cases, [], scores, pool, progress, named: "last item")
    }
    rankings.append(popularity(cases))
    return summarize(rankings, cases, items: vectors.rows, withoutVector, pool)
  }

  /// Where each case's item stands, by one way to rank.
  private struct Ranking {
    var row: OfflineReport.Row
    var ranks: [TargetRank]
    /// Candidates of each case, and whether the item is among them; empty where all items are ranked.
    var sizes: [Int] = []
    var found: [Bool] = []
  }

  private func rank(
    _ profile: UserProfile, _ vectors: Matrix, _ cases: OfflineCases, _ models: [ModelCandidates], _ scores: ItemScores,
    _ pool: ThreadPool, _ progress: @Sendable (Int) -> Void, named whole: String = "brute force"
  ) throws -> [Ranking] {
    let count = cases.cases.count
    let queries = scores.profiles(profile, cases, pool: pool)
    let encoded = options.encodesDirections ? queries : scores.encodable(profile, cases, of: vectors, pool: pool)
    let ids = try models.map { try $0.encode(encoded, pool: pool) }
    let ways = models.indices.flatMap { model in
      options.rules.filter(models[model].knows).map { (model: model, rule: $0) }
    }
    var rankings = [Ranking(row: row(nil, profile, whole), ranks: Array(repeating: .absent, count: count))]
    rankings += ways.map { way in
      Ranking(
        row: row(models[way.model].name, profile, way.rule.name), ranks: Array(repeating: .absent, count: count),
        sizes: Array(repeating: 0, count: count), found: Array(repeating: false, count: count))
    }
    let budget = options.budget(of: vectors.rows)
    let piece = scores.casesPerBlock
    // A case's results lie in one place, written by one task.
    var results = [CaseResult](repeating: CaseResult(ways: ways.count), count: count)
    try results.withUnsafeMutableBufferPointer { results in
      let results = results
      try pool.run(
        tasks: (count + piece - 1) / piece,
        throwing: { task in
          let block = task * piece..<min(count, (task + 1) * piece)
          let products = scores.products(queries[rows: block])
          var seen = [Bool](repeating: false, count: vectors.rows)
          for number in block {
            let own = products[
              (number - block.lowerBound) * vectors.rows..<(number - block.lowerBound + 1) * vectors.rows]
            let history = options.keepsSeen ? [] : cases.history(of: number)
            for item in history { seen[Int(item)] = true }
            defer { for item in history { seen[Int(item)] = false } }
            let target = Int(cases.cases[number].target)
            results[number].all = Self.rank(target, own, seen, among: nil)
            for (place, way) in ways.enumerated() {
              let rows = try models[way.model].rows(
                way.rule, around: ids[way.model][number], encoded.row(number), queries[rows: number..<number + 1],
                budget: budget)
              results[number].sizes[place] = rows.count
              results[number].found[place] = rows.contains(target)
              results[number].ranks[place] =
                rows.isEmpty && options.fallsBack ? results[number].all : Self.rank(target, own, seen, among: rows)
            }
          }
          progress(block.count)
        })
    }
    for (number, result) in results.enumerated() {
      rankings[0].ranks[number] = result.all
      for place in ways.indices {
        rankings[place + 1].ranks[number] = result.ranks[place]
        rankings[place + 1].sizes[number] = result.sizes[place]
        rankings[place + 1].found[number] = result.found[place]
      }
    }
    return rankings
  }

  private struct CaseResult: Sendable {
    var all = TargetRank.absent
    var ranks: [TargetRank]
    var sizes: [Int]
    var found: [Bool]

    init(ways: Int) {
      ranks = Array(repeating: .absent, count: ways)
      sizes = Array(repeating: 0, count: ways)
      found = Array(repeating: false, count: ways)
    }
  }

  /// - Parameters:
  ///   - scores: of all items; more is nearer.
  ///   - rows: the items that are ranked, each once; nil: all.
  private static func rank(
    _ target: Int, _ scores: ArraySlice<Float>, _ seen: [Bool], among rows: [Int]?
  ) -> TargetRank {
    guard !seen[target] else { return .absent }
    let base = scores.startIndex
    let own = scores[base + target]
    var (above, tied, isThere) = (0, 0, rows == nil)
    func count(_ row: Int) {
      if row == target {
        isThere = true
      } else if !seen[row] {
        let score = scores[base + row]
        if score > own { above += 1 } else if score == own { tied += 1 }
      }
    }
    if let rows { rows.forEach(count) } else { seen.indices.forEach(count) }
    return isThere ? TargetRank(above: above, tied: tied) : .absent
  }

  private func popularity(_ cases: OfflineCases) -> Ranking {
    let sorted = cases.popularity.sorted()
    func firstIndex(_ isPast: (Int) -> Bool) -> Int {
      var (low, high) = (0, sorted.count)
      while low < high {
        let middle = (low + high) / 2
        if isPast(sorted[middle]) { high = middle } else { low = middle + 1 }
      }
      return low
    }
    let ranks = cases.cases.indices.map { number -> TargetRank in
      let target = Int(cases.cases[number].target)
      let own = cases.popularity[target]
      let end = firstIndex { $0 > own }
      var rank = TargetRank(above: sorted.count - end, tied: end - firstIndex { $0 >= own } - 1)
      guard !options.keepsSeen else { return rank }
      for item in Set(cases.history(of: number)) {
        if Int(item) == target { return .absent }
        if cases.popularity[Int(item)] > own { rank.above -= 1 }
        if cases.popularity[Int(item)] == own { rank.tied -= 1 }
      }
      return rank
    }
    return Ranking(row: row(nil, nil, "popularity"), ranks: ranks)
  }

  private func row(_ model: String?, _ profile: UserProfile?, _ rule: String) -> OfflineReport.Row {
    let none = OfflineReport.Estimate(mean: 0, low: 0, high: 0)
    return OfflineReport.Row(
      model: model, profile: profile?.name, rule: rule, recall: [], ndcg: [], reciprocalRank: none)
  }

  private func summarize(
    _ rankings: [Ranking], _ cases: OfflineCases, items: Int, _ withoutVector: Int, _ pool: ThreadPool
  ) -> OfflineReport {
    let (count, each) = (cases.cases.count, 2 * options.cutoffs.count + 1)
    let means = rankings.count * each
    var values = [Float](repeating: 0, count: count * means)
    var sums = [Double](repeating: 0, count: means)
    for (number, ranking) in rankings.enumerated() {
      for (index, rank) in ranking.ranks.enumerated() {
        let measures =
          options.cutoffs.map(rank.recall) + options.cutoffs.map(rank.ndcg) + [rank.reciprocal]
        for (place, measure) in measures.enumerated() {
          values[index * means + number * each + place] = Float(measure)
          sums[number * each + place] += measure
        }
      }
    }
    let intervals = Bootstrap(resamples: options.resamples, seed: options.seed)
      .intervals(values, count: count, means: means, pool: pool)
    var rows = rankings.enumerated().map { number, ranking -> OfflineReport.Row in
      var row = ranking.row
      let estimates = (number * each..<(number + 1) * each).map {
        OfflineReport.Estimate(mean: sums[$0] / Double(count), low: intervals[$0].low, high: intervals[$0].high)
      }
      row.recall = Array(estimates[..<options.cutoffs.count])
      row.ndcg = Array(estimates[options.cutoffs.count..<each - 1])
      row.reciprocalRank = estimates[each - 1]
      if !ranking.sizes.isEmpty {
        let filled = ranking.sizes.count { $0 > 0 }
        row.candidates = filled == 0 ? 0 : Double(ranking.sizes.reduce(0, +)) / Double(filled)
        row.withoutCandidates = Double(count - filled) / Double(count)
        row.candidateRecall = Double(ranking.found.count { $0 }) / Double(count)
      }
      return row
    }
    for index in rows.indices where rows[index].model != nil {
      let ceiling = rows.first { $0.model == nil && $0.profile == rows[index].profile }?.recall[0].mean ?? 0
      rows[index].ofCeiling = ceiling > 0 ? rows[index].recall[0].mean / ceiling : nil
    }
    return OfflineReport(
      items: items, metric: options.metric, cutoffs: options.cutoffs, cases: count, withoutVector: withoutVector,
      withoutHistory: cases.withoutHistory,
      repeated: cases.cases.indices.count { cases.history(of: $0).contains(cases.cases[$0].target) },
      keepsSeen: options.keepsSeen, fallsBack: options.fallsBack, budget: options.budget(of: items), rows: rows)
  }
}
