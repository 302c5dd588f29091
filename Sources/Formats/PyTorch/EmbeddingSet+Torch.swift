import Vectors

extension EmbeddingSet {
  /// A tensor, or the one of a dictionary that is named or well known.
  static func matrix(in file: TorchFile, _ name: String?, _ pool: ThreadPool) throws -> Matrix {
    if let name { return try file.array(name).matrix(pool: pool) }
    let candidates = try file.names.filter { name in
      let (shape, elementType) = try file.description(of: name)
      return shape.count == 2 && elementType.isFloatingPoint
    }
    let known = ["", "embeddings", "embedding", "emb", "Z", "features", "X"]
    guard let chosen = known.first(where: candidates.contains) ?? (candidates.count == 1 ? candidates.first : nil)
    else { throw ambiguous(file.source, "tensor", candidates, among: file.names) }
    return try file.array(chosen).matrix(pool: pool)
  }

  /// The ids that lie in the file too: a list of strings or numbers, or a tensor of integers.
  static func ids(in file: TorchFile, _ options: Options) throws -> StringColumn? {
    guard options.readsIDs, options.idsPath == nil else { return nil }
    for name in options.ids.map({ [$0] }) ?? ["ids", "item_ids"] {
      if let texts = file.texts(name) {
        let column = StringColumn(texts)
        try Identifiers.check(column, source: file.source)
        return column
      }
      if file.names.contains(name) {
        let numbers = try file.array(name).integers(as: Int64.self)
        let column = numbers.withUnsafeBufferPointer { StringColumn($0.map { String($0) }) }
        try Identifiers.check(column, source: file.source)
        return column
      }
    }
    guard let name = options.ids else { return nil }
    throw InputError(
      .missing, file.source, expected: "a list or a tensor of ids named \(name)", found: "none of that name")
  }
}
