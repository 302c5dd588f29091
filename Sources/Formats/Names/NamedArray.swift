import Vectors

/// One of the things that a file holds under a name, as far as its header tells.
struct NamedArray: Hashable, Sendable {
  enum Form: Hashable, Sendable {
    /// Numbers, rows × columns.
    case matrix
    /// One text per row.
    case texts
    /// One whole number per row.
    case integers
    /// One number per row.
    case floats
    case other
  }

  var name: String
  /// In the format's words, for messages: `list<element: float>`, `int64 (300,)`.
  var type: String
  var form: Form
  /// nil where the header does not tell.
  var rows: Int?
  /// Several columns, or one array per item. One that is not composed goes before those that are.
  var isComposed = false
  /// The name by which it is known, where that is not the name itself: `emb` of `emb_*`.
  var knownAs: String?

  /// `300 × 8`.
  static func sizes(_ shape: [Int]) -> String {
    shape.isEmpty ? "a single value" : shape.map(String.init).joined(separator: " × ")
  }

  /// The last part of a path or of a nested name: `embeddings` of `items/embeddings` and of `item.embeddings`.
  var lastPart: String {
    let name = knownAs ?? name
    return name.lastIndex { $0 == "/" || $0 == "." }.map { String(name[name.index(after: $0)...]) } ?? name
  }
}

/// What may be in a file under which name, and which of it is taken for vectors and for ids: one rule for all formats.
struct NamedArrays: Sendable {
  /// The file, for errors.
  let source: String
  /// What the format calls one: array, tensor, dataset, column.
  let noun: String
  let arrays: [NamedArray]

  struct Choice: Hashable, Sendable {
    var name: String
    /// Why, where its name does not say it.
    var reason: String?
  }

  // MARK: Vectors

  /// The array with the vectors: the one that is asked for; else a known name, whatever its type; else the only matrix.
  ///
  /// - Throws: `InputError` for a known name of a type that is no matrix, and where there is none or more than one.
  func vectors(_ asked: String?) throws -> Choice {
    if let asked { return Choice(name: asked) }
    if let known = known(KnownNames.vectors.names) {
      guard known.form == .matrix else {
        throw InputError(
          .unsupported, source, at: place(known.name), expected: "vectors, since that is a known name of them",
          found: "values of type \(known.type)", remedy: "name another \(noun) with --vectors; \(listing)")
      }
      return Choice(name: known.name)
    }
    let candidates = arrays.filter { $0.form == .matrix && !Self.isOther($0) }
    let plain = candidates.filter { !$0.isComposed }
    let chosen = plain.isEmpty ? candidates : plain
    guard let only = chosen.first, chosen.count == 1 else {
      throw InputError(
        .usage, source, expected: "one \(noun) of vectors: under a known name, or the only one",
        found: chosen.isEmpty ? "none" : "\(chosen.count): \(Self.names(chosen))",
        remedy: chosen.isEmpty ? listing : "name the \(noun) with --vectors")
    }
    return Choice(name: only.name, reason: only.isComposed || arrays.count == 1 ? nil : "the only \(noun) of vectors")
  }

  // MARK: Ids

  /// The array with the ids of `rows` vectors: the one that is asked for, else a known name, whatever its type and length.
  ///
  /// - Parameter vectors: the array of the vectors: `train_ids` and `train_id` are the ids of `train`.
  /// - Returns: nil where no name is known.
  func ids(_ asked: String?, of vectors: String, rows: Int) throws -> String? {
    if let asked { return asked }
    let own = ["\(vectors)_ids", "\(vectors)_id"]
    // Ids stand beside their vectors: in the same group, or struct.
    guard let found = known(own + KnownNames.itemIDs.names) else { return nil }
    let couldBe: Set<NamedArray.Form> = [.texts, .integers, .floats]
    guard couldBe.contains(found.form) else {
      throw InputError(
        .unsupported, source, at: place(found.name),
        expected: "ids, since that is a known name of them: text or whole numbers",
        found: "values of type \(found.type)",
        remedy: Self.idsRemedy(noun))
    }
    if let count = found.rows, count != rows {
      throw InputError(
        .mismatch, source, at: place(found.name), expected: "\(rows) ids, one for each row of \(vectors)",
        found: "\(count) ids", remedy: Self.idsRemedy(noun))
    }
    return found.name
  }

  static func idsRemedy(_ noun: String) -> String {
    "name another \(noun) or a file of ids with --ids, or --ids none for row numbers"
  }

  /// What to say where rows go by their numbers although the file has something that could be ids.
  func missedIDs(rows: Int) -> String? {
    let others = Set(KnownNames.all.filter { $0 != KnownNames.itemIDs }.flatMap(\.names))
    let candidates = arrays.filter {
      ($0.form == .texts || $0.form == .integers) && ($0.rows ?? rows) == rows && !others.contains($0.lastPart)
    }
    guard !candidates.isEmpty else { return nil }
    return """
      \(source): no \(noun) of ids under a known name (\(KnownNames.itemIDs.listing)), so items go by row numbers; what \
      could be ids: \(Self.names(candidates)); name it: --ids \(candidates[0].name)
      """
  }

  // MARK: Names

  /// The first of `names` that an array has, whole or as its last part where only one has it.
  private func known(_ names: [String]) -> NamedArray? {
    for name in names {
      if let exact = arrays.first(where: { ($0.knownAs ?? $0.name) == name }) { return exact }
      let ending = arrays.filter { $0.lastPart == name }
      if ending.count == 1 { return ending[0] }
    }
    return nil
  }

  /// Whether its name says that it is something else.
  private static func isOther(_ array: NamedArray) -> Bool {
    [KnownNames.notVectors, .codes, .itemIDs].contains { $0.names.contains(array.lastPart) }
  }

  private func place(_ name: String) -> String { "\(noun) \"\(name)\"" }

  var listing: String {
    arrays.isEmpty ? "it has no \(noun)s" : "it has \(Self.names(arrays))"
  }

  private static func names(_ arrays: [NamedArray]) -> String {
    let shown = arrays.prefix(12).map { "\($0.name): \($0.type)" }.joined(separator: ", ")
    return arrays.count > 12 ? "\(shown) and \(arrays.count - 12) more" : shown
  }
}
