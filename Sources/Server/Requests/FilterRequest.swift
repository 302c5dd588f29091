import Retrieval
import Vectors

/// A filter as a request writes it: text, or an object of conditions.
enum FilterRequest {
  /// The items that a filter allows, of one state of an index; nil where the request has none.
  ///
  /// - Throws: `InputError` with the place of what cannot be used.
  static func filter(_ fields: RequestFields, _ name: String = "filter", of state: ServedState) throws -> ItemFilter? {
    guard let value = fields[name] else { return nil }
    let place = RequestFields.joined(fields.place, name)
    let canonical = value.canonical
    guard canonical.count <= longest else {
      throw ServerFault(
        .tooLarge, "body", at: place, expected: "a filter of at most \(longest) bytes", found: "\(canonical.count)")
    }
    // By its bytes: texts that Unicode calls equal are different values.
    var digest = SHA256()
    digest.update(canonical)
    let key = digest.hexDigest()
    if case .text(let text) = value {
      return try state.filters.filter(key) { try predicate(text, at: place, state.index) }
    }
    return try state.filters.filter(key) {
      try object(value, at: place, state.index)
    }
  }

  /// Bytes of a filter. Its values are looked up one by one.
  private static let longest = 65_536

  private static func predicate(_ text: String, at place: String, _ index: SemanticIndex) throws -> ItemFilter {
    do {
      return try index.filter(where: AttributePredicate(parsing: text))
    } catch var error as InputError {
      error.kind = .mismatch
      error.source = "body"
      error.place = error.place.map { "\(place), \($0)" } ?? place
      throw error
    }
  }

  /// `must`, `should` and `must_not`.
  private static func object(_ value: RequestValue, at place: String, _ index: SemanticIndex) throws -> ItemFilter {
    let fields = try RequestFields(value, at: place, known: ["must", "should", "must_not"])
    func conditions(_ name: String) throws -> [ItemFilter]? {
      try fields.objects(name)?.enumerated().map { number, value in
        try condition(value, at: "\(RequestFields.joined(place, name))[\(number)]", index)
      }
    }
    let all = index.filter(pool: ThreadPool(threads: 1)) { _ in true }
    var left = try conditions("must")?.reduce(all) { $0.intersection($1) } ?? all
    if let should = try conditions("should"), let first = should.first {
      left = left.intersection(should.dropFirst().reduce(first) { $0.union($1) })
    }
    for condition in try conditions("must_not") ?? [] { left = left.subtracting(condition) }
    return left
  }

  private static func condition(_ value: RequestValue, at place: String, _ index: SemanticIndex) throws -> ItemFilter {
    guard case .object(let members) = value else {
      throw InputError(.usage, "body", at: place, expected: "a condition, an object", found: value.kind)
    }
    let names = Set(members.map(\.name))
    if !names.isDisjoint(with: ["must", "should", "must_not"]) { return try object(value, at: place, index) }
    let fields = try RequestFields(
      value, at: place, known: ["key", "match", "range", "is_null", "has_id", "must", "should", "must_not"])
    let kinds = fields.given(["match", "range", "is_null", "has_id"])
    guard kinds.count == 1 else {
      throw InputError(
        .usage, "body", at: place, expected: "one of match, range, is_null and has_id",
        found: kinds.isEmpty ? "none" : kinds.joined(separator: " and "))
    }
    if let ids = try fields.texts("has_id") { return index.filter(ids: ids).filter }
    if let null = fields["is_null"] {
      let inner = try RequestFields(null, at: RequestFields.joined(place, "is_null"), known: ["key"])
      guard let key = try inner.text("key") else { throw inner.fault("key", expected: "an attribute", found: "none") }
      return try predicate("\(quoted(key)) is null", at: place, index)
    }
    guard let key = try fields.text("key") else { throw fields.fault("key", expected: "an attribute", found: "none") }
    if let match = fields["match"] {
      return try self.match(match, key, at: RequestFields.joined(place, "match"), index)
    }
    let range = try RequestFields(
      fields["range"] ?? .null, at: RequestFields.joined(place, "range"), known: ["gt", "gte", "lt", "lte"])
    let parts = try [("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")].compactMap { name, sign in
      try range[name].map { "\(quoted(key)) \(sign) \(try literal($0, at: RequestFields.joined(range.place, name)))" }
    }
    guard !parts.isEmpty else {
      throw InputError(.usage, "body", at: range.place, expected: "one of gt, gte, lt and lte", found: "none")
    }
    return try predicate(parts.joined(separator: " and "), at: place, index)
  }

  private static func match(
    _ value: RequestValue, _ key: String, at place: String, _ index: SemanticIndex
  ) throws -> ItemFilter {
    let fields = try RequestFields(value, at: place, known: ["value", "any", "except"])
    let kinds = fields.given(["value", "any", "except"])
    guard kinds.count == 1, let kind = kinds.first, let given = fields[kind] else {
      throw InputError(
        .usage, "body", at: place, expected: "one of value, any and except",
        found: kinds.isEmpty ? "none" : kinds.joined(separator: " and "))
    }
    if kind == "value" {
      return try predicate("\(quoted(key)) = \(try literal(given, at: "\(place).value"))", at: place, index)
    }
    guard let elements = given.elements else { throw fields.fault(kind, expected: "an array", found: given.kind) }
    guard !elements.isEmpty else {
      // No value is among none. Whether the attribute exists is asked all the same.
      let known = try predicate("\(quoted(key)) is null", at: place, index)
      return kind == "any" ? known.subtracting(known) : known.inverted
    }
    let list = try elements.enumerated().map { try literal($1, at: "\(place).\(kind)[\($0)]") }.joined(separator: ", ")
    return try predicate("\(quoted(key)) \(kind == "any" ? "in" : "not in") (\(list))", at: place, index)
  }

  private static func quoted(_ text: String) -> String { "\"\(text.replacing("\"", with: "\"\""))\"" }

  /// A value as the text form writes it.
  private static func literal(_ value: RequestValue, at place: String) throws -> String {
    switch value {
    case .text(let text): return quoted(text)
    case .integer(let number): return quoted("\(number)")
    case .number(let number): return quoted("\(number)")
    case .boolean(let flag): return quoted(flag ? "true" : "false")
    default: throw InputError(.usage, "body", at: place, expected: "text, a number or a boolean", found: value.kind)
    }
  }
}
