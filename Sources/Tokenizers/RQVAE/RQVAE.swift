import Clustering
import Vectors

/// An autoencoder whose latent vector is quantized residually (Zeghidour et al. 2021; for semantic IDs Rajput et al.
/// 2023), and its relatives: the VQ-VAE, whose latent vector is one codeword (van den Oord et al. 2017), and RQ-KMeans+,
/// where z = x + MLP(x).
///
/// z = encoder((x − mean) / scale); codes of z by greedy residual quantization; x ≈ decoder(Σ codewords) · scale + mean.
public struct RQVAE: Tokenizer {
  /// `rqVAE`, `vqVAE` or `rqKMeansPlus`.
  public let kind: TokenizerKind
  /// The options it was trained with.
  public let options: RQVAEOptions
  package let scaling: InputScaling
  /// The layers from the vector to the latent vector.
  package var encoder: [DenseLayer] { encoding.layers }
  /// The layers from the quantized latent vector to the vector.
  package var decoder: [DenseLayer] { decoding.layers }
  /// The codewords of each level, in the latent space.
  public let codebooks: Codebooks
  public let fingerprint: String

  /// What the model's configuration says.
  let record: ModelRecord
  let encoding: Network
  let decoding: Network
  let books: [PackedCodebook]
  /// What training measured, one object per line; empty for a model that was read. Written beside the model.
  package var history = ""

  public var dimension: Int { encoding.inputs }
  public var levelSizes: [Int] { codebooks.levelSizes }
  /// The length of the latent vector.
  public var codeDimension: Int { encoding.outputs }
  public var additiveCodebooks: Codebooks? { codebooks }
  public var hasLatents: Bool { true }

  /// A model of given weights.
  ///
  /// - Parameters:
  ///   - kind: `rqVAE`, `vqVAE` or `rqKMeansPlus`.
  ///   - options: their shape (levels, hidden layers, code dimension) is taken from the weights.
  ///   - scaling: nil: vectors go in as they are.
  ///   - source: what an error calls the model.
  /// - Throws: `InputError` when layers do not follow from one another, or when codewords are not as long as the
  ///   encoder's output or not finite.
  package init(
    kind: TokenizerKind = .rqVAE, options: RQVAEOptions, scaling: InputScaling? = nil, encoder: [DenseLayer],
    decoder: [DenseLayer], codebooks: Codebooks, source: String = "model"
  ) throws {
    try self.init(
      kind: kind, options: options, scaling: scaling, encoder: encoder, decoder: decoder, codebooks: codebooks,
      source: source, record: nil)
  }

  /// - Parameter record: of a model that was read; nil for a new one.
  init(
    kind: TokenizerKind, options: RQVAEOptions, scaling: InputScaling?, encoder: [DenseLayer], decoder: [DenseLayer],
    codebooks: Codebooks, source: String, record: ModelRecord?
  ) throws {
    precondition(kind != .rqKMeans, "residual k-means has no networks")
    guard let first = encoder.first, let latent = encoder.last, let last = decoder.last,
      zip(encoder, encoder.dropFirst()).allSatisfy({ $0.outputs == $1.inputs }),
      zip(decoder, decoder.dropFirst()).allSatisfy({ $0.outputs == $1.inputs }),
      decoder.first?.inputs == latent.outputs, last.outputs == first.inputs
    else {
      throw InputError(
        .mismatch, source, expected: "layers that follow from one another, from the vector to the code and back",
        found: (encoder + decoder).map { "\($0.inputs) → \($0.outputs)" }.joined(separator: ", "))
    }
    guard codebooks.dimension == latent.outputs, kind != .vqVAE || codebooks.levels.count == 1 else {
      throw InputError(
        .mismatch, source,
        expected: "\(kind == .vqVAE ? "one codebook" : "codebooks") of dimension \(latent.outputs), the encoder's",
        found: "\(codebooks.levels.count) of dimension \(codebooks.dimension)")
    }
    for (level, book) in codebooks.levels.enumerated() where !book.isFinite {
      throw InputError(
        .malformed, source, at: "codebook \(level)", expected: "finite values", found: "NaN or infinity")
    }
    let scaling = scaling ?? .none(dimension: first.inputs)
    guard scaling.mean.count == first.inputs, scaling.mean.allSatisfy(\.isFinite), scaling.scale.isFinite,
      scaling.scale > 0
    else {
      throw InputError(
        .mismatch, source, at: "scaling", expected: "\(first.inputs) finite means and a positive scale",
        found: "\(scaling.mean.count) and \(scaling.scale)")
    }
    let skip = options.network.skip
    guard skip == .none || first.inputs == latent.outputs else {
      throw InputError(
        .mismatch, source, expected: "codes as long as the vectors, \(first.inputs), where one is added to the other",
        found: "\(latent.outputs)")
    }
    var options = options
    options.levelSizes = codebooks.levelSizes
    options.network.hidden = encoder.dropLast().map(\.outputs)
    options.network.codeDimension = latent.outputs
    options.network.hasBatchNorm = (encoder + decoder).contains { $0.normalization != nil }
    self.kind = kind
    self.options = options
    self.scaling = scaling
    self.codebooks = codebooks
    encoding = Network(encoder, activation: options.network.activation, hasSkip: skip != .none)
    decoding = Network(decoder, activation: options.network.activation, hasSkip: skip == .both)
    books = codebooks.levels.map { PackedCodebook($0) }
    self.record = try record ?? RQVAEFiles.record(kind, dimension: scaling.mean.count, options: options)
    fingerprint = try RQVAEFiles(kind: kind).fingerprint(
      self.record, scaling: scaling, encoder: encoder, decoder: decoder, codebooks: codebooks)
  }

  /// Opens a model directory that `write` made.
  ///
  /// - Throws: `InputError` naming the file and what is wrong with it.
  public init(opening path: String, kind: TokenizerKind = .rqVAE) throws {
    self = try RQVAEFiles(kind: kind).read(ModelFolder(path: path))
  }

  public func write(to path: String) throws { try RQVAEFiles(kind: kind).write(self, to: path) }
}
