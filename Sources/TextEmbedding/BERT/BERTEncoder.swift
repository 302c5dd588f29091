import Vectors

/// BERT and its relatives (Devlin et al. 2018; Liu et al. 2019): learnt positions, normalization behind each sum.
struct BERTEncoder: TokenEncoder {
  struct Layer: Sendable {
    let projection: LinearLayer
    let output: LinearLayer
    let attentionNorm: LayerNormalization
    let widening: LinearLayer
    let narrowing: LinearLayer
    let norm: LayerNormalization
  }

  let configuration: BERTConfiguration
  private let words: Matrix
  private let positions: Matrix
  private let types: Matrix?
  private let norm: LayerNormalization
  private let layers: [Layer]

  var dimension: Int { configuration.hiddenSize }
  var vocabularySize: Int { words.rows }
  var longestSequence: Int? { configuration.positions - (configuration.paddingToken.map { $0 + 1 } ?? 0) }

  init(_ configuration: BERTConfiguration, _ weights: ModelWeights, pool: ThreadPool) throws {
    let prefix = try weights.prefix(
      ["", "bert.", "roberta.", "model.", "encoder."], of: "embeddings.word_embeddings.weight")
    let size = configuration.hiddenSize, wide = configuration.intermediateSize
    func normalization(_ name: String) throws -> LayerNormalization {
      // The names of TensorFlow's checkpoints.
      let isOld = weights.has(name + ".gamma")
      return LayerNormalization(
        gain: try weights.floats(name + (isOld ? ".gamma" : ".weight"), size),
        bias: try weights.floats(name + (isOld ? ".beta" : ".bias"), size), epsilon: configuration.epsilon)
    }
    func linear(_ names: [String], _ inputs: Int, _ outputs: Int) throws -> LinearLayer {
      LinearLayer(
        try names.map { try weights.matrix($0 + ".weight", outputs, inputs) },
        biases: try names.map { try weights.floats($0 + ".bias", outputs) }, pool: pool)
    }
    self.configuration = configuration
    words = try weights.matrix(prefix + "embeddings.word_embeddings.weight", configuration.vocabularySize, size)
    positions = try weights.matrix(prefix + "embeddings.position_embeddings.weight", configuration.positions, size)
    types =
      configuration.tokenTypes > 0
      ? try weights.matrix(prefix + "embeddings.token_type_embeddings.weight", configuration.tokenTypes, size) : nil
    norm = try normalization(prefix + "embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { index in
      let layer = prefix + "encoder.layer.\(index)."
      let own = layer + "attention.self."
      return Layer(
        projection: try linear([own + "query", own + "key", own + "value"], size, size),
        output: try linear([layer + "attention.output.dense"], size, size),
        attentionNorm: try normalization(layer + "attention.output.LayerNorm"),
        widening: try linear([layer + "intermediate.dense"], size, wide),
        narrowing: try linear([layer + "output.dense"], wide, size),
        norm: try normalization(layer + "output.LayerNorm"))
    }
  }

  func encode(_ batch: PackedSequences, observe: ((Int, FloatRows) -> Void)?) -> FloatRows {
    let states = embed(batch)
    let rows = 0..<states.rows
    let attention = SelfAttention(
      heads: configuration.heads, keyHeads: configuration.heads, headSize: dimension / configuration.heads,
      scale: 1 / Float(dimension / configuration.heads).squareRoot())
    let projected = FloatRows(rows: rows.count, columns: 3 * dimension)
    let context = FloatRows(rows: rows.count, columns: dimension)
    let feedForward = FeedForward(rows: rows.count, columns: configuration.intermediateSize)
    for (index, layer) in layers.enumerated() {
      layer.projection.apply(states, rows, to: projected)
      attention.apply(projected, batch, to: context)
      layer.output.apply(context, rows, to: states, adding: true)
      layer.attentionNorm.apply(states, rows)
      feedForward.apply(states, states, layer.widening, configuration.activation, layer.narrowing) {
        layer.norm.apply(states, $0)
      }
      observe?(index, states)
    }
    return states
  }

  private func embed(_ batch: PackedSequences) -> FloatRows {
    let states = FloatRows(batch.ids, of: words)
    for sequence in 0..<batch.count {
      var position = configuration.paddingToken.map { $0 + 1 } ?? 0
      for row in batch.tokens(sequence) {
        // A padding token in the text itself has the padding's position, and the next one does not count it.
        let isPadding = configuration.paddingToken.map { Int(batch.ids[row]) == $0 } ?? false
        states.add(isPadding ? configuration.paddingToken ?? 0 : position, of: positions, to: row)
        if !isPadding { position += 1 }
        if let types { states.add(0, of: types, to: row) }
      }
    }
    norm.apply(states, 0..<states.rows)
    return states
  }
}
