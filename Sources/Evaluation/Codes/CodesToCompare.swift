package import Formats
package import Tokenizers
package import Vectors

/// Sets of codes to compare, from files and models.
///
/// With files alone, the sets are their codes, and nothing can be decoded. With models alone, they are the codes that
/// the models give to the vectors. With both, each file's codes are decoded by the one model, or by the model in the
/// same place of the list.
package struct CodesToCompare: Sendable {
  package struct Candidate: Sendable {
    package var name: String
    /// The file of codes; nil: the codes were encoded here.
    package var file: String?
    /// The model's directory.
    package var model: String?
    package var tokenizer: (any Tokenizer)?
    package var codes: Codes
    /// Whether the codebook sizes are taken from the codes: each level's largest code plus one.
    package var sizesAreInferred: Bool
    /// Time of encoding; nil when the codes came from a file.
    package var encodeSeconds: Double?
    /// What was read from which column of the file; nil when the codes were encoded here.
    package var summary: InputSummary?
  }

  package var files: [String]
  package var models: [String]
  /// Codebook sizes of codes without a model; nil infers them.
  package var levelSizes: [Int]?

  package init(files: [String], models: [String], levelSizes: [Int]? = nil) {
    self.files = files
    self.models = models
    self.levelSizes = levelSizes
  }

  /// Opens all files, and encodes the vectors with models that have no file.
  ///
  /// - Throws: `InputError` when the number of codes is not that of the vectors, or when codes are not of the model's
  ///   levels or are out of range.
  package func open(_ set: EmbeddingSet?, pool: ThreadPool = ThreadPool()) throws -> [Candidate] {
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
      return try models.map { path, model in try encoded(set, path, model, pool) }
    }
    return try files.enumerated().map { index, file in
      let model = models.isEmpty ? nil : models[models.count == 1 ? 0 : index]
      return try read(file, model?.0, model?.1, set, pool)
    }
  }

  private func encoded(
    _ set: EmbeddingSet, _ path: String, _ model: any Tokenizer, _ pool: ThreadPool
  ) throws -> Candidate {
    let start = ContinuousClock.now
    let codes = try model.encode(set.vectors, pool: pool, source: set.source)
    let seconds = Stopwatch.seconds(since: start)
    return Candidate(
      name: path, file: nil, model: path, tokenizer: model, codes: codes, sizesAreInferred: false,
      encodeSeconds: seconds)
  }

  private func read(
    _ file: String, _ path: String?, _ model: (any Tokenizer)?, _ set: EmbeddingSet?, _ pool: ThreadPool
  ) throws -> Candidate {
    let table = try CodesTable(opening: file, levelSizes: model == nil ? levelSizes : nil, pool: pool)
    var codes = try table.rectangular()
    if let model {
      // Resolving collisions may have added a level, which is not decoded.
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
          .mismatch, file, expected: "codes of \(set.count) items, as many as \(set.source) has",
          found: "\(codes.count)", remedy: "encode these embeddings")
      }
      try checkOrder(file, table.ids, set)
    }
    return Candidate(
      name: file, file: file, model: path, tokenizer: model, codes: codes,
      sizesAreInferred: model == nil && levelSizes == nil, encodeSeconds: nil, summary: table.summary)
  }

  /// Refuses codes whose ids are in another order than the vectors': their measurements would be worthless.
  private func checkOrder(_ file: String, _ ids: StringColumn?, _ set: EmbeddingSet) throws {
    guard let ids, let expected = set.ids else { return }
    let isNumbered = ids.indices.allSatisfy { ids[$0] == String($0) }
    guard !isNumbered, let row = ids.indices.first(where: { ids[$0] != expected[$0] }) else { return }
    throw InputError(
      .mismatch, file, at: "item \(row)", expected: "codes in the order of \(set.source): \"\(expected[row])\"",
      found: "\"\(ids[row])\"", remedy: "encode these embeddings, or bring the codes in their order")
  }
}
