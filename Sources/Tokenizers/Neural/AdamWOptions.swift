/// The parameters of AdamW (Loshchilov and Hutter 2019), with a warm-up and a decay along a cosine.
public struct AdamWOptions: Hashable, Sendable, Codable {
  /// The highest learning rate. nil: 2e-3 where codewords are averages; 1e-3 where they follow gradients, and for a
  /// VQ-VAE, whose many codes follow the encoder slowly; 1e-4 for RQ-KMeans+, which starts near its end.
  public var learningRate: Double?
  package var beta1 = 0.9
  package var beta2 = 0.999
  package var epsilon = 1e-8
  /// Decay of weight matrices; biases, normalizations and codewords do not decay.
  public var weightDecay = 1e-4
  /// Share of the steps in which the rate rises to its full value.
  public var warmUpShare = 0.02
  /// Share of the full rate that is left at the last step.
  package var finalShare = 0.02
  /// The largest norm of the whole gradient. A larger gradient is scaled down to it. 0: no limit.
  package var clipNorm = 1.0

  /// Default options.
  public init() {}
}
