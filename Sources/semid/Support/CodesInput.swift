import SemanticID

/// Sets of codes to compare, from files and models.
///
/// Files alone: their codes, of which nothing can be decoded. Models alone: the codes that they give the vectors. Both:
/// each file's codes decode by the one model, or by the model in the same place.
struct CodesInput {
  struct Candidate {
    var name: String
    /// The file of codes; nil: encoded here.
    var file: String?
    var model: String?
    var tokenizer: (any Tokenizer)?
    var codes: Codes
    /// Whether the codebook sizes are no more than each level's largest code and one.
    var sizesAreInferred: Bool
    /// Encoding alone; nil when the codes came from a file.
    var encodeSeconds: Double?
  }

  var files: [String]
  var models: [String]
  /// Codebook sizes of codes without a model; nil infers them.
  var levelSizes: [Int]?

  /// - Throws: `InputError` when codes are not of the vectors' number, not of the model's levels, or out of its range.
  func open(_ set: EmbeddingSet?, _ console: Console) async throws -> [Candidate] {
    let models = try models.map { ($0, try TokenizerModel.open($0)) }
    guard !files.isEmpty || !models.isEmpty else {
      throw InputError(.usage, "semid evaluate codes", expected: "--codes or --model", found: "neither")
    }
    guard files.isEmpty || models.count <= 1 || models.count == files.count else {
      throw InputError(
        .usage, "--model", expected: "none, one, or as many as there are --codes, \(files.count)",
        found: "\(models.count)")
    }
    if files.isEmpty {
      guard let set else {
        throw InputError(.usage, "semid evaluate codes", expected: "embeddings to encode, or --codes", found: "neither")
      }
      var candidates: [Candidate] = []
      for (path, model) in models { candidates.append(try await encoded(set, path, model, console)) }
      return candidates
    }
    return try files.enumerated().map { index, file in
      let model = models.isEmpty ? nil : models[models.count == 1 ? 0 : index]
      return try read(file, model?.0, model?.1, set, console)
    }
  }

  private func encoded(_ set: EmbeddingSet, _ path: String, _ model: any Tokenizer, _ console: Console) async throws
    -> Candidate
  {
    let (codes, seconds) = try await timed { try model.encode(set.vectors, pool: console.pool, source: set.source) }
    return Candidate(
      name: path, file: nil, model: path, tokenizer: model, codes: codes, sizesAreInferred: false,
      encodeSeconds: seconds)
  }

  private func read(
    _ file: String, _ path: String?, _ model: (any Tokenizer)?, _ set: EmbeddingSet?, _ console: Console
  ) throws -> Candidate {
    let table = try CodesTable(opening: file, levelSizes: model == nil ? levelSizes : nil, pool: console.pool)
    console.tell(table.summary)
    var codes = try table.rectangular()
    if let model {
      // Resolving collisions may have added a level, which decodes to nothing.
      let levels = model.levelSizes.count
      guard codes.levels == levels || codes.levels == levels + 1 else {
        throw InputError(
          .mismatch, file, expected: "\(levels) levels, as \(path ?? "the model") has, or one more",
          found: "\(codes.levels)")
      }
      codes = try Codes(
        levelSizes: model.levelSizes + codes.levelSizes[levels...], values: codes.values, source: file)
      if let set, set.dimension != model.dimension {
        throw InputError(
          .mismatch, set.source, expected: "vectors of dimension \(model.dimension), as \(path ?? "the model") has",
          found: "\(set.dimension)")
      }
    }
    if let set {
      guard codes.count == set.count else {
        throw InputError(
          .mismatch, file, expected: "codes of \(Text.count(set.count)) items, as many as \(set.source) has",
          found: Text.count(codes.count), remedy: "encode these embeddings")
      }
      try checkOrder(file, table.ids, set)
    }
    return Candidate(
      name: file, file: file, model: path, tokenizer: model, codes: codes,
      sizesAreInferred: model == nil && levelSizes == nil, encodeSeconds: nil)
  }

  /// Codes in another order than the vectors would be measured without a word, and be worth nothing.
  private func checkOrder(_ file: String, _ ids: StringColumn?, _ set: EmbeddingSet) throws {
    guard let ids, let expected = set.ids else { return }
    let isNumbered = ids.indices.allSatisfy { ids[$0] == String($0) }
    guard !isNumbered, let row = ids.indices.first(where: { ids[$0] != expected[$0] }) else { return }
    throw InputError(
      .mismatch, file, at: "item \(row)", expected: "codes in the order of \(set.source): \"\(expected[row])\"",
      found: "\"\(ids[row])\"", remedy: "encode these embeddings, or bring the codes in their order")
  }
}
