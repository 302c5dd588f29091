import Vectors

/// A decoder whose last states embed a text: each token sees those before it (Qwen3-Embedding and its like).
struct CausalDecoder: TokenEncoder {
  struct Layer: Sendable {
    let attentionNorm: RMSNormalization
    let projection: LinearLayer
    let queryNorm: RMSNormalization?
    let keyNorm: RMSNormalization?
    let output: LinearLayer
    let norm: RMSNormalization
    /// Gate, then what it gates.
    let widening: LinearLayer
    let narrowing: LinearLayer
  }

  let configuration: CausalDecoderConfiguration
  private let words: Matrix
  private let layers: [Layer]
  private let finalNorm: RMSNormalization

  var dimension: Int { configuration.hiddenSize }
  var vocabularySize: Int { words.rows }
  var longestSequence: Int? { configuration.positions }

  init(_ configuration: CausalDecoderConfiguration, _ weights: ModelWeights, pool: ThreadPool) throws {
    let prefix = try weights.prefix(["", "model."], of: "embed_tokens.weight")
    let size = configuration.hiddenSize, wide = configuration.intermediateSize
    let queries = configuration.heads * configuration.headSize, keys = configuration.keyHeads * configuration.headSize
    func normalization(_ name: String, _ size: Int) throws -> RMSNormalization {
      RMSNormalization(gain: try weights.floats(name + ".weight", size), epsilon: configuration.epsilon)
    }
    func linear(_ parts: [(name: String, outputs: Int)], _ inputs: Int, bias: Bool = false) throws -> LinearLayer {
      LinearLayer(
        try parts.map { try weights.matrix($0.name + ".weight", $0.outputs, inputs) },
        biases: bias ? try parts.map { try weights.floats($0.name + ".bias", $0.outputs) } : nil, pool: pool)
    }
    self.configuration = configuration
    words = try weights.matrix(prefix + "embed_tokens.weight", configuration.vocabularySize, size)
    layers = try (0..<configuration.layers).map { index in
      let layer = prefix + "layers.\(index)."
      let own = layer + "self_attn.", dense = layer + "mlp."
      let headNorm = { (name: String) in
        configuration.normalizesHeads ? try normalization(own + name, configuration.headSize) : nil
      }
      return Layer(
        attentionNorm: try normalization(layer + "input_layernorm", size),
        projection: try linear(
          [(own + "q_proj", queries), (own + "k_proj", keys), (own + "v_proj", keys)], size,
          bias: configuration.hasProjectionBias),
        queryNorm: try headNorm("q_norm"), keyNorm: try headNorm("k_norm"),
        output: try linear([(own + "o_proj", size)], queries, bias: configuration.hasOutputBias),
        norm: try normalization(layer + "post_attention_layernorm", size),
        widening: try linear([(dense + "gate_proj", wide), (dense + "up_proj", wide)], size),
        narrowing: try linear([(dense + "down_proj", size)], wide))
    }
    finalNorm = try normalization(prefix + "norm", size)
  }

  func encode(_ batch: PackedSequences, observe: ((Int, FloatRows) -> Void)?) -> FloatRows {
    let states = FloatRows(batch.ids, of: words)
    let rows = 0..<states.rows
    let attention = SelfAttention(
      heads: configuration.heads, keyHeads: configuration.keyHeads, headSize: configuration.headSize,
      scale: 1 / Float(configuration.headSize).squareRoot(), isCausal: true)
    let rotary = RotaryPositions(headSize: configuration.headSize, base: configuration.rotaryBase)
    let angles = rotary.table(batch.longest)
    let normed = FloatRows(rows: rows.count, columns: dimension)
    let projected = FloatRows(rows: rows.count, columns: attention.queryColumns + 2 * attention.keyColumns)
    let context = FloatRows(rows: rows.count, columns: attention.queryColumns)
    let feedForward = FeedForward(rows: rows.count, columns: configuration.intermediateSize, gated: true)
    for (index, layer) in layers.enumerated() {
      layer.attentionNorm.apply(states, to: normed)
      layer.projection.apply(normed, rows, to: projected)
      for sequence in 0..<batch.count {
        for (position, row) in batch.tokens(sequence).enumerated() {
          let queries = projected.row(row), keys = queries + attention.queryColumns
          layer.queryNorm?.apply(parts: attention.heads, at: queries)
          layer.keyNorm?.apply(parts: attention.keyHeads, at: keys)
          rotary.apply(attention.heads + attention.keyHeads, at: queries, by: angles.row(position))
        }
      }
      attention.apply(projected, batch, to: context)
      layer.output.apply(context, rows, to: states, adding: true)
      layer.norm.apply(states, to: normed)
      feedForward.apply(
        normed, states, layer.widening, configuration.activation, layer.narrowing, gated: true)
      observe?(index, states)
    }
    finalNorm.apply(states, to: normed)
    return normed
  }
}
