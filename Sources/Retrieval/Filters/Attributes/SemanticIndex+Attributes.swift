import Vectors

extension SemanticIndex {
  /// A filter that allows the items that meet a condition on their attributes.
  ///
  /// - Throws: `InputError` with the character of a column that the index does not keep, or of a value that is none of its
  ///   column's kind.
  /// - Complexity: O(items that meet a comparison) for each, and O(N / 64) for each `and`, `or` and `not`.
  public func filter(where predicate: AttributePredicate) throws -> ItemFilter {
    ItemFilter(masks: [try mask(predicate.root)])
  }

  private func mask(_ node: AttributePredicate.Node) throws -> ItemMask {
    switch node {
    case .compare(let name, let comparison, let value):
      let column = try attribute(name)
      return column.mask(of: try column.runs(comparison, value), capacity: count)
    case .isIn(let name, let values):
      let column = try attribute(name)
      return column.mask(of: try values.flatMap { try column.runs(.equal, $0) }, capacity: count)
    case .isNull(let name):
      let column = try attribute(name)
      return column.mask(of: [0..<column.valueCount], capacity: count).inverted
    case .not(let node):
      return try mask(node).inverted
    case .and(let nodes):
      return try nodes.dropFirst().reduce(mask(nodes[0])) { try $0.intersection(mask($1)) }
    case .or(let nodes):
      return try nodes.dropFirst().reduce(mask(nodes[0])) { try $0.union(mask($1)) }
    }
  }

  private func attribute(_ name: AttributePredicate.Word) throws -> AttributeColumn {
    if let column = attributes.first(where: { $0.name == name.text }) { return column }
    throw AttributePredicateParser.fault(
      name.place,
      attributes.isEmpty ? "an attribute of the index, which keeps none" : "one of \(attributes.map(\.name))",
      "\"\(name.text)\"", attributes.isEmpty ? "build it with --attributes" : nil)
  }
}
