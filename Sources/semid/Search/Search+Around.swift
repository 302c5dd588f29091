import SemanticID

/// Search around an ID, or by an ID with open levels.
extension Search {
  func widen(_ id: String, in index: SemanticIndex, _ filter: ItemFilter?, _ console: Console) throws {
    let shape = index.shape
    let set =
      if let expand {
        try index.candidates(
          around: shape.parse(id), by: expand.rule, budget: k,
          filter: filter)
      } else {
        try index.candidates(matching: shape.parsePattern(id), budget: k, filter: filter)
      }
    if expand != nil, !set.isInCatalogue {
      console.note("no item has the ID \(id)" + (set.entries.isEmpty ? "" : "; these are around it"))
    } else if set.entries.isEmpty {
      console.note("no item has an ID like \(id)")
    }
    if set.budgetExhausted { console.note("there are more; --k shows more") }
    let neighbors = set.entries.flatMap { entry in
      index.rows(of: entry, in: set).map {
        Neighbor(
          hit: Hit(index, row: $0, query: id), prefix: entry.prefix, differing: entry.differing,
          distance: entry.distance)
      }
    }
    try console.print(neighbors.prefix(k), expand == nil ? [Neighbor.item, Neighbor.tokens] : Neighbor.columns)
  }

  /// An item of an ID around the one that was asked for.
  struct Neighbor: Encodable {
    var hit: Hit
    /// Levels in common from the first on, and levels that differ.
    var prefix: Int
    var differing: Int
    /// Between the codewords that differ, for a rule that goes by codewords.
    var distance: Float?

    enum CodingKeys: String, CodingKey {
      case prefix, differing, distance
    }

    func encode(to encoder: any Encoder) throws {
      try hit.encode(to: encoder)
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(prefix, forKey: .prefix)
      try values.encode(differing, forKey: .differing)
      try values.encodeIfPresent(distance, forKey: .distance)
    }

    static let item = Column<Self>("item", shrinks: true) { $0.hit.item }
    static let tokens = Column<Self>("semantic ID") { $0.hit.tokens }
    static let columns: [Column<Self>] = [
      item, tokens, Column("common prefix", .right) { "\($0.prefix)" },
      Column("differing levels", .right) { "\($0.differing)" },
      Column("distance", .right) { $0.distance.map { Text.figure(Double($0)) } ?? "" },
    ]
  }
}
