/// The parameters of latent semantic analysis over hashed words.
///
/// The defaults were chosen on the 63,666 packages of Debian 12 (names, one-line descriptions, sections, tags): by the
/// share of nearest neighbors in the same section, by the precision of short queries judged with debtags, and by
/// agreement with the neighbors that a sentence encoder finds. Short texts share few words, so trigrams carry most of
/// the weight. Word pairs only spread the weight over more buckets than the dimensions can hold.
public struct LSAOptions: Hashable, Sendable, Codable {
  /// Length of the vectors. Where the texts have fewer independent directions, the last values are zero.
  public var dimension = 256
  /// Features are hashed to 2^hashBits buckets; 10 to 26.
  public var hashBits = 20
  /// The weight of pairs of neighboring words; 0 leaves them out.
  public var pairWeight: Float = 0
  /// The lengths of the character n-grams inside a word, whose two ends are marked; nil leaves them out.
  public var characterGrams: ClosedRange<Int>? = 3...3
  /// The norm of all n-grams of a word together; the word itself has 1.
  public var gramWeight: Float = 3
  /// Buckets with fewer texts than this are left out, since a feature of one text relates it to no other.
  public var minimumTexts = 2
  /// Each component is divided by its singular value to this power. 0 keeps the plain projection, in which the few
  /// strongest directions drown the others; 1 gives all directions the same spread.
  public var spectrumPower = 0.5
  /// Extra directions of the range finder, dropped at the end.
  public var oversampling = 8
  /// Number of multiplications by XᵀX, at least 1. With more of them, the result is nearer to the exact leading
  /// directions of a flat spectrum, such as that of short texts. But the nearest neighbors get worse: the rest of the
  /// random projection keeps rare words apart, and the exact directions do not.
  public var powerIterations = 1
  /// Seed of the hash of features and of the start of the range finder. Equal seeds and texts give equal vectors.
  public var seed: UInt64 = 0

  /// Default options.
  public init() {}
}
