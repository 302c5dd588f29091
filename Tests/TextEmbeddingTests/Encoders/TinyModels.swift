import Foundation
import TestSupport

/// Small random models of every family, made by `transformers`, with what torch computes of them layer by layer.
struct TinyModels: Decodable {
  struct Model: Decodable {
    var name: String
    var folder: String
    var texts: [String]
    /// By text, the token ids.
    var ids: [[Int32]]
    /// By text and layer, the states of the tokens one after another, the last with its normalization where there is one.
    var states: [[[Float]]]
  }

  var models: [Model]

  static func made(in folder: String) throws -> TinyModels {
    try Python.run(script, folder)
    return try read(folder)
  }

  static func read(_ folder: String) throws -> TinyModels {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
    var models = try JSONDecoder().decode(TinyModels.self, from: data)
    for index in models.models.indices { models.models[index].folder = folder + "/" + models.models[index].folder }
    return models
  }

  static let script = #"""
    import json, os, sys
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers as P, processors
    from transformers import (BertConfig, BertModel, RobertaConfig, RobertaModel, XLMRobertaConfig, XLMRobertaModel, T5Config, T5EncoderModel,
        Qwen2Config, Qwen2Model, Qwen3Config, Qwen3Model, LlamaConfig, LlamaModel)
    folder = sys.argv[1]
    torch.manual_seed(7)
    words = "steel hex bolt nut washer red blue tape a of for the with 10 mm pack".split()
    texts = ["steel hex bolt", "red tape for the pack of nut", "", "a", " ".join(words[i * 7 % len(words)] for i in range(40)), "unknown bolt <pad> nut"]

    def tokenizer(path, specials, before, after):
        vocabulary = {t: i for i, t in enumerate(specials + words)}
        t = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        t.pre_tokenizer = P.WhitespaceSplit()
        t.add_special_tokens(specials)
        ids = [(s, vocabulary[s]) for s in set(before + after)]
        if ids: t.post_processor = processors.TemplateProcessing(single=" ".join(before + ["$A"] + after), special_tokens=ids)
        t.save(os.path.join(path, "tokenizer.json"))
        return t

    S = ["<s>", "<pad>", "</s>", "<unk>"]
    size = len(S) + len(words)
    bert = dict(vocab_size=size, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, max_position_embeddings=64)
    decoder = dict(vocab_size=size, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128)
    makers = {
        "bert": lambda: BertModel(BertConfig(**bert)),
        "bert-tanh": lambda: BertModel(BertConfig(**bert | dict(hidden_act="gelu_new", layer_norm_eps=1e-5, hidden_size=32, num_attention_heads=2))),
        "roberta": lambda: RobertaModel(RobertaConfig(**bert | dict(type_vocab_size=1), pad_token_id=1)),
        "xlm-roberta": lambda: XLMRobertaModel(XLMRobertaConfig(**bert | dict(type_vocab_size=1), pad_token_id=1)),
        "t5": lambda: T5EncoderModel(T5Config(vocab_size=size, d_model=24, d_kv=10, d_ff=40, num_layers=2, num_heads=3, feed_forward_proj="relu")),
        "flan-t5": lambda: T5EncoderModel(T5Config(vocab_size=size, d_model=24, d_kv=8, d_ff=40, num_layers=3, num_heads=3, feed_forward_proj="gated-gelu",
                                                   relative_attention_num_buckets=8, relative_attention_max_distance=20)),
        "qwen3": lambda: Qwen3Model(Qwen3Config(**decoder, head_dim=10, rope_theta=1e6)),
        "qwen2": lambda: Qwen2Model(Qwen2Config(**decoder)),
        "llama": lambda: LlamaModel(LlamaConfig(**decoder, attention_bias=True, rope_theta=5e5)),
    }
    found = []
    for name, make in makers.items():
        model = make().eval()
        with torch.no_grad():
            for key, value in model.named_parameters():
                # Far from what a model starts with, so that every part matters.
                value.copy_(torch.randn_like(value) * 0.3 + (1 if "norm" in key.lower() and key.endswith("weight") else 0))
        path = os.path.join(folder, name)
        model.save_pretrained(path)
        before, after = {"t5": ([], ["</s>"]), "flan-t5": ([], ["</s>"]), "qwen3": ([], ["</s>"]), "qwen2": ([], ["</s>"]), "llama": (["<s>"], [])}.get(name, (["<s>"], ["</s>"]))
        t = tokenizer(path, S, before, after)
        entry = {"name": name, "folder": name, "texts": texts, "ids": [], "states": []}
        for text in texts:
            ids = t.encode(text).ids
            with torch.no_grad():
                out = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), output_hidden_states=True)
            layers = [h[0].flatten().tolist() for h in out.hidden_states[1:-1]] + [out.last_hidden_state[0].flatten().tolist()]
            entry["ids"].append(ids)
            entry["states"].append(layers)
        found.append(entry)
    json.dump({"models": found}, open(os.path.join(folder, "expected.json"), "w"))
    """#
}
