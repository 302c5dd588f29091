import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

/// The networks give the activations that torch gives, layer by layer.
struct EncoderTests {
  @Test(.enabled(if: Python.has("torch", "transformers"))) func everyLayerIsWhatTorchComputes() throws {
    let folder = try TemporaryFolder()
    let made = try TinyModels.made(in: folder.path)
    #expect(made.models.count == 9)
    for model in made.models { try Self.check(model) }
  }

  /// As above, for models that are kept with what torch computed: without Python.
  @Test func keptModelsGiveTheirActivations() throws {
    let kept = try TinyModels.read(RealData.packageRoot + "/Tests/Fixtures/encoders")
    #expect(kept.models.map(\.name) == ["bert", "xlm-roberta", "flan-t5", "qwen3"])
    for model in kept.models { try Self.check(model) }
  }

  /// Whatever is wrong with a directory is named.
  @Test func directoriesThatCannotRunSayWhy() throws {
    let folder = try TemporaryFolder()
    let source = RealData.packageRoot + "/Tests/Fixtures/encoders/bert"
    let path = folder.file("model")
    func refuses(_ fragments: String..., change: (String) throws -> Void) throws {
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: source, toPath: path)
      try change(path)
      do {
        _ = try SentenceEncoder(opening: path, pool: ThreadPool(threads: 1))
        Issue.record("opened, expected \(fragments)")
      } catch let error as InputError {
        for fragment in fragments { #expect("\(error)".contains(fragment), "\(error)") }
      }
    }
    func write(_ text: String, _ name: String) -> (String) throws -> Void {
      { try Data(text.utf8).write(to: URL(fileURLWithPath: $0 + "/" + name)) }
    }
    func replace(_ old: String, _ new: String) -> (String) throws -> Void {
      { path in
        let text = try String(contentsOfFile: path + "/config.json", encoding: .utf8)
        #expect(text.contains(old))
        try write(text.replacingOccurrences(of: old, with: new), "config.json")(path)
      }
    }
    func remove(_ name: String) -> (String) throws -> Void {
      { try FileManager.default.removeItem(atPath: $0 + "/" + name) }
    }
    try refuses("config.json", change: remove("config.json"))
    try refuses("tokenizer.json", "vocab.txt", change: remove("tokenizer.json"))
    try refuses("model.safetensors", change: remove("model.safetensors"))
    try refuses("model_type", "mamba", "qwen3", change: replace("\"bert\"", "\"mamba\""))
    try refuses("hidden_size", "number", change: replace("\"hidden_size\": 24", "\"hidden_size\": \"x\""))
    try refuses("tensor", "shape", change: replace("\"hidden_size\": 24", "\"hidden_size\": 48"))
    try refuses("tensor", "shape", change: replace("\"vocab_size\": 20", "\"vocab_size\": 9000000"))
    try refuses("num_attention_heads", change: replace("\"num_attention_heads\": 3", "\"num_attention_heads\": 5"))
    try refuses("encoder.layer.2", change: replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 4000"))
    try refuses("hidden_act", "swoosh", change: replace("\"gelu\"", "\"swoosh\""))
    try refuses("modules.json", change: write("{}", "modules.json"))
    try refuses("Transformer", change: write(#"[{"type": "a.b.CLIPModel", "path": ""}]"#, "modules.json"))
    try refuses("Pooling", change: write(#"[{"type": "a.b.Transformer", "path": ""}]"#, "modules.json"))
    try refuses("path", change: write(#"[{"type": "a.b.Transformer", "path": "../x"}]"#, "modules.json"))
    try refuses(
      "default_prompt_name", change: write(#"{"default_prompt_name": "q"}"#, "config_sentence_transformers.json"))
    try refuses(
      "model-2.safetensors", "shard",
      change: { path in
        try remove("model.safetensors")(path)
        try write(#"{"weight_map": {"a": "model-2.safetensors"}}"#, "model.safetensors.index.json")(path)
      })
    try refuses(
      "weight_map",
      change: { path in
        try remove("model.safetensors")(path)
        try write(#"{"weight_map": {"a": "../model.safetensors"}}"#, "model.safetensors.index.json")(path)
      })
    try refuses(
      "tokenizer.json", "ids below 20", "77",
      change: { path in
        let text = try String(contentsOfFile: path + "/tokenizer.json", encoding: .utf8)
        try write(text.replacingOccurrences(of: "\"pack\":19", with: "\"pack\":77"), "tokenizer.json")(path)
      })
  }

  static func check(_ model: TinyModels.Model) throws {
    let encoder = try SentenceEncoder(opening: model.folder, pool: ThreadPool(threads: 2))
    guard case .network(let network, _) = encoder.core else {
      Issue.record("\(model.name): no network")
      return
    }
    #expect(["flan-" + encoder.family, encoder.family + "-tanh", encoder.family].contains(model.name))
    let ids = model.texts.map { encoder.tokenizer.encode($0) }
    #expect(ids == model.ids, "\(model.name)")
    // All texts in one batch: nobody sees the others.
    let batch = PackedSequences(ids)
    var layers: [[Float]] = []
    let last = network.encode(batch) { _, states in layers.append(states.array()) }
    layers[layers.count - 1] = last.array()
    for (text, expected) in model.states.enumerated() {
      let range = batch.tokens(text)
      #expect(expected.count == layers.count)
      for (layer, (ours, theirs)) in zip(layers, expected).enumerated() {
        let own = ours[(range.lowerBound * network.dimension)..<(range.upperBound * network.dimension)]
        #expect(own.count == theirs.count)
        let scale = max(1, theirs.map(abs).max() ?? 1)
        let worst = zip(own, theirs).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= 1e-4 * scale, "\(model.name), text \(text), layer \(layer): \(worst) of \(scale)")
      }
    }
  }

  /// The bits of a text's vector depend on neither its neighbors nor the threads.
  @Test(.enabled(if: Python.has("torch", "transformers"))) func bitsDependOnTheTextAlone() throws {
    let folder = try TemporaryFolder()
    for model in try TinyModels.made(in: folder.path).models {
      let encoder = try SentenceEncoder(opening: model.folder, pool: ThreadPool(threads: 1))
      let texts = (0..<60).map { model.texts[$0 * 7 % model.texts.count] + String(repeating: " bolt", count: $0 % 5) }
      func embed(_ texts: [String], _ threads: Int, _ tokens: Int) throws -> [[UInt32]] {
        var options = SentenceEncoder.Options()
        options.batchTokens = tokens
        let vectors = try encoder.embed(texts, options, pool: ThreadPool(threads: threads)).vectors
        return (0..<vectors.rows).map { vectors.row($0).map(\.bitPattern) }
      }
      let all = try embed(texts, 1, 4096)
      #expect(try embed(texts, 2, 1) == all, "\(model.name)")
      #expect(try embed(texts, 3, 50) == all, "\(model.name)")
      #expect(try embed(texts.reversed(), 2, 77) == all.reversed(), "\(model.name)")
      #expect(Set(all).count > 5, "\(model.name)")
    }
  }
}
