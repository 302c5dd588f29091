import Vectors

/// `config.json` of decoders that also embed text: Qwen3, Qwen2, Llama.
struct CausalDecoderConfiguration: Sendable {
  static let types = ["qwen3", "qwen2", "llama"]

  var hiddenSize: Int
  var layers: Int
  var heads: Int
  var keyHeads: Int
  var headSize: Int
  var intermediateSize: Int
  var vocabularySize: Int
  var positions: Int
  var epsilon: Float
  var activation: EncoderActivation
  var rotaryBase: Double
  /// Whether the queries, keys and values have a bias.
  var hasProjectionBias: Bool
  var hasOutputBias: Bool
  /// Whether the heads' queries and keys are normalized.
  var normalizesHeads: Bool

  init(_ fields: JSONFields, type: String) throws {
    hiddenSize = try fields.needed("hidden_size", in: 1...1 << 16)
    layers = try fields.needed("num_hidden_layers", in: 1...4096)
    heads = try fields.needed("num_attention_heads", in: 1...1 << 12)
    keyHeads = try fields.count("num_key_value_heads", in: 1...1 << 12) ?? heads
    headSize = try fields.count("head_dim", in: 2...1 << 12) ?? hiddenSize / heads
    intermediateSize = try fields.needed("intermediate_size", in: 1...1 << 20)
    vocabularySize = try fields.needed("vocab_size", in: 1...1 << 24)
    positions = try fields.count("max_position_embeddings", in: 1...1 << 24) ?? 1 << 15
    epsilon = try fields.epsilon("rms_norm_eps", default: 1e-6)
    activation = try EncoderActivation(named: fields.text("hidden_act") ?? "silu", fields, "hidden_act")
    let bias = try fields.flag("attention_bias", default: false)
    hasProjectionBias = type == "qwen2" || bias
    hasOutputBias = type != "qwen2" && bias
    normalizesHeads = type == "qwen3"
    // In an object of their own since transformers 5.
    let rotary = try fields.fields("rope_parameters")
    rotaryBase = try rotary?.number("rope_theta") ?? fields.number("rope_theta") ?? 10_000
    for scaling in [rotary, try fields.fields("rope_scaling")].compactMap(\.self) {
      let kind = try scaling.text("rope_type") ?? scaling.text("type") ?? "default"
      guard kind == "default" else {
        throw scaling.fault("rope_type", .unsupported, expected: "default", found: "\"\(kind)\"")
      }
    }
    guard heads % keyHeads == 0 else {
      throw fields.fault("num_key_value_heads", expected: "a divisor of \(heads) heads", found: "\(keyHeads)")
    }
    guard headSize % 2 == 0, headSize > 0 else {
      throw fields.fault("head_dim", expected: "an even number", found: "\(headSize)")
    }
    guard rotaryBase > 0 else { throw fields.fault("rope_theta", expected: "above 0", found: "\(rotaryBase)") }
    if try fields.flag("use_sliding_window", default: false), type != "llama" {
      throw fields.fault("use_sliding_window", .unsupported, expected: "false", found: "true")
    }
    if try fields.flag("mlp_bias", default: false) {
      throw fields.fault("mlp_bias", .unsupported, expected: "false", found: "true")
    }
  }
}
