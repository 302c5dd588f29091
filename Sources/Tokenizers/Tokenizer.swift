public import Vectors

/// What turns vectors into codes and, where its algorithm allows, codes into vectors.
public protocol Tokenizer: Sendable {
  /// d, the length of the vectors it takes.
  var dimension: Int { get }
  /// The codebook size of every level.
  var levelSizes: [Int] { get }
  /// SHA-256 of the model's files; what is built with a model records it, and refuses another.
  var fingerprint: String { get }
  /// The codes of `vectors` (N×d). The same bits whatever the batch and the number of threads.
  func encode(_ vectors: Matrix, pool: ThreadPool) throws -> Codes
  /// The vectors (N×d) that `codes` stand for.
  func decode(_ codes: Codes, pool: ThreadPool) throws -> Matrix
}
