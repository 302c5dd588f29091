import Vectors

extension SemanticIndex {
  /// The values of an item's attributes, by name, in the index's order. Attributes of which it has no value are left out.
  ///
  /// The first call for an attribute turns its column around: linear in the items, four bytes per item kept.
  ///
  /// - Parameter names: which attributes; nil: all.
  /// - Precondition: `row` is below `rowLimit`.
  package func attributes(ofRow row: Int, names: Set<String>? = nil) -> [(name: String, value: AttributeValue)] {
    let (segment, position) = place(ofRow: row)
    return segment.attributes.indices.compactMap { number in
      let name = segment.attributes[number].name
      guard names?.contains(name) != false, let value = segment.attributeValues[number][position] else { return nil }
      return (name, value)
    }
  }
}
