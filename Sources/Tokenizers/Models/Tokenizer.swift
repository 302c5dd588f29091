public import Vectors

/// The algorithms that make codes; the raw value is the name in files and on the command line.
public enum TokenizerKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// Residual k-means, plain or balanced.
  case rqKMeans = "rq-kmeans"
  /// Residual k-means on x + MLP(x).
  case rqKMeansPlus = "rq-kmeans-plus"
  /// An autoencoder whose latent vector is quantized residually.
  case rqVAE = "rq-vae"
  /// An autoencoder whose latent vector is one codeword.
  case vqVAE = "vq-vae"
}

/// Turns vectors into codes and, where its algorithm allows, codes into vectors.
public protocol Tokenizer: Sendable {
  /// The algorithm of the model.
  var kind: TokenizerKind { get }
  /// d, the length of the vectors it takes.
  var dimension: Int { get }
  /// The codebook size of every level.
  var levelSizes: [Int] { get }
  /// SHA-256 of the model's files. What is built with a model records it, and refuses another model.
  var fingerprint: String { get }
  /// Codebooks whose codewords add up to the quantized vectors, so that a search can sum tables over codes; nil where
  /// residuals are scaled on the way.
  var additiveCodebooks: Codebooks? { get }
  /// Whether the model uses only the directions of vectors. Then a vector of zeros has no codes.
  var needsDirections: Bool { get }
  /// Whether an encoder's output is quantized, and not the vectors themselves.
  var hasLatents: Bool { get }
  /// The vectors that are quantized, N × the codebooks' dimension: the vectors themselves, or an encoder's output for
  /// them.
  func latents(of vectors: Matrix, pool: ThreadPool, source: String) throws -> Matrix
  /// The codes of `vectors` (N×d). The same bits for any batch and any number of threads.
  ///
  /// - Parameter source: what an error calls the vectors.
  func encode(_ vectors: Matrix, pool: ThreadPool, source: String) throws -> Codes
  /// The vectors (N×d) that `codes` stand for.
  ///
  /// - Throws: `InputError` of kind `unsupported` when the codes of this model do not decode.
  func decode(_ codes: Codes, pool: ThreadPool) throws -> Matrix
  /// The squared distance, in the space that is quantized, from each codeword of `level` to the rest that the row's
  /// codes of the levels before leave over, N×Kₗ.
  ///
  /// It is what an item loses when it moves to another code. `codes` are the rows' own; codes at `level` and after are
  /// not used.
  func costs(of vectors: Matrix, codes: Codes, level: Int, pool: ThreadPool) throws -> Matrix
  /// Writes the model's directory, whole or not at all.
  func write(to path: String) throws
}

extension Tokenizer {
  public var needsDirections: Bool { false }
  public var hasLatents: Bool { false }
  public func latents(of vectors: Matrix, pool: ThreadPool, source: String) throws -> Matrix { vectors }

  /// The codes of `vectors` (N×d), which errors call "vectors".
  ///
  /// - Throws: `InputError` when the vectors are not of length `dimension`, or when the model needs directions and a
  ///   vector is all zeros.
  public func encode(_ vectors: Matrix, pool: ThreadPool = ThreadPool()) throws -> Codes {
    try encode(vectors, pool: pool, source: "vectors")
  }

  /// - Throws: `InputError` when vectors or codes are not of the model's shape, or do not belong together.
  func check(_ vectors: Matrix, _ codes: Codes, level: Int) throws {
    try check(vectors, source: "vectors")
    try check(codes)
    guard vectors.rows == codes.count, levelSizes.indices.contains(level) else {
      throw InputError(
        .mismatch, "codes", expected: "one for each of \(vectors.rows) vectors, and a level below \(levelSizes.count)",
        found: "\(codes.count), and level \(level)")
    }
  }

  func check(_ vectors: Matrix, source: String) throws {
    guard vectors.columns == dimension else {
      throw InputError(
        .mismatch, source, expected: "vectors of dimension \(dimension), the model's", found: "\(vectors.columns)")
    }
  }

  func check(_ codes: Codes) throws {
    guard codes.levelSizes == levelSizes else {
      throw InputError(
        .mismatch, "codes", expected: "levels of \(levelSizes) codes, the model's", found: "\(codes.levelSizes)")
    }
  }
}
