import NIOCore
import Retrieval
import Tokenizers
import Vectors

/// Finding items.
enum SearchRoutes {
  static let all: [Route] = [
    Route("POST", "/v1/indexes/{index}/query", "query", query),
    Route("POST", "/v1/indexes/{index}/query/batch", "queryBatch", batch),
    Route("POST", "/v1/indexes/{index}/candidates", "candidates", candidates),
    Route("POST", "/v1/indexes/{index}/recall", "recall", recall),
  ]

  private static func query(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let run = QueryRun(served: served, state: state, call: call)
    let request: QueryRequest
    if call.isBinary {
      let vector = try call.body.withUnsafeReadableBytes {
        try RawNumbers.matrix($0, columns: state.index.manifest.dimension, at: "vector")
      }
      guard vector.rows == 1 else {
        throw ServerFault(
          .mismatch, "body", expected: "one vector", found: "\(vector.rows)", remedy: "query/batch takes several")
      }
      request = try QueryRequest(vector, QueryRequest.settings(call), served, state)
    } else {
      try QueryRequest.refuseSettings(call)
      request = try QueryRequest(call.json(), at: "", served, state, call.limits)
    }
    let found = try run.run(request, pool: call.pool)
    return try Answer.result(since: call.started) { try run.write(found, request, to: &$0) }
  }

  private static func batch(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let run = QueryRun(served: served, state: state, call: call)
    let requests = try batchRequests(call, served, state)
    let found = try runTogether(requests, run, call)
    return try Answer.result(since: call.started) { writer in
      try writer.array { writer in
        for (request, found) in zip(requests, found) where !writer.isTooLarge {
          try call.checkDeadline()
          try run.write(found, request, to: &writer)
        }
      }
    }
  }

  private static func batchRequests(_ call: Call, _ served: ServedIndex, _ state: ServedState) throws -> [QueryRequest]
  {
    if call.isBinary {
      let settings = try QueryRequest.settings(call)
      let vectors = try call.body.withUnsafeReadableBytes {
        try RawNumbers.matrix($0, columns: state.index.manifest.dimension, at: "vectors")
      }
      try call.checkBatch(vectors.rows, "queries")
      return try (0..<vectors.rows).map { try QueryRequest(vectors[rows: $0..<$0 + 1], settings, served, state) }
    }
    try QueryRequest.refuseSettings(call)
    let fields = try call.fields(["queries"])
    guard let queries = try fields.objects("queries") else {
      throw fields.fault("queries", expected: "an array of queries", found: "none")
    }
    try call.checkBatch(queries.count, "queries")
    return try queries.enumerated().map {
      try call.checkDeadline()
      return try QueryRequest($1, at: "queries[\($0)]", served, state, call.limits)
    }
  }

  /// Queries that are searched in one pass, at most: a pass is not interrupted when the time is up.
  private static let pass = 256

  /// Vectors of equal settings are searched in one pass, the others one after another.
  private static func runTogether(_ requests: [QueryRequest], _ run: QueryRun, _ call: Call) throws -> [QueryRun.Found]
  {
    var found = [QueryRun.Found?](repeating: nil, count: requests.count)
    var groups: [QueryRequest.Settings: [Int]] = [:]
    for (place, request) in requests.enumerated() {
      if case .vector = request.subject, request.filter == nil {
        groups[request.settings, default: []].append(place)
      } else {
        try call.checkDeadline()
        found[place] = try run.run(request, pool: call.pool)
      }
    }
    for (settings, places) in groups {
      for start in stride(from: 0, to: places.count, by: pass) {
        try call.checkDeadline()
        let part = places[start..<min(places.count, start + pass)]
        let vectors = part.compactMap { place -> Matrix? in
          if case .vector(let vector) = requests[place].subject { vector } else { nil }
        }
        let columns = run.state.index.manifest.dimension
        let queries = Matrix(rows: vectors.count, columns: columns) { target in
          for (row, vector) in vectors.enumerated() {
            for (column, value) in vector.row(0).enumerated() { target[row * columns + column] = value }
          }
        }
        let results = try run.search(queries, settings, nil, extra: 0, call.widePool)
        for (row, place) in part.enumerated() {
          found[place] = run.found(
            results[row], requests[place], leavingOut: nil, vector: requests[place].explains ? vectors[row] : nil)
        }
      }
    }
    return found.compactMap(\.self)
  }

  private static func candidates(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let fields = try call.fields(["semantic_id", "item", "expand", "budget", "filter", "attributes"])
    let rule = try fields.text("expand").map { try ExpansionRequest.rule($0, at: "expand") }
    let budget = try fields.integer("budget", in: 1...10_000) ?? 100
    let filter = try FilterRequest.filter(fields, of: state)
    let writer = try ItemWriter(served, state, fields)
    let set: CandidateSet
    switch (try fields.text("semantic_id"), try fields.text("item")) {
    case (let text?, nil):
      let pattern = try IDRequest.pattern(text, at: "semantic_id", index)
      let codes = pattern.compactMap(\.self)
      if codes.count == pattern.count {
        set = try index.candidates(around: codes, by: rule ?? .exact, budget: budget, filter: filter)
      } else {
        guard rule == nil else {
          throw fields.mismatch("expand", expected: "a semantic_id without *", found: "one with")
        }
        set = try index.candidates(matching: pattern, budget: budget, filter: filter)
      }
    case (nil, let item?):
      let row = try QueryRequest.row(of: item, in: index)
      set = try index.candidates(around: index.codes(ofRow: row), by: rule ?? .exact, budget: budget, filter: filter)
    case (nil, nil): throw InputError(.usage, "body", expected: "one of semantic_id and item", found: "none")
    default: throw InputError(.usage, "body", expected: "one of semantic_id and item", found: "both")
    }
    return Answer.result(since: call.started) { json in
      json.object { json in
        json.key("entries")
        json.array(set.entries) { json, entry in
          json.object { json in
            writer.id(index.codes(of: entry), to: &json)
            json.member("prefix", entry.prefix)
            json.member("differing", entry.differing)
            json.member("distance", number: entry.distance)
            json.key("items")
            // One ID may have any number of items: those that the budget asks for are shown.
            json.array(index.rows(of: entry, in: set).prefix(budget)) { writer.bare($1, to: &$0) }
          }
        }
        json.member("count", set.count)
        json.member("is_in_catalogue", set.isInCatalogue)
        json.member("budget_exhausted", set.budgetExhausted)
      }
    }
  }

  /// Recall of live settings against exact search.
  private static func recall(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let fields = try call.fields(["k", "sample", "candidates", "scan", "filter", "seed"])
    let settings = QueryRequest.Settings(
      k: try fields.integer("k", in: 1...call.limits.k) ?? min(10, call.limits.k),
      candidates: try fields.integer("candidates", in: 1...call.limits.candidates),
      scan: try fields.integer("scan", in: 1...Int(UInt32.max)), isExact: false)
    let sample = try fields.integer("sample", in: 1...10_000) ?? 100
    let seed = try fields.integer("seed", in: 0...Int(UInt32.max)) ?? 0
    let filter = try FilterRequest.filter(fields, of: state)
    guard index.manifest.faiss != nil else {
      throw InputError(.unsupported, served.name, expected: "an index with vectors", found: "one without")
    }
    let rows = index.rows
    guard !rows.isEmpty else { throw ServerFault(.conflict, served.name, expected: "items", found: "none") }
    var random = CounterRandom(seed: UInt64(seed), stream: 11)
    let chosen = sample < rows.count ? random.sample(sample, below: rows.count).map { rows[$0] } : rows
    let run = QueryRun(served: served, state: state, call: call)
    var (hit, wanted, searching, comparing) = (0, 0, 0.0, 0.0)
    for start in stride(from: 0, to: chosen.count, by: 16) {
      try call.checkDeadline()
      let part = Array(chosen[start..<min(chosen.count, start + 16)])
      let vectors = try part.map { try index.vector(ofRow: $0) }
      let queries = Matrix(rows: part.count, columns: index.manifest.dimension, values: vectors.flatMap(\.self))
      let before = ContinuousClock.now
      let found = try run.search(queries, settings, filter, extra: 1, call.pool)
      let between = ContinuousClock.now
      var exact = settings
      exact.isExact = true
      let truth = try run.search(queries, exact, filter, extra: 1, call.pool)
      searching += (between - before) / .seconds(1)
      comparing += (ContinuousClock.now - between) / .seconds(1)
      for (place, row) in part.enumerated() {
        // An item at the distance of the last one is as good: ties have no order of their own.
        let near = truth[place].hits.filter { $0.row != row }.prefix(settings.k)
        guard let last = near.last else { continue }
        let own = found[place].hits.filter { $0.row != row }.prefix(settings.k)
        hit += min(own.count { $0.distance <= last.distance }, near.count)
        wanted += near.count
      }
    }
    return Answer.result(since: call.started) { json in
      json.object { json in
        json.key("recall")
        json.number(wanted == 0 ? 1 : Double(hit) / Double(wanted))
        json.member("sample", chosen.count)
        json.member("k", settings.k)
        json.key("search_seconds")
        json.number(searching / Double(chosen.count))
        json.key("exact_seconds")
        json.number(comparing / Double(chosen.count))
      }
    }
  }
}
