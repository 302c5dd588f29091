public import CSemid
import SemanticID

private let indexErrorSource = "rows"

extension SemanticIndex {
  /// - Throws: `InputError` naming a row that no item of the index has.
  fileprivate func checked(_ rows: UnsafePointer<Int64>?, _ count: Int64) throws -> [Int] {
    try CallerArray.copy(rows, count: count, indexErrorSource).enumerated().map { place, row in
      let row = Int(clamping: row)
      guard contains(row: row) else {
        throw InputError(
          .missing, indexErrorSource, at: "element \(place) (from 0)", expected: "a row of an item of the index",
          found: "\(row)")
      }
      return row
    }
  }

  fileprivate func checkedCodes(_ codes: UnsafePointer<Int32>?, _ count: Int64, open: Bool) throws -> [UInt16?] {
    try CallerArray.copy(codes, count: count, "codes").enumerated().map { level, code in
      if open, code == -1 { return nil }
      guard level < levelSizes.count, code >= 0, Int(code) < levelSizes[level] else {
        throw InputError(
          .usage, "codes", at: "level \(level)", expected: "codes below \(levelSizes), one a level",
          found: "\(code)")
      }
      return UInt16(code)
    }
  }

  fileprivate func ids(_ rows: [Int]) -> StringColumn { StringColumn(rows.map { id(ofRow: $0) }) }
}

@c @implementation
public func semid_index_filter(
  _ index: UInt64, _ condition: semid_text, _ allow: semid_texts, _ deny: semid_texts,
  _ filter: UnsafeMutablePointer<UInt64>?, _ count: UnsafeMutablePointer<Int64>?,
  _ unknown: UnsafeMutablePointer<Int64>?
) -> Int32 {
  Call.run {
    let index = try index.index
    var missing = 0
    var left =
      try condition.string("filter").map { try index.filter(where: try AttributePredicate(parsing: $0)) }
      ?? index.filter { _ in true }
    if let allow = try allow.column("allow") {
      let (listed, absent) = index.filter(ids: allow)
      left = left.intersection(listed)
      missing += absent
    }
    if let deny = try deny.column("deny") {
      let (listed, absent) = index.filter(ids: deny)
      left = left.subtracting(listed)
      missing += absent
    }
    count?.pointee = Int64(try index.count(under: left))
    unknown?.pointee = Int64(missing)
    try filter.give(.filter(left), as: "filter")
  }
}

@c @implementation
public func semid_index_search(
  _ index: UInt64, _ queries: semid_matrix, _ k: Int64, _ candidates: Int64, _ scan: Int64, _ exact: Int32,
  _ filter: UInt64, _ threads: Int64, _ rows: UnsafeMutablePointer<Int64>?,
  _ distances: UnsafeMutablePointer<Float>?, _ capacity: Int64, _ ids: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let index = try index.index
    let filter = try filter.filter
    let pool = try Call.pool(threads)
    try InputError.check("k", k, in: 1...Int64(Int32.max))
    try InputError.check("candidates", candidates, in: 0...Int64(Int32.max))
    try InputError.check("scan", scan, in: 0...Int64(Int32.max))
    let queries = try queries.required("queries", pool: pool)
    if index.metric == .cosine { try queries.checkDirections(source: "queries", pool: pool) }
    let needed = try CallerArray.product(Int64(queries.rows), k, "results")
    let rows = try CallerArray.output(rows, capacity: capacity, needed: needed, "rows")
    let distances = try CallerArray.output(distances, capacity: capacity, needed: needed, "distances")
    // No more than there are: budgets follow from k.
    let wanted = min(Int(k), max(index.rowLimit, 1))
    var options = SearchOptions(k: wanted)
    if candidates > 0 { options.candidates = Int(candidates) }
    if scan > 0 { options.scan = Int(scan) }
    let results =
      try exact != 0
      ? index.exactSearch(queries, k: wanted, filter: filter, pool: pool)
      : index.search(queries, options: options, filter: filter, pool: pool)
    for (query, result) in results.enumerated() {
      for place in 0..<Int(k) {
        let hit = place < result.hits.count ? result.hits[place] : nil
        rows[query * Int(k) + place] = hit.map { Int64($0.row) } ?? -1
        distances[query * Int(k) + place] = hit?.distance ?? .nan
      }
    }
    if ids != nil {
      var arrays: [String: CallResult.Values] = [:]
      arrays.set(index.ids(results.flatMap { $0.hits.map(\.row) }), as: "ids")
      try ids.give(CallResult(arrays))
    }
  }
}

private struct AroundSummary: Encodable {
  var isInCatalogue: Bool
  var budgetExhausted: Bool
}

@c @implementation
public func semid_index_around(
  _ index: UInt64, _ codes: UnsafePointer<Int32>?, _ levels: Int64, _ rule: semid_text, _ parameter: Int64,
  _ budget: Int64, _ filter: UInt64, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let index = try index.index
    let filter = try filter.filter
    let rule = try rule.required("rule")
    try InputError.check("budget", budget, in: 1...Int64.max)
    try InputError.check("parameter", parameter, in: 0...65_536)
    let pattern = try index.checkedCodes(codes, levels, open: rule == "match")
    let set: CandidateSet
    if rule == "match" {
      set = try index.candidates(matching: pattern, budget: Int(budget), filter: filter)
    } else {
      let number = Int(parameter)
      let expansion: Expansion
      switch rule {
      case "exact": expansion = .exact
      case "prefix": expansion = .prefix
      case "hamming": expansion = .hamming(number)
      case "per-level": expansion = .perLevel(number)
      case "product": expansion = .product(number)
      default:
        throw InputError(
          .usage, "rule", expected: "match, exact, prefix, hamming, per-level or product", found: rule)
      }
      set = try index.candidates(
        around: pattern.compactMap(\.self), by: expansion, budget: Int(budget), filter: filter)
    }
    var rows: [Int] = []
    var prefixes: [Int64] = []
    var differing: [Int64] = []
    var distances: [Float] = []
    for entry in set.entries {
      for row in index.rows(of: entry, in: set) {
        rows.append(row)
        prefixes.append(Int64(entry.prefix))
        differing.append(Int64(entry.differing))
        distances.append(entry.distance ?? .nan)
      }
    }
    var arrays: [String: CallResult.Values] = [
      "rows": .int64(Buffer(rows.map { Int64($0) })), "prefix": .int64(Buffer(prefixes)),
      "differing": .int64(Buffer(differing)), "distance": .float(Buffer(distances)),
    ]
    arrays.set(index.ids(rows), as: "ids")
    try result.give(
      try CallResult(
        json: AroundSummary(isInCatalogue: set.isInCatalogue, budgetExhausted: set.budgetExhausted), arrays))
  }
}

@c @implementation
public func semid_index_prefix(
  _ index: UInt64, _ codes: UnsafePointer<Int32>?, _ length: Int64, _ filter: UInt64,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let index = try index.index
    let prefix = try index.checkedCodes(codes, length, open: false).compactMap(\.self)
    let rows = try filter.filter.map { try index.rows(prefix: prefix, filter: $0) } ?? index.rows(prefix: prefix)
    var arrays: [String: CallResult.Values] = ["rows": .int64(Buffer(rows.map { Int64($0) }))]
    arrays.set(index.ids(rows), as: "ids")
    try result.give(CallResult(arrays))
  }
}

@c @implementation
public func semid_index_parse(
  _ index: UInt64, _ text: semid_text, _ prefix: Int32, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let shape = try index.index.shape
    let text = try text.required("semantic ID")
    let codes: [UInt16?] = prefix != 0 ? try shape.parse(text, prefix: true) : try shape.parsePattern(text)
    try result.give(CallResult(["codes": .int32(Buffer(codes.map { $0.map { Int32($0) } ?? -1 }))]))
  }
}

@c @implementation
public func semid_index_rows(_ index: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run { try result.give(CallResult(["rows": .int64(Buffer(try index.index.rows.map { Int64($0) }))])) }
}

@c @implementation
public func semid_index_rows_of(
  _ index: UInt64, _ ids: semid_texts, _ rows: UnsafeMutablePointer<Int64>?, _ capacity: Int64
) -> Int32 {
  Call.run {
    let index = try index.index
    guard let ids = try ids.column("ids") else {
      throw InputError(.usage, "ids", expected: "ids of items", found: "none")
    }
    let target = try CallerArray.output(rows, capacity: capacity, needed: ids.count, "rows")
    for place in ids.indices { target[place] = index.row(id: ids[place]).map { Int64($0) } ?? -1 }
  }
}

@c @implementation
public func semid_index_ids_of(
  _ index: UInt64, _ rows: UnsafePointer<Int64>?, _ count: Int64, _ what: semid_text,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let index = try index.index
    let rows = try index.checked(rows, count)
    var arrays: [String: CallResult.Values] = [:]
    switch try what.string("what") ?? "id" {
    case "id": arrays.set(index.ids(rows), as: "ids")
    case "plain": arrays.set(StringColumn(rows.map { index.idText(ofRow: $0, format: .plain()) }), as: "ids")
    case "tokens": arrays.set(StringColumn(rows.map { index.idText(ofRow: $0) }), as: "ids")
    case let other: throw InputError(.usage, "what", expected: "id, plain or tokens", found: other)
    }
    try result.give(CallResult(arrays))
  }
}

@c @implementation
public func semid_index_codes_of(
  _ index: UInt64, _ rows: UnsafePointer<Int64>?, _ count: Int64, _ codes: UnsafeMutablePointer<UInt16>?,
  _ capacity: Int64
) -> Int32 {
  Call.run {
    let index = try index.index
    let rows = try index.checked(rows, count)
    let levels = index.levelSizes.count
    let target = try CallerArray.output(codes, capacity: capacity, needed: rows.count * levels, "codes")
    for (place, row) in rows.enumerated() {
      for (level, code) in index.codes(ofRow: row).enumerated() { target[place * levels + level] = code }
    }
  }
}

@c @implementation
public func semid_index_vectors_of(
  _ index: UInt64, _ rows: UnsafePointer<Int64>?, _ count: Int64, _ vectors: UnsafeMutablePointer<Float>?,
  _ capacity: Int64
) -> Int32 {
  Call.run {
    let index = try index.index
    let rows = try index.checked(rows, count)
    let dimension = index.manifest.dimension
    let target = try CallerArray.output(
      vectors, capacity: capacity, needed: try CallerArray.product(Int64(rows.count), Int64(dimension), "vectors"),
      "vectors")
    for (place, row) in rows.enumerated() {
      let vector = try index.vector(ofRow: row)
      guard vector.count == dimension else {
        throw InputError(.mismatch, index.path, expected: "vectors of \(dimension)", found: "\(vector.count)")
      }
      for (column, value) in vector.enumerated() { target[place * dimension + column] = value }
    }
  }
}
