public import Vectors

/// Latent semantic analysis: a text's hashed words, weighted by TF-IDF, projected on the directions in which the texts
/// of a corpus vary most.
///
/// Deerwester et al. 1990, "Indexing by latent semantic analysis". A text becomes a sparse row x (see `LSAOptions` for
/// its features): sublinear term frequency · smoothed inverse document frequency ln((1 + N) / (1 + n)) + 1, scaled to
/// unit length. Its vector is x · V · Σ^(-p), again scaled to unit length, with V the leading right singular vectors of
/// the corpus, Σ their singular values and p `spectrumPower`. Corpus and queries go through the same map, so a query
/// lies where a text of the corpus with its words would.
///
/// A value: fit once, then embed from any thread.
public struct LSAEmbedder: TextEmbedder {
  /// The options with which it was fitted.
  public let options: LSAOptions
  /// Share of the corpus's weight (the squared norm of all rows) that the kept directions hold, 0…1.
  package let explainedEnergy: Double
  /// Number of texts that the embedder was fitted on.
  package let corpusSize: Int
  /// Descending; at most `options.dimension`.
  package let singularValues: [Double]

  /// The buckets in use, ascending: row i of `projection` belongs to the i-th.
  let buckets: [Int32]
  /// The i-th bucket's inverse document frequency.
  let inverseFrequencies: [Float]
  /// V · Σ^(-p): buckets × dimension.
  let projection: Matrix

  public var dimension: Int { options.dimension }
  /// Number of buckets that the corpus uses.
  package var vocabularySize: Int { buckets.count }

  /// Learns the space of a corpus.
  ///
  /// Deterministic: the same texts, options and kind of processor give the same bits for any pool. Memory is about 12
  /// bytes per entry and 8 · (texts + buckets) · (dimension + oversampling) bytes.
  ///
  /// - Throws: `InputError` when an option is out of range, when `fields` do not fit together, or when no word is in
  ///   `LSAOptions.minimumTexts` texts.
  public static func fit(fields: [TextField], options: LSAOptions = LSAOptions(), pool: ThreadPool) throws
    -> LSAEmbedder
  {
    try fitAndEmbed(fields: fields, options: options, pool: pool).embedder
  }

  /// The same for plain texts.
  public static func fit(texts: some Collection<String>, options: LSAOptions = LSAOptions(), pool: ThreadPool) throws
    -> LSAEmbedder
  {
    try fit(fields: [TextField(StringColumn(texts))], options: options, pool: pool)
  }

  /// The same, with the vectors of the corpus: the bits that `embed(fields:)` would give, without reading the corpus
  /// twice.
  package static func fitAndEmbed(fields: [TextField], options: LSAOptions = LSAOptions(), pool: ThreadPool) throws
    -> (embedder: LSAEmbedder, vectors: Matrix)
  {
    try options.validate()
    let counts = try FeatureExtractor(options: options).rows(of: fields, pool: pool)
    let weighting = TermWeighting(counts, options: options)
    guard !weighting.buckets.isEmpty else {
      throw InputError(
        .malformed, "texts", expected: "words that at least \(options.minimumTexts) texts share",
        found: "none in \(counts.count) texts")
    }
    let rows = weighting.weighted(counts)
    let svd = try TruncatedSVD(
      of: rows, columnCount: weighting.buckets.count, rank: options.dimension, oversampling: options.oversampling,
      powerIterations: options.powerIterations, seed: options.seed, pool: pool)
    let embedder = LSAEmbedder(options: options, weighting: weighting, rows: rows, svd: svd)
    return (embedder, embedder.project(rows, pool: pool))
  }

  public func embed(fields: [TextField], pool: ThreadPool) throws -> Matrix {
    let counts = try FeatureExtractor(options: options).rows(of: fields, pool: pool)
    let weighting = TermWeighting(buckets: buckets, inverseFrequencies: inverseFrequencies)
    return project(weighting.weighted(counts), pool: pool)
  }

  init(
    options: LSAOptions, corpusSize: Int, explainedEnergy: Double, singularValues: [Double], buckets: [Int32],
    inverseFrequencies: [Float], projection: Matrix
  ) {
    self.options = options
    self.corpusSize = corpusSize
    self.explainedEnergy = explainedEnergy
    self.singularValues = singularValues
    self.buckets = buckets
    self.inverseFrequencies = inverseFrequencies
    self.projection = projection
  }

  private init(options: LSAOptions, weighting: TermWeighting, rows: SparseRows, svd: TruncatedSVD) {
    self.options = options
    corpusSize = rows.count
    buckets = weighting.buckets
    inverseFrequencies = weighting.inverseFrequencies
    singularValues = svd.singularValues
    // Every row that is not empty has norm 1.
    let total = (0..<rows.count).reduce(0) { $0 + (rows.starts[$1] < rows.starts[$1 + 1] ? 1 : 0) }
    explainedEnergy = svd.singularValues.reduce(0) { $0 + $1 * $1 } / Double(max(total, 1))
    let scales = svd.singularValues.map { Float(Math.pow($0, -options.spectrumPower)) }
    let rank = scales.count
    projection = Matrix(rows: buckets.count, columns: options.dimension) { target in
      svd.rightVectors.withUnsafeBufferPointer { vectors in
        for row in 0..<svd.rightVectors.rows {
          for column in 0..<rank {
            target[row * options.dimension + column] = vectors[row * rank + column] * scales[column]
          }
        }
      }
    }
  }

  private func project(_ rows: SparseRows, pool: ThreadPool) -> Matrix {
    rows.times(projection, pool: pool).withUnitRows(pool: pool)
  }
}

extension LSAOptions {
  func validate() throws {
    func require(_ condition: Bool, _ name: String, _ expected: String, _ found: String) throws {
      guard condition else { throw InputError(.usage, "lsa", at: name, expected: expected, found: found) }
    }
    try require((1...4096).contains(dimension), "dimension", "1 to 4096", "\(dimension)")
    try require((10...26).contains(hashBits), "hash bits", "10 to 26", "\(hashBits)")
    try require((0...1e6).contains(pairWeight), "pair weight", "0 to 1e6", "\(pairWeight)")
    try require(gramWeight > 0 && gramWeight <= 1e6, "n-gram weight", "above 0, at most 1e6", "\(gramWeight)")
    if let grams = characterGrams {
      try require(grams.lowerBound >= 1 && grams.upperBound <= 16, "n-grams", "lengths of 1 to 16", "\(grams)")
    }
    try require(minimumTexts >= 1, "minimum texts", "1 or more", "\(minimumTexts)")
    try require((0...2).contains(spectrumPower), "spectrum power", "0 to 2", "\(spectrumPower)")
    try require((0...4096).contains(oversampling), "oversampling", "0 to 4096", "\(oversampling)")
    try require((1...100).contains(powerIterations), "power iterations", "1 to 100", "\(powerIterations)")
  }
}
