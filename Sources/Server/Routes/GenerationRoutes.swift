import Corpora
import NIOCore
import Retrieval
import Tokenizers
import Vectors

/// For language models that write semantic IDs.
enum GenerationRoutes {
  static let all: [Route] = [
    Route("POST", "/v1/indexes/{index}/constraints", "makeConstraint", make),
    Route("POST", "/v1/indexes/{index}/constraints/advance", "advanceConstraint", advance),
    Route("POST", "/v1/indexes/{index}/resolve-text", "resolveText", resolve),
  ]

  private static let largestToken = 1 << 24
  /// Bytes of the masks of one answer.
  private static let largestMask = 256 << 20

  private static func make(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let fields = try call.fields([
      "first_token", "tokens", "vocabulary_size", "begin", "end", "padding", "triggers", "filter",
    ])
    let tokens = try tokens(fields)
    let filter = try FilterRequest.filter(fields, of: state)
    let name = try name(call, served, state)
    let constraint: DecodingConstraint
    if let kept = call.server.constraints[name] {
      constraint = kept.constraint
    } else {
      let trie = try filter.map { try index.trie(allowing: $0) } ?? index.trie
      constraint = try unfitting {
        try DecodingConstraint(trie, shape: index.shape, tokens: tokens, pool: call.widePool)
      }
      call.server.constraints.keep(
        .init(constraint: constraint, index: served.name, generation: state.generation), as: name)
    }
    let start = constraint.start()
    let mask = try constraint.mask([start])
    return Answer.result(since: call.started) { json in
      json.object { json in
        json.member("constraint", name)
        json.member("state", start)
        json.member("vocabulary_size", constraint.vocabularySize)
        json.member("words", constraint.words)
        json.member("ids", constraint.idCount)
        json.member("mask", mask.withUnsafeWords(RawNumbers.base64))
      }
    }
  }

  /// Names a constraint by what it is made of, so that the same request gets the same one.
  private static func name(_ call: Call, _ served: ServedIndex, _ state: ServedState) throws -> String {
    var digest = SHA256()
    digest.update(Array("\(served.name)\n\(state.generation)\n".utf8))
    digest.update(try call.json().canonical)
    return String(digest.hexDigest().prefix(32))
  }

  private static func tokens(_ fields: RequestFields) throws -> ConstraintTokens {
    let range = 0...largestToken - 1
    var tokens = ConstraintTokens()
    let first = try fields.integer("first_token", in: range)
    if let first { tokens.codes = .offset(from: first) }
    if let table = try fields.objects("tokens") {
      guard first == nil else {
        throw InputError(.usage, "body", expected: "one of first_token and tokens", found: "both")
      }
      tokens.codes = .table(
        try table.enumerated().map { level, value in
          try RequestFields.integers(value, at: "tokens[\(level)]", in: range).map { Int32($0) }
        })
    }
    tokens.vocabularySize = try fields.integer("vocabulary_size", in: 1...largestToken)
    func list(_ name: String) throws -> [Int32] { try (fields.integers(name, in: range) ?? []).map { Int32($0) } }
    tokens.begin = try list("begin")
    tokens.end = try list("end")
    tokens.padding = try list("padding")
    tokens.triggers = try list("triggers")
    return tokens
  }

  private static func advance(_ call: Call) throws -> Answer {
    let served = try call.index()
    let fields = try call.fields(["constraint", "states", "tokens", "texts"])
    guard let name = try fields.text("constraint") else {
      throw fields.fault("constraint", expected: "the name of a constraint", found: "none")
    }
    guard let entry = call.server.constraints[name], entry.index == served.name else {
      throw ServerFault(
        .missing, "constraint", expected: "one that is kept", found: "\"\(name.prefix(60))\"",
        remedy: "make it again: POST /v1/indexes/\(served.name)/constraints")
    }
    guard entry.generation == served.state.generation else {
      throw ServerFault(
        .conflict, "constraint", expected: "one of the index as it is now", found: "one of an earlier state",
        remedy: "make it again, and give all tokens of each beam as texts")
    }
    let constraint = entry.constraint
    let states = try states(fields, constraint, call)
    guard states.count * constraint.words * 4 <= largestMask else {
      throw ServerFault(.tooLarge, "body", expected: "masks of at most \(largestMask >> 20) MiB", found: "more")
    }
    let mask = try unfitting { try constraint.mask(states) }
    if call.wantsBinary {
      var body: [UInt8] = []
      body.reserveCapacity(states.count * (1 + constraint.words) * 4)
      states.map { Int32(bitPattern: $0) }.withUnsafeBufferPointer { body.append(contentsOf: RawNumbers.data($0)) }
      mask.withUnsafeWords { body.append(contentsOf: RawNumbers.data($0)) }
      return Answer(type: "application/octet-stream", body: body)
    }
    return Answer.result(since: call.started) { json in
      json.object { json in
        json.key("states")
        json.array(states) { $0.integer($1) }
        json.key("is_done")
        json.array(states) { $0.boolean(constraint.isDone($1)) }
        json.member("mask", mask.withUnsafeWords(RawNumbers.base64))
      }
    }
  }

  private static func states(_ fields: RequestFields, _ constraint: DecodingConstraint, _ call: Call) throws -> [UInt32]
  {
    if let texts = try fields.objects("texts") {
      guard !fields.has("states"), !fields.has("tokens") else {
        throw InputError(.usage, "body", expected: "texts, or states and tokens", found: "both")
      }
      try call.checkBatch(texts.count, "beams")
      return try texts.enumerated().map { beam, value in
        let tokens = try RequestFields.integers(value, at: "texts[\(beam)]", in: 0...largestToken - 1)
        return try unfitting { try constraint.state(after: tokens.map { Int32($0) }) }
      }
    }
    guard let states = try fields.integers("states", in: 0...Int(UInt32.max)) else {
      throw fields.fault("states", expected: "states, or texts", found: "none")
    }
    try call.checkBatch(states.count, "beams")
    if let beam = states.firstIndex(where: { $0 >= constraint.stateCount }) {
      throw fields.mismatch(
        "states[\(beam)]", expected: "a state below \(constraint.stateCount)", found: "\(states[beam])")
    }
    let known = states.map { UInt32($0) }
    guard let tokens = try fields.integers("tokens", in: 0...largestToken - 1) else { return known }
    guard tokens.count == known.count else {
      throw fields.mismatch("tokens", expected: "\(known.count), one per state", found: "\(tokens.count)")
    }
    return try unfitting { try constraint.advance(known, by: tokens.map { Int32($0) }) }
  }

  /// Tokens and states that do not fit the constraint are no fault of the request's form.
  private static func unfitting<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch var error as InputError where error.kind == .usage || error.kind == .malformed {
      error.kind = .mismatch
      throw error
    }
  }

  private static func resolve(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let fields = try call.fields(["text", "repair", "limit"])
    guard let text = try fields.text("text") else { throw fields.fault("text", expected: "a text", found: "none") }
    guard text.utf8.count <= call.limits.text else {
      throw ServerFault(
        .tooLarge, "body", at: "text", expected: "at most \(call.limits.text) bytes", found: "\(text.utf8.count)")
    }
    let repair = try fields.text("repair").map { name in
      guard let repair = IDRepair(rawValue: name) else {
        throw fields.fault("repair", expected: "prefix or hamming", found: "\"\(name.prefix(30))\"")
      }
      return repair
    }
    let limit = try fields.integer("limit", in: 1...10_000) ?? 10
    var style = IDTextReader.Style()
    style.allowsSpaces = true
    let spelling = TokenSpelling.levels
    (style.begin, style.end) = (spelling.begin, spelling.end)
    let vocabulary = try TokenVocabulary(spelling: spelling, levelSizes: index.shape.levelSizes)
    let reader = try IDTextReader(shape: index.shape, style: style, spelling: vocabulary.token)
    let found = try IDFinder(reader, index, repair: repair).find(in: text)
    let writer = try ItemWriter(served, state)
    return Answer.result(since: call.started) { json in
      json.array(found) { json, found in
        json.object { json in
          json.member("text", found.text)
          json.member("start", found.bytes.lowerBound)
          json.member("end", found.bytes.upperBound)
          json.member("kind", found.outcome.kind.rawValue)
          json.member("level", found.outcome.level.map { $0 + 1 })
          if let first = found.positions.first {
            json.member("semantic_id", index.shape.text(index.trie.codes(at: first)))
          }
          json.member("repaired", found.isRepaired)
          json.key("items")
          json.array(index.rows(at: found.positions.prefix(limit))) { writer.bare($1, to: &$0) }
          json.member("total", found.positions.count)
        }
      }
    }
  }
}
