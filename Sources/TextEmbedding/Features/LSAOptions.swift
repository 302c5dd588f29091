/// The parameters of latent semantic analysis over hashed words.
///
/// The defaults were chosen on the 63,666 packages of Debian 12 (names, one-line descriptions, sections, tags): by the
/// share of nearest neighbors in the same section, by the precision of short queries judged with debtags, and by
/// agreement with the neighbors that a sentence encoder finds. Short texts share few words, so trigrams carry most of
/// the weight; word pairs only spread it over more buckets than the dimensions can hold.
public struct LSAOptions: Hashable, Sendable, Codable {
  /// Length of the vectors. Where the texts have fewer independent directions, the last components are zero.
  public var dimension = 256
  /// Features are hashed to 2^hashBits buckets: 10 to 26.
  public var hashBits = 20
  /// Pairs of neighboring words are features too, with this weight; 0 leaves them out.
  public var pairWeight: Float = 0
  /// Runs of this many characters inside a word, its two ends marked, are features too; nil leaves them out.
  public var characterGrams: ClosedRange<Int>? = 3...3
  /// Norm of all the n-grams of a word together, beside the word's own 1.
  public var gramWeight: Float = 3
  /// Buckets that fewer texts touch are left out: what occurs once says nothing about what belongs together.
  public var minimumTexts = 2
  /// Each component is divided by its singular value to this power. 0 keeps the plain projection, in which the few
  /// strongest directions drown the others; 1 gives all directions the same spread.
  public var spectrumPower = 0.5
  /// Extra directions of the range finder, thrown away at the end.
  public var oversampling = 8
  /// Multiplications by XᵀX, at least 1. More of them come nearer the exact leading directions of a flat spectrum such
  /// as that of short texts; but the nearest neighbors get worse, for what stays of random projection keeps rare
  /// words apart, where the exact directions are blind to them.
  public var powerIterations = 1
  /// Seed of the hash of features and of the start of the range finder. Equal seeds and texts give equal vectors.
  public var seed: UInt64 = 0

  /// Default options.
  public init() {}
}
