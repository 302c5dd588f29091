import Retrieval
import Tokenizers
import Vectors

/// Items that a request adds: rows or columns.
struct ItemsRequest {
  private var ids: [String] = []
  private var vectors: Matrix?
  private var texts: [String]?
  private var attributes: [(name: String, values: [RequestValue?])] = []
  private let isRows: Bool

  init(_ call: Call, _ index: SemanticIndex) throws {
    let columns = ["ids", "vectors", "vectors_base64", "semantic_ids", "attributes"]
    let fields = try call.fields(["items"] + columns)
    isRows = fields.has("items")
    if isRows {
      if let other = fields.given(columns).first {
        throw fields.fault(other, expected: "items, or columns", found: "both")
      }
      try readRows(fields.objects("items") ?? [], call, index)
    } else {
      try readColumns(fields, call, index)
    }
    try check(call)
  }

  private mutating func readRows(_ items: [RequestValue], _ call: Call, _ index: SemanticIndex) throws {
    let dimension = index.manifest.dimension
    var rows: [[Float]?] = []
    var codes: [String?] = []
    var names: [String] = []
    var byName: [String: [RequestValue?]] = [:]
    for (number, item) in items.enumerated() {
      let place = "items[\(number)]"
      let fields = try RequestFields(
        item, at: place, known: ["id", "vector", "vector_base64", "semantic_id", "attributes"])
      guard let id = try fields.text("id") else { throw fields.fault("id", expected: "an id", found: "none") }
      ids.append(id)
      codes.append(try fields.text("semantic_id"))
      switch (fields["vector"], try fields.text("vector_base64")) {
      case (nil, nil): rows.append(nil)
      case (.numbers(let numbers)?, nil):
        rows.append(
          Array(try RawNumbers.matrix([numbers], columns: dimension) { _ in "\(place).vector" }.row(0)))
      case (nil, let text?):
        let vector = try RawNumbers.matrix(base64: text, columns: dimension, at: "\(place).vector_base64")
        guard vector.rows == 1 else {
          throw fields.mismatch("vector_base64", expected: "one vector", found: "\(vector.rows)")
        }
        rows.append(Array(vector.row(0)))
      case (let value?, nil):
        throw fields.fault("vector", expected: "an array of \(dimension) numbers", found: value.kind)
      default: throw fields.mismatch("vector", expected: "vector or vector_base64", found: "both")
      }
      guard let own = fields["attributes"] else { continue }
      guard case .object(let members) = own else {
        throw fields.fault("attributes", expected: "an object", found: own.kind)
      }
      for (name, value) in members {
        if byName[name] == nil {
          names.append(name)
          byName[name] = [RequestValue?](repeating: nil, count: items.count)
        }
        if case .null = value { continue }
        byName[name]?[number] = value
      }
    }
    vectors = try Self.whole(rows, "vector").map { rows in
      Matrix(rows: rows.count, columns: dimension, values: rows.flatMap(\.self))
    }
    texts = try Self.whole(codes, "semantic_id")
    attributes = names.map { ($0, byName[$0] ?? []) }
  }

  /// Values that all items have, or none; nil for none.
  private static func whole<Value>(_ values: [Value?], _ name: String) throws -> [Value]? {
    let present = values.compactMap(\.self)
    if present.isEmpty { return nil }
    if let number = values.firstIndex(where: { $0 == nil }) {
      throw InputError(
        .mismatch, "body", at: "items[\(number)]", expected: "a \(name), as other items of the request have",
        found: "none"
      )
    }
    return present
  }

  private mutating func readColumns(_ fields: RequestFields, _ call: Call, _ index: SemanticIndex) throws {
    guard let ids = try fields.texts("ids") else {
      throw InputError(.usage, "body", expected: "items, or ids and columns", found: "neither")
    }
    self.ids = ids
    let dimension = index.manifest.dimension
    switch (fields.has("vectors"), try fields.text("vectors_base64")) {
    case (false, nil): break
    case (true, nil):
      if !ids.isEmpty { vectors = try call.rows(fields, "vectors", columns: dimension) }
    case (false, let text?): vectors = try RawNumbers.matrix(base64: text, columns: dimension, at: "vectors_base64")
    default: throw fields.mismatch("vectors", expected: "vectors or vectors_base64", found: "both")
    }
    texts = try fields.texts("semantic_ids")
    for (name, count) in [("vectors", vectors?.rows), ("semantic_ids", texts?.count)] {
      guard let count, count != ids.count else { continue }
      throw fields.mismatch(name, expected: "\(ids.count), one per id", found: "\(count)")
    }
    guard let given = fields["attributes"] else { return }
    guard case .object(let members) = given else {
      throw fields.fault("attributes", expected: "an object", found: given.kind)
    }
    attributes = try members.map { name, value in
      guard let elements = value.elements, elements.count == ids.count else {
        throw fields.mismatch(
          "attributes.\(name)", expected: "an array of \(ids.count) values",
          found: value.elements.map { "\($0.count)" } ?? value.kind)
      }
      return (name, elements.map { if case .null = $0 { nil } else { $0 } })
    }
  }

  private func check(_ call: Call) throws {
    try call.checkBatch(ids.count, "items")
    if let number = ids.firstIndex(where: \.isEmpty) {
      throw InputError(.usage, "body", at: place(number, "id"), expected: "an id", found: "an empty text")
    }
    var seen = Set<[UInt8]>()
    if let number = ids.firstIndex(where: { !seen.insert(Array($0.utf8)).inserted }) {
      throw InputError(
        .mismatch, "body", at: place(number, "id"), expected: "ids that differ",
        found: "\"\(ids[number].prefix(100))\" twice")
    }
  }

  private func place(_ number: Int, _ name: String) -> String {
    isRows
      ? "items[\(number)].\(name)"
      : "\(name == "semantic_id" ? "semantic_ids" : name == "id" ? "ids" : name)[\(number)]"
  }

  /// The changes of an index that add these items, or replace those with the same ids.
  func changes(of index: SemanticIndex) throws -> IndexChanges {
    guard !ids.isEmpty else { return IndexChanges() }
    if index.manifest.faiss != nil, vectors == nil {
      throw InputError(.mismatch, "body", expected: "vectors, since the index holds vectors", found: "none")
    }
    var items = IndexChanges.Items(ids: StringColumn(ids), vectors: vectors)
    if let texts {
      let codes = try texts.enumerated().map { try IDRequest.id($1, at: place($0, "semantic_id"), index) }
      items.codes = try Codes(levelSizes: index.levelSizes, values: Buffer(codes.flatMap(\.self)))
    } else if vectors == nil {
      throw InputError(.mismatch, "body", expected: "a vector or a semantic ID per item", found: "neither")
    }
    items.attributes = try AttributeRequest.table(attributes, ids: ids, index) { name, row in
      isRows ? "items[\(row)].attributes.\(name)" : "attributes.\(name)[\(row)]"
    }
    return IndexChanges(added: items, isReplacing: true)
  }
}
