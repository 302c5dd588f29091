public import CSemid
import SemanticID

/// The tokens of a constraint, in the words of `semid corpus constraint`.
private struct ConstraintSettings: Codable {
  /// The folder of a tokenizer, its `tokenizer.json`, or an object of tokens and numbers.
  var tokenizer: String?
  var spelling = "levels"
  var firstToken: Int?
  var vocabularySize: Int?
  /// Numbers as text, or texts of the tokenizer; nil: as the spelling and the tokenizer say.
  var begin: [String]?
  var end: [String]?
  var padding: [String]?
  var triggers: [String] = []

  func tokens(levelSizes: [Int], table: [Int32]?) throws -> (tokens: ConstraintTokens, told: [String]) {
    try InputError.check("firstToken", firstToken, in: 0...ConstraintTokens.largestVocabulary - 1)
    try InputError.check("vocabularySize", vocabularySize, in: 1...ConstraintTokens.largestVocabulary)
    guard [tokenizer != nil, firstToken != nil, table != nil].count(where: \.self) <= 1 else {
      throw InputError(
        .usage, "options", expected: "one of a tokenizer, a first token and a table of tokens", found: "several")
    }
    let vocabulary = try TokenVocabulary(spelling: TokenSpelling(named: spelling), levelSizes: levelSizes)
    var (tokens, told) = try TokenNames(begin: begin, end: end, padding: padding, triggers: triggers).resolved(
      vocabulary, tokenizer: try tokenizer.map { try TokenizerTokens(path: $0) }, firstToken: firstToken)
    if let table {
      guard table.count == levelSizes.reduce(0, +) else {
        throw InputError(
          .mismatch, "table of tokens", expected: "\(levelSizes.reduce(0, +)), one a code", found: "\(table.count)")
      }
      var rest = table[...]
      tokens.codes = .table(
        levelSizes.map { size in
          defer { rest = rest.dropFirst(size) }
          return Array(rest.prefix(size))
        })
    }
    if let vocabularySize { tokens.vocabularySize = vocabularySize }
    return (tokens, told)
  }
}

private struct ConstraintInfo: Encodable {
  var vocabularySize: Int
  var words: Int
  var start: UInt32
  var levelSizes: [Int]
  var ids: Int
  var prefixes: Int
  var states: Int
  var begin: [Int32]
  var end: [Int32]
  var padding: [Int32]
  var triggers: [Int32]
  var bytes: Int
}

@c @implementation
public func semid_constraint_make(
  _ index: UInt64, _ filter: UInt64, _ codes: semid_codes, _ lengths: UnsafePointer<UInt8>?,
  _ table: UnsafePointer<Int32>?, _ tableCount: Int64, _ options: semid_text, _ threads: Int64,
  _ constraint: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let settings = try CallOptions.decode(options, over: ConstraintSettings(), "options")
    let pool = try Call.pool(threads)
    let table = table == nil ? nil : try CallerArray.copy(table, count: tableCount, "table of tokens")
    let made: DecodingConstraint
    if index != 0 {
      guard codes.values == nil else {
        throw InputError(.usage, "constraint", expected: "an index or codes", found: "both")
      }
      let index = try index.index
      let trie = try filter.filter.map { try index.trie(allowing: $0) } ?? index.trie
      let shape = index.shape
      made = try DecodingConstraint(
        trie, shape: shape, tokens: settings.tokens(levelSizes: shape.levelSizes, table: table).tokens, pool: pool)
    } else {
      guard filter == 0 else {
        throw InputError(.usage, "filter", expected: "none beside codes", found: "one")
      }
      guard let given = try codes.codes() else {
        throw InputError(.usage, "constraint", expected: "an index or codes", found: "neither")
      }
      guard codes.level_sizes != nil || settings.firstToken == nil else {
        throw InputError(
          .usage, "firstToken", expected: "the sizes of the levels beside it", found: "codes alone",
          remedy: "tokens of a level follow those of all codes of the levels before")
      }
      let lengths =
        lengths == nil ? nil : Buffer(try CallerArray.copy(lengths, count: Int64(given.count), "lengths"))
      made = try DecodingConstraint(
        codes: given, lengths: lengths,
        tokens: settings.tokens(levelSizes: given.levelSizes, table: table).tokens, pool: pool)
    }
    try constraint.give(.constraint(made), as: "constraint")
  }
}

@c @implementation
public func semid_constraint_info(_ constraint: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let made = try constraint.constraint
    try result.give(
      try CallResult(
        json: ConstraintInfo(
          vocabularySize: made.vocabularySize, words: made.words, start: made.start(), levelSizes: made.levelSizes,
          ids: made.idCount, prefixes: made.prefixCount, states: made.stateCount, begin: made.tokens.begin,
          end: made.tokens.end, padding: made.tokens.padding, triggers: made.tokens.triggers,
          bytes: made.tableBytes + made.trieBytes)))
  }
}

@c @implementation
public func semid_beams_advance(
  _ constraint: UInt64, _ states: UnsafePointer<UInt32>?, _ tokens: UnsafePointer<Int32>?, _ count: Int64,
  _ next: UnsafeMutablePointer<UInt32>?, _ lost: UnsafeMutablePointer<Int64>?
) -> Int32 {
  Call.run {
    let made = try constraint.constraint
    try CallerArray.check(states, count: Int(clamping: count), "states")
    try CallerArray.check(tokens, count: Int(clamping: count), "tokens")
    try CallerArray.check(UnsafePointer(next), count: Int(clamping: count), "next states")
    lost?.pointee = 0
    guard count > 0, let states, let tokens, let next else { return }
    lost?.pointee = Int64(made.advance(states, by: tokens, count: Int(count), into: next))
  }
}

@c @implementation
public func semid_beams_states(
  _ constraint: UInt64, _ tokens: UnsafePointer<Int64>?, _ rows: Int64, _ length: Int64, _ stride: Int64,
  _ starts: UnsafePointer<Int64>?, _ states: UnsafeMutablePointer<UInt32>?, _ lost: UnsafeMutablePointer<Int64>?
) -> Int32 {
  Call.run {
    let made = try constraint.constraint
    guard length >= 0, stride >= length else {
      throw InputError(.usage, "tokens", expected: "a stride of \(length) or more", found: "\(stride)")
    }
    let count = try CallerArray.product(rows, stride, "tokens")
    try CallerArray.check(tokens, count: length == 0 ? 0 : count, "tokens")
    try CallerArray.check(starts, count: starts == nil ? 0 : Int(rows), "starts")
    try CallerArray.check(UnsafePointer(states), count: Int(rows), "states")
    lost?.pointee = 0
    guard let states else { return }
    for row in 0..<Int(rows) {
      let start = starts?[row] ?? 0
      guard start >= 0, start <= length else {
        throw InputError(
          .usage, "starts", at: "row \(row) (from 0)", expected: "0 to \(length)", found: "\(start)")
      }
      // A number that no token can have loses the beam, as any other that is not allowed.
      let written = (Int(start)..<Int(length)).map { place in
        Int32(exactly: tokens.unsafelyUnwrapped[row * Int(stride) + place]) ?? -1
      }
      states[row] = made.stateOrLost(after: written)
      if states[row] == DecodingConstraint.lost { lost?.pointee += 1 }
    }
  }
}

@c @implementation
public func semid_beams_mask(
  _ constraint: UInt64, _ states: UnsafePointer<UInt32>?, _ count: Int64, _ mask: UnsafeMutablePointer<Int32>?,
  _ words: Int64
) -> Int32 {
  Call.run {
    let made = try constraint.constraint
    guard words >= Int64(made.words) else {
      throw InputError(.usage, "mask", expected: "\(made.words) words a row or more", found: "\(words)")
    }
    let total = try CallerArray.product(count, words, "mask")
    try CallerArray.check(states, count: Int(count), "states")
    try CallerArray.check(UnsafePointer(mask), count: total, "mask")
    guard total > 0, let states, let mask else { return }
    mask.withMemoryRebound(to: UInt32.self, capacity: total) {
      made.fill($0, width: Int(words), for: states, count: Int(count))
    }
  }
}

@c @implementation
public func semid_beams_apply(
  _ constraint: UInt64, _ states: UnsafePointer<UInt32>?, _ count: Int64, _ scores: UnsafePointer<Float>?,
  _ columns: Int64, _ stride: Int64, _ target: UnsafeMutablePointer<Float>?
) -> Int32 {
  Call.run {
    let made = try constraint.constraint
    guard columns >= 0, stride >= columns else {
      throw InputError(.usage, "scores", expected: "a stride of \(columns) or more", found: "\(stride)")
    }
    let read = try CallerArray.product(count, stride, "scores")
    let total = try CallerArray.product(count, columns, "scores")
    try CallerArray.check(states, count: Int(count), "states")
    try CallerArray.check(scores, count: read, "scores")
    try CallerArray.check(UnsafePointer(target), count: total, "scores")
    guard total > 0, let states, let scores, let target else { return }
    made.scores(
      of: states, count: Int(count), from: scores, columns: Int(columns), stride: Int(stride), into: target)
  }
}

@c @implementation
public func semid_beams_flags(
  _ constraint: UInt64, _ states: UnsafePointer<UInt32>?, _ count: Int64, _ flags: UnsafeMutablePointer<UInt8>?
) -> Int32 {
  Call.run {
    let made = try constraint.constraint
    try CallerArray.check(states, count: Int(clamping: count), "states")
    try CallerArray.check(UnsafePointer(flags), count: Int(clamping: count), "flags")
    guard count > 0, let states, let flags else { return }
    for place in 0..<Int(count) {
      let state = states[place]
      guard Int(state) < made.stateCount else {
        flags[place] = 8
        continue
      }
      let inside: UInt8 = made.codes(of: state) != nil ? 1 : 0
      flags[place] = inside | (made.isID(state) ? 2 : 0) | (made.isDone(state) ? 4 : 0)
    }
  }
}

@c @implementation
public func semid_constraint_write(_ constraint: UInt64, _ path: semid_text) -> Int32 {
  Call.run {
    let made = try constraint.constraint
    let path = try path.required("path")
    try Output.check([.file(path)])
    try made.write(arrays: path)
  }
}
