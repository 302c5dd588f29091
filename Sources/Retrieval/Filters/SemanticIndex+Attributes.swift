import Vectors

extension SemanticIndex {
  /// The names of the attributes that the items have, and the types of their values.
  public var attributes: [(name: String, kind: AttributeColumn.Kind)] {
    var found: [(name: String, kind: AttributeColumn.Kind)] = []
    for column in segments.flatMap(\.attributes) where !found.contains(where: { $0.name == column.name }) {
      found.append((column.name, column.kind))
    }
    return found
  }

  /// A filter that allows the items that meet a condition on their attributes.
  ///
  /// - Throws: `InputError` with the character of a column that the index does not keep, or of a value that is not of
  ///   its column's kind.
  /// - Complexity: O(items that meet it) for each comparison, and O(N / 64) for each `and`, `or` and `not`.
  public func filter(where predicate: AttributePredicate) throws -> ItemFilter {
    try check(predicate.root)
    return ItemFilter(masks: try segments.map { try $0.mask(predicate.root) })
  }

  /// Whether the index keeps every column that a condition names.
  private func check(_ node: AttributePredicate.Node) throws {
    switch node {
    case .contains(let name, _):
      if let kind = attributes.first(where: { $0.name == name.text })?.kind, kind != .list {
        throw AttributePredicateParser.fault(
          name.place, "an attribute of lists, or \"(\" and a list of values",
          "\(name.text), of type \(kind.rawValue)")
      }
      try check(.isNull(name))
    case .compare(let name, _, _), .isIn(let name, _), .isNull(let name):
      let attributes = attributes.map(\.name)
      if attributes.contains(name.text) { return }
      throw AttributePredicateParser.fault(
        name.place,
        attributes.isEmpty ? "an attribute of the index, which keeps none" : "one of \(attributes)",
        "\"\(name.text)\"", attributes.isEmpty ? "build it with --attributes" : nil)
    case .not(let node): try check(node)
    case .and(let nodes), .or(let nodes): for node in nodes { try check(node) }
    }
  }
}

extension IndexSegment {
  /// The positions that meet a condition. Items of a segment that does not keep an attribute have no value of it.
  fileprivate func mask(_ node: AttributePredicate.Node) throws -> ItemMask {
    func column(_ name: AttributePredicate.Word) -> AttributeColumn? { attributes.first { $0.name == name.text } }
    let none = ItemMask(capacity: count, repeating: false)
    switch node {
    case .contains(let name, let value): return try mask(.isIn(name, [value]))
    case .compare(let name, .unequal, let value) where column(name)?.kind == .list:
      // No element is equal; an item without a list meets no condition.
      return try mask(.and([.not(.isIn(name, [value])), .not(.isNull(name))]))
    case .compare(let name, let comparison, let value):
      guard let column = column(name) else { return none }
      return column.mask(of: try column.runs(comparison, value), capacity: count)
    case .isIn(let name, let values):
      guard let column = column(name) else { return none }
      return column.mask(of: try values.flatMap { try column.runs(.equal, $0) }, capacity: count)
    case .isNull(let name):
      return column(name).map { $0.mask(of: [0..<$0.valueCount], capacity: count).inverted } ?? none.inverted
    case .not(let node):
      return try mask(node).inverted
    case .and(let nodes):
      return try nodes.dropFirst().reduce(mask(nodes[0])) { try $0.intersection(mask($1)) }
    case .or(let nodes):
      return try nodes.dropFirst().reduce(mask(nodes[0])) { try $0.union(mask($1)) }
    }
  }
}
