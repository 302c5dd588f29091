import Vectors

/// `config.json` of the BERT family: BERT, RoBERTa, XLM-RoBERTa, CamemBERT.
struct BERTConfiguration: Sendable {
  static let types = ["bert", "roberta", "xlm-roberta", "camembert"]

  var hiddenSize: Int
  var layers: Int
  var heads: Int
  var intermediateSize: Int
  var positions: Int
  var vocabularySize: Int
  var tokenTypes: Int
  var epsilon: Float
  var activation: EncoderActivation
  /// RoBERTa counts positions from one behind the padding token's id; nil: from 0.
  var paddingToken: Int?

  init(_ fields: JSONFields, type: String) throws {
    hiddenSize = try fields.needed("hidden_size", in: 1...1 << 16)
    layers = try fields.needed("num_hidden_layers", in: 1...4096)
    heads = try fields.needed("num_attention_heads", in: 1...1 << 16)
    intermediateSize = try fields.needed("intermediate_size", in: 1...1 << 20)
    positions = try fields.needed("max_position_embeddings", in: 1...1 << 24)
    vocabularySize = try fields.needed("vocab_size", in: 1...1 << 24)
    tokenTypes = try fields.count("type_vocab_size", in: 0...1 << 16) ?? 2
    epsilon = try fields.epsilon("layer_norm_eps", default: 1e-12)
    activation = try EncoderActivation(named: fields.text("hidden_act") ?? "gelu", fields, "hidden_act")
    paddingToken = type == "bert" ? nil : try fields.count("pad_token_id") ?? 1
    guard hiddenSize % heads == 0 else {
      throw fields.fault(
        "num_attention_heads", expected: "a divisor of hidden_size, \(hiddenSize)", found: "\(heads)")
    }
    if let kind = try fields.text("position_embedding_type"), kind != "absolute" {
      throw fields.fault("position_embedding_type", .unsupported, expected: "absolute", found: "\"\(kind)\"")
    }
    if try fields.flag("is_decoder", default: false) {
      throw fields.fault("is_decoder", .unsupported, expected: "false", found: "true")
    }
    if let paddingToken, paddingToken + 1 >= positions {
      throw fields.fault(
        "max_position_embeddings", expected: "more than pad_token_id + 1, \(paddingToken + 1)", found: "\(positions)")
    }
  }
}
