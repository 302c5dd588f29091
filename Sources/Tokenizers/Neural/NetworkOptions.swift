/// The shape of encoder and decoder.
public struct NetworkOptions: Hashable, Sendable, Codable {
  /// Where a network's input is added to its output. Latent vector and input are then equally long.
  public enum Skip: String, Hashable, Sendable, Codable, CaseIterable {
    /// Inputs are not added: encoder and decoder are plain networks.
    case none
    /// z = x + MLP(x). The last layer of the MLP starts at zero, so the encoder starts as the identity.
    case encoder
    /// Encoder and decoder. The model starts as the residual k-means that its codebooks come from.
    case both
  }

  /// Widths of the encoder's hidden layers; the decoder has them in reverse.
  public var hidden = [512, 256, 128]
  /// Length of the vectors that are quantized; nil: that of the embeddings.
  public var codeDimension: Int? = 32
  /// The function behind each hidden layer.
  public var activation: Activation = .relu
  /// Share of a layer's inputs that training sets to zero.
  public var dropout = 0.0
  /// Whether hidden layers normalize their values over the batch.
  public var hasBatchNorm = false
  /// Whether encoder and decoder add their input to their output.
  public var skip: Skip = .none

  /// Default options: those of an RQ-VAE.
  public init() {}
}
