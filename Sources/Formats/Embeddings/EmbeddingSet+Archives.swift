import Vectors

extension EmbeddingSet {
  /// Names under which others keep item embeddings, best first.
  private static let knownNames = ["embeddings", "embedding", "emb", "Z", "X", "arr_0"]

  static func matrix(in file: NPZFile, _ key: String?, _ pool: ThreadPool) throws -> Matrix {
    if let key { return try file.array(key).matrix(pool: pool) }
    if let key = knownNames.first(where: file.keys.contains) { return try file.array(key).matrix(pool: pool) }
    // No known name: the only array that can be item vectors. Arrays are unpacked one at a time.
    let candidates = try file.keys.filter { key in
      let array = try file.array(key)
      return array.shape.count == 2 && array.elementType?.isFloatingPoint == true
    }
    guard let only = candidates.first, candidates.count == 1 else {
      throw ambiguous(file.source, "array", candidates, among: file.keys)
    }
    return try file.array(only).matrix(pool: pool)
  }

  /// The ids that lie in the archive too: under the name given, or under a known one.
  static func ids(in file: NPZFile, _ options: Options) throws -> StringColumn? {
    guard options.readsIDs, options.idsPath == nil else { return nil }
    guard let key = options.ids ?? ["ids", "item_ids"].first(where: file.keys.contains) else { return nil }
    return try Identifiers.read(file.array(key))
  }

  static func matrix(in file: SafetensorsFile, _ name: String?, _ pool: ThreadPool) throws -> Matrix {
    if let name { return try file.tensor(name).matrix(pool: pool) }
    let candidates = try file.names.filter { name in
      let tensor = try file.tensor(name)
      return tensor.shape.count == 2 && tensor.elementType.isFloatingPoint
    }
    guard let chosen = knownNames.first(where: candidates.contains) ?? (candidates.count == 1 ? candidates.first : nil)
    else { throw ambiguous(file.source, "tensor", candidates, among: file.names) }
    return try file.tensor(chosen).matrix(pool: pool)
  }

  static func ambiguous(_ source: String, _ noun: String, _ candidates: [String], among all: [String])
    -> InputError
  {
    let listed = candidates.isEmpty ? all : candidates
    let names = listed.isEmpty ? "none" : listed.prefix(20).joined(separator: ", ")
    return InputError(
      .usage, source, expected: "one \(noun) of floats, rows × columns",
      found: candidates.isEmpty ? "none among: \(names)" : "\(candidates.count): \(names)",
      remedy: "name the \(noun) to read")
  }
}
