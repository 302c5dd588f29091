import NIOCore
import Retrieval
import Tokenizers
import Vectors

/// The index's own tokenizer.
enum ModelRoutes {
  static let all: [Route] = [
    Route("POST", "/v1/indexes/{index}/encode", "encode", encode),
    Route("POST", "/v1/indexes/{index}/decode", "decode", decode),
  ]

  private static func encode(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let model = try state.tokenizer()
    let vectors = try vectors(call, served, state, dimension: model.dimension)
    let codes = try codes(of: vectors, model, call)
    return Answer.result(since: call.started) { json in
      json.array(codes) { json, codes in
        json.object { json in
          json.member("semantic_id", index.shape.text(codes))
          json.key("codes")
          json.array(codes) { $0.integer($1) }
          json.member("items", index.rows(prefix: codes).count)
        }
      }
    }
  }

  /// The codes of vectors, by blocks, so that a request stops when its time is up.
  static func codes(of vectors: Matrix, _ model: any Tokenizer, _ call: Call) throws -> [[UInt16]] {
    var found: [[UInt16]] = []
    found.reserveCapacity(vectors.rows)
    for start in stride(from: 0, to: vectors.rows, by: 1024) {
      try call.checkDeadline()
      let codes = try model.encode(vectors[rows: start..<min(vectors.rows, start + 1024)], pool: call.widePool)
      for row in 0..<codes.count { found.append(codes[row]) }
    }
    return found
  }

  private static func vectors(
    _ call: Call, _ served: ServedIndex, _ state: ServedState, dimension: Int
  ) throws -> Matrix {
    if call.isBinary {
      let vectors = try call.body.withUnsafeReadableBytes {
        try RawNumbers.matrix($0, columns: dimension, at: "vectors")
      }
      try call.checkBatch(vectors.rows, "vectors")
      return vectors
    }
    let fields = try call.fields(["vectors", "vectors_base64", "texts"])
    let given = fields.given(["vectors", "vectors_base64", "texts"])
    guard given.count == 1 else {
      throw InputError(
        .usage, "body", expected: "one of vectors, vectors_base64 and texts",
        found: given.isEmpty ? "none" : given.joined(separator: " and "))
    }
    if let texts = try fields.texts("texts") {
      try call.checkBatch(texts.count, "texts")
      guard texts.reduce(0, { $0 + $1.utf8.count }) <= call.limits.text else {
        throw ServerFault(.tooLarge, "body", at: "texts", expected: "at most \(call.limits.text) bytes", found: "more")
      }
      return try QueryRun(served: served, state: state, call: call).encode(texts)
    }
    if let text = try fields.text("vectors_base64") {
      let vectors = try RawNumbers.matrix(base64: text, columns: dimension, at: "vectors_base64")
      try call.checkBatch(vectors.rows, "vectors")
      return vectors
    }
    return try call.rows(fields, "vectors", columns: dimension)
  }

  private static func decode(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let fields = try call.fields(["semantic_ids"])
    guard let texts = try fields.texts("semantic_ids") else {
      throw fields.fault("semantic_ids", expected: "an array of semantic IDs", found: "none")
    }
    try call.checkBatch(texts.count, "IDs")
    let model = try state.tokenizer()
    let levels = model.levelSizes.count
    let ids = try texts.enumerated().map { place, text in
      // A level that tells items of one ID apart stands for no vector.
      let codes = try IDRequest.prefix(text, at: "semantic_ids[\(place)]", index)
      guard codes.count >= levels else {
        throw InputError(
          .mismatch, "body", at: "semantic_ids[\(place)]", expected: "\(levels) levels or more", found: "\(codes.count)"
        )
      }
      return Array(codes.prefix(levels))
    }
    if ids.isEmpty { return Answer.result(since: call.started) { $0.array { _ in } } }
    let vectors = try model.decode(
      Codes(levelSizes: model.levelSizes, values: Buffer(ids.flatMap(\.self))), pool: call.pool)
    return Answer.result(since: call.started) { json in
      json.array(0..<vectors.rows) { json, row in json.array(vectors.row(row)) { $0.number($1) } }
    }
  }
}
