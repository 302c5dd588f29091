/// The parameters of latent semantic analysis over hashed words.
public struct LSAOptions: Hashable, Sendable, Codable {
  /// Length of the vectors. Where the texts have fewer independent directions, the last components are zero.
  public var dimension = 256
  /// Features are hashed to 2^hashBits buckets: 10 to 26.
  public var hashBits = 20
  /// Pairs of neighbouring words are features too, with this weight; 0 leaves them out.
  public var pairWeight: Float = 0.5
  /// Runs of this many characters inside a word are features too: `nil` leaves them out.
  public var characterGrams: ClosedRange<Int>? = 3...4
  /// Weight of all the character n-grams of a word together, beside the word's own 1.
  public var gramWeight: Float = 0.5
  /// Buckets that fewer texts touch are left out: what occurs once says nothing about what belongs together.
  public var minimumTexts = 2
  /// Each component is divided by its singular value to this power. 0 keeps the plain projection, in which the few
  /// strongest directions drown the others; 1 gives all directions the same spread.
  public var spectrumPower = 0.5
  /// Extra directions of the range finder, thrown away at the end.
  public var oversampling = 32
  /// Multiplications by XᵀX after the first: each sharpens the separation of the leading directions.
  public var powerIterations = 2
  public var seed: UInt64 = 0

  public init() {}
}
