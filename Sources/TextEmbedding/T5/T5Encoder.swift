import Vectors

/// `config.json` of T5's encoder and its relatives: T5, FLAN-T5, sentence-T5, mT5.
struct T5Configuration: Sendable {
  static let types = ["t5", "mt5"]

  var modelSize: Int
  var keySize: Int
  var feedForwardSize: Int
  var layers: Int
  var heads: Int
  var buckets: Int
  var farthest: Int
  var epsilon: Float
  var activation: EncoderActivation
  var isGated: Bool

  init(_ fields: JSONFields) throws {
    modelSize = try fields.needed("d_model", in: 1...1 << 16)
    keySize = try fields.needed("d_kv", in: 1...1 << 16)
    feedForwardSize = try fields.needed("d_ff", in: 1...1 << 20)
    layers = try fields.needed("num_layers", in: 1...4096)
    heads = try fields.needed("num_heads", in: 1...1 << 12)
    buckets = try fields.count("relative_attention_num_buckets", in: 2...1 << 16) ?? 32
    farthest = try fields.count("relative_attention_max_distance", in: 1...1 << 24) ?? 128
    epsilon = try fields.epsilon("layer_norm_epsilon", default: 1e-6)
    // "relu", or "gated-gelu", which means the approximation by tanh.
    let projection = try fields.text("feed_forward_proj") ?? "relu"
    isGated = projection.hasPrefix("gated-")
    let name = isGated ? String(projection.dropFirst(6)) : projection
    activation = try EncoderActivation(
      named: isGated && name == "gelu" ? "gelu_new" : name, fields, "feed_forward_proj")
    guard buckets % 2 == 0, farthest > buckets / 4 else {
      throw fields.fault(
        "relative_attention_max_distance", expected: "an even number of buckets, and a distance above a quarter of it",
        found: "\(buckets) buckets, \(farthest)")
    }
  }
}

/// T5's encoder (Raffel et al. 2020): positions as a bias of attention, RMS normalization before each part.
struct T5Encoder: TokenEncoder {
  struct Layer: Sendable {
    let attentionNorm: RMSNormalization
    let projection: LinearLayer
    let output: LinearLayer
    let norm: RMSNormalization
    let widening: LinearLayer
    let narrowing: LinearLayer
  }

  let configuration: T5Configuration
  private let words: Matrix
  private let bias: RelativePositionBias
  private let layers: [Layer]
  private let finalNorm: RMSNormalization

  var dimension: Int { configuration.modelSize }
  var vocabularySize: Int { words.rows }
  var longestSequence: Int? { nil }

  init(_ configuration: T5Configuration, _ weights: ModelWeights, pool: ThreadPool) throws {
    let prefix = try weights.prefix(["", "model.", "t5."], of: "encoder.final_layer_norm.weight") + "encoder."
    let size = configuration.modelSize, inner = configuration.heads * configuration.keySize
    let wide = configuration.feedForwardSize
    func normalization(_ name: String) throws -> RMSNormalization {
      RMSNormalization(gain: try weights.floats(name + ".weight", size), epsilon: configuration.epsilon)
    }
    func linear(_ names: [String], _ inputs: Int, _ outputs: Int) throws -> LinearLayer {
      LinearLayer(try names.map { try weights.matrix($0 + ".weight", outputs, inputs) }, pool: pool)
    }
    self.configuration = configuration
    // The table is shared with the decoder; which of its names is stored depends on who saved it.
    let shared = String(prefix.dropLast("encoder.".count)) + "shared.weight"
    words = try weights.table(weights.has(shared) ? shared : prefix + "embed_tokens.weight", columns: size)
    bias = RelativePositionBias(
      weights: try weights.matrix(
        prefix + "block.0.layer.0.SelfAttention.relative_attention_bias.weight", configuration.buckets,
        configuration.heads), farthest: configuration.farthest)
    layers = try (0..<configuration.layers).map { index in
      let attention = prefix + "block.\(index).layer.0.", feedForward = prefix + "block.\(index).layer.1."
      let own = attention + "SelfAttention.", dense = feedForward + "DenseReluDense."
      return Layer(
        attentionNorm: try normalization(attention + "layer_norm"),
        projection: try linear([own + "q", own + "k", own + "v"], size, inner),
        output: try linear([own + "o"], inner, size), norm: try normalization(feedForward + "layer_norm"),
        widening: try linear(configuration.isGated ? [dense + "wi_0", dense + "wi_1"] : [dense + "wi"], size, wide),
        narrowing: try linear([dense + "wo"], wide, size))
    }
    finalNorm = try normalization(prefix + "final_layer_norm")
  }

  func encode(_ batch: PackedSequences, observe: ((Int, FloatRows) -> Void)?) -> FloatRows {
    let states = FloatRows(batch.ids, of: words)
    let rows = 0..<states.rows
    let inner = configuration.heads * configuration.keySize
    let attention = SelfAttention(
      heads: configuration.heads, keyHeads: configuration.heads, headSize: configuration.keySize, scale: 1)
    let table = RelativePositionBias.Table(bias, longest: batch.longest)
    let normed = FloatRows(rows: rows.count, columns: dimension)
    let projected = FloatRows(rows: rows.count, columns: 3 * inner)
    let context = FloatRows(rows: rows.count, columns: inner)
    let feedForward = FeedForward(
      rows: rows.count, columns: configuration.feedForwardSize, gated: configuration.isGated)
    for (index, layer) in layers.enumerated() {
      layer.attentionNorm.apply(states, to: normed)
      layer.projection.apply(normed, rows, to: projected)
      attention.apply(projected, batch, bias: table, to: context)
      layer.output.apply(context, rows, to: states, adding: true)
      layer.norm.apply(states, to: normed)
      feedForward.apply(
        normed, states, layer.widening, configuration.activation, layer.narrowing, gated: configuration.isGated)
      observe?(index, states)
    }
    finalNorm.apply(states, to: normed)
    return normed
  }
}
