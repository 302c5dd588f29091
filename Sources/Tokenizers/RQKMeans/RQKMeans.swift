import Clustering
import Vectors

/// Residual k-means: L codebooks, each of what the codebooks before left over.
///
/// r₀ = x; cₗ = the codeword of level l nearest rₗ; rₗ₊₁ = rₗ − C[l][cₗ]; x ≈ Σ C[l][cₗ].
public struct RQKMeans: Tokenizer {
  /// The codewords of each level; those of a row's codes add up to the approximation of the row.
  public let codebooks: Codebooks
  /// The price of each codeword of each level, which encoding adds to the squared distance so that codes are used
  /// evenly; empty for a model without prices.
  public let prices: [[Float]]
  /// The options it was trained with; `metric` and `normalizesResiduals` also say how it encodes.
  public let options: RQKMeansOptions
  /// SHA-256 of the model's files.
  public let fingerprint: String

  /// The model's configuration.
  let record: ModelRecord
  let packed: [PackedCodebook]
  let beams: BeamEncoderCache

  /// `rqKMeans`.
  public var kind: TokenizerKind { .rqKMeans }
  public var dimension: Int { codebooks.dimension }
  public var levelSizes: [Int] { codebooks.levelSizes }
  public var additiveCodebooks: Codebooks? { options.normalizesResiduals ? nil : codebooks }

  /// Makes a model from given codebooks.
  ///
  /// - Parameters:
  ///   - options: its `levelSizes` are taken from the codebooks.
  ///   - prices: none, or one for every codeword of every level, in squared distance.
  /// - Throws: `InputError` when prices do not fit the codebooks or are not finite, or when the options do not allow
  ///   the beam.
  public init(codebooks: Codebooks, options: RQKMeansOptions = RQKMeansOptions(), prices: [[Float]] = []) throws {
    try self.init(codebooks: codebooks, options: options, prices: prices, record: nil)
  }

  /// - Parameter record: of a model that was read; nil for a new one.
  init(codebooks: Codebooks, options: RQKMeansOptions, prices: [[Float]], record: ModelRecord?) throws {
    guard prices.isEmpty || prices.map(\.count) == codebooks.levelSizes,
      prices.allSatisfy({ $0.allSatisfy(\.isFinite) })
    else {
      throw InputError(
        .malformed, "prices", expected: "a finite number for each of \(codebooks.levelSizes) codewords",
        found: "\(prices.map(\.count)), or some that are not finite")
    }
    var options = options
    options.levelSizes = codebooks.levelSizes
    self.codebooks = codebooks
    try options.validate(beam: options.beam)
    self.options = options
    self.prices = prices
    packed = codebooks.levels.enumerated().map { level, book in
      PackedCodebook(book, prices: prices.isEmpty ? [] : prices[level])
    }
    beams = BeamEncoderCache()
    self.record = try record ?? RQKMeansFiles.record(codebooks: codebooks, options: options)
    fingerprint = try RQKMeansFiles.fingerprint(self.record, codebooks: codebooks, prices: prices)
  }
}
