import Retrieval
import Tokenizers
import Vectors

/// One query, read and checked against a state of an index, before any search.
struct QueryRequest {
  /// What is searched for.
  enum Subject {
    case vector(Matrix)
    /// The vector of an item, which is left out of the answer.
    case item(row: Int)
    case text(String)
    case id([UInt16])
    case pattern([UInt16?])
    case prefix([UInt16])
    case around([UInt16], Expansion)
  }

  /// How vectors are searched for. Queries with equal settings are searched together.
  struct Settings: Hashable {
    var k: Int
    var candidates: Int?
    var scan: Int?
    var isExact: Bool

    /// - Parameter extra: items wanted beyond `k`.
    func options(extra: Int, of index: SemanticIndex) -> SearchOptions {
      // No more than there are: budgets follow from k.
      var options = SearchOptions(k: min(k, max(index.rowLimit, 1)) + extra)
      if let candidates { options.candidates = candidates }
      options.scan = scan
      return options
    }
  }

  static let known = [
    "vector", "vector_base64", "item", "text", "semantic_id", "prefix", "k", "candidates", "scan", "exact", "expand",
    "filter", "attributes", "vectors", "explain",
  ]
  private static let subjects = ["vector", "vector_base64", "item", "text", "semantic_id", "prefix"]

  var subject: Subject
  var settings: Settings
  var filter: ItemFilter?
  var writer: ItemWriter
  var explains = false

  /// - Parameter place: where the query stands in the body; empty: it is the body.
  init(_ value: RequestValue, at place: String, _ served: ServedIndex, _ state: ServedState, _ limits: ServerLimits)
    throws
  {
    let fields = try RequestFields(value, at: place, known: Self.known)
    let given = fields.given(Self.subjects)
    guard given.count == 1, let name = given.first else {
      throw InputError(
        .usage, "body", at: place.isEmpty ? nil : place,
        expected:
          "one of \(Self.subjects.dropLast().joined(separator: ", ")) and \(Self.subjects[Self.subjects.count - 1])",
        found: given.isEmpty ? "none" : given.joined(separator: " and "))
    }
    let index = state.index
    if fields.has("expand"), name != "semantic_id" {
      throw fields.fault("expand", expected: "a semantic_id to widen", found: "a query by \(name)")
    }
    subject = try Self.subject(name, fields, served, state, limits)
    settings = Settings(
      k: try fields.integer("k", in: 1...limits.k) ?? min(10, limits.k),
      candidates: try fields.integer("candidates", in: 1...limits.candidates),
      scan: try fields.integer("scan", in: 1...Int(UInt32.max)), isExact: try fields.boolean("exact") ?? false)
    filter = try FilterRequest.filter(fields, of: state)
    writer = try ItemWriter(served, state, fields)
    explains = try fields.boolean("explain") ?? false
    if case .item = subject, index.manifest.faiss == nil, index.codebooks == nil {
      throw InputError(
        .unsupported, served.name, expected: "an index that can be searched by vector", found: "codes alone")
    }
  }

  /// Vectors as raw numbers, with the settings of the URL.
  static func settings(_ call: Call) throws -> Settings {
    Settings(
      k: try call.queryInteger("k", in: 1...call.limits.k) ?? min(10, call.limits.k),
      candidates: try call.queryInteger("candidates", in: 1...call.limits.candidates),
      scan: try call.queryInteger("scan", in: 1...Int(UInt32.max)), isExact: try call.queryFlag("exact"))
  }

  /// A JSON body holds the settings itself.
  static func refuseSettings(_ call: Call) throws {
    _ = try settings(call)
    guard let name = try ["k", "candidates", "scan", "exact"].first(where: { try call.queryText($0) != nil }) else {
      return
    }
    throw ServerFault(
      .mismatch, "query", at: name, expected: "it in the body, which is JSON", found: "it in the query of the URL")
  }

  init(_ vector: Matrix, _ settings: Settings, _ served: ServedIndex, _ state: ServedState) throws {
    subject = .vector(vector)
    self.settings = settings
    writer = try ItemWriter(served, state)
  }

  private static func subject(
    _ name: String, _ fields: RequestFields, _ served: ServedIndex, _ state: ServedState, _ limits: ServerLimits
  ) throws -> Subject {
    let index = state.index
    let place = RequestFields.joined(fields.place, name)
    let dimension = index.manifest.dimension
    switch name {
    case "vector":
      guard case .numbers(let numbers)? = fields["vector"] else {
        throw fields.mismatch(
          "vector", expected: "an array of \(dimension) numbers", found: fields["vector"]?.kind ?? "none")
      }
      return .vector(try RawNumbers.matrix([numbers], columns: dimension) { _ in place })
    case "vector_base64":
      let vector = try RawNumbers.matrix(base64: fields.text(name) ?? "", columns: dimension, at: place)
      guard vector.rows == 1 else { throw fields.mismatch(name, expected: "one vector", found: "\(vector.rows)") }
      return .vector(vector)
    case "item":
      let id = try fields.text(name) ?? ""
      return .item(row: try row(of: id, in: index))
    case "text":
      let text = try fields.text(name) ?? ""
      guard served.attachments.encoder != nil else {
        throw InputError(
          .unsupported, "body", at: place, expected: "a server with an encoder of texts for this index", found: "none",
          remedy: "start it with --encoder")
      }
      guard text.utf8.count <= limits.text else {
        throw ServerFault(
          .tooLarge, "body", at: place, expected: "at most \(limits.text) bytes", found: "\(text.utf8.count)")
      }
      return .text(text)
    case "semantic_id":
      let text = try fields.text(name) ?? ""
      let pattern = try IDRequest.pattern(text, at: place, index)
      let codes = pattern.compactMap(\.self)
      guard codes.count == pattern.count else {
        guard !fields.has("expand") else {
          throw fields.mismatch("expand", expected: "a semantic_id without *", found: "one with")
        }
        return .pattern(pattern)
      }
      guard let rule = try fields.text("expand") else { return .id(codes) }
      return .around(codes, try ExpansionRequest.rule(rule, at: RequestFields.joined(fields.place, "expand")))
    default:
      return .prefix(try IDRequest.prefix(fields.text(name) ?? "", at: place, index))
    }
  }

  /// - Throws: `ServerFault` of kind `missing`.
  static func row(of id: String, in index: SemanticIndex) throws -> Int {
    guard let row = index.row(id: id) else {
      throw ServerFault(.missing, "item", expected: "an item of the index", found: "\"\(id.prefix(200))\"")
    }
    return row
  }
}

/// Semantic IDs in requests.
enum IDRequest {
  static func id(_ text: String, at place: String, _ index: SemanticIndex) throws -> [UInt16] {
    try placed(place) { try index.shape.parse(text) }
  }

  static func prefix(_ text: String, at place: String, _ index: SemanticIndex) throws -> [UInt16] {
    try placed(place) { try index.shape.parse(text, prefix: true) }
  }

  /// nil stands for any code.
  static func pattern(_ text: String, at place: String, _ index: SemanticIndex) throws -> [UInt16?] {
    try placed(place) {
      try text.contains("*") ? index.shape.parsePattern(text) : index.shape.parse(text).map { Optional($0) }
    }
  }

  /// Faults name the place in the request, and not the text alone.
  private static func placed<Value>(_ place: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch var error as InputError {
      error.kind = .mismatch
      if place == "path" {
        error.source = place
        error.remedy = "for what begins with a prefix ask for tree/PREFIX"
      } else {
        error.place = error.place.map { "\(place), \($0)" } ?? place
        error.source = "body"
      }
      throw error
    }
  }
}
