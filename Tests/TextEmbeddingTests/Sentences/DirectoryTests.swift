import Formats
import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

/// Directories that sentence-transformers itself saves, in all the forms that it has had.
@Suite(.enabled(if: EncoderModels.haveLibrary)) struct DirectoryTests {
  struct Case: Decodable {
    var folder: String
    var vectors: [[Float]]
    var options: [String: String]
  }

  private static let script = #"""
    import json, shutil, numpy as np
    from tokenizers import Tokenizer, models as M, pre_tokenizers as P, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
    from safetensors.torch import save_file, load_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as m
    from sentence_transformers.sentence_transformer.modules import Transformer, Pooling, Dense, Normalize, StaticEmbedding
    folder = sys.argv[1]
    torch.manual_seed(3)
    words = "steel hex bolt nut washer red blue tape a of for the with 10 mm pack query document : item".split()
    S = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    base = os.path.join(folder, "base")
    config = BertConfig(vocab_size=len(S) + len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=20)
    model = BertModel(config)
    with torch.no_grad():
        for value in model.parameters(): value.add_(torch.randn_like(value) * 0.2)
    model.save_pretrained(base)
    t = Tokenizer(M.WordPiece({w: i for i, w in enumerate(S + words)}, unk_token="[UNK]"))
    from tokenizers import normalizers as N
    t.normalizer, t.pre_tokenizer = N.BertNormalizer(), P.BertPreTokenizer()
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    wrapped = PreTrainedTokenizerFast(tokenizer_object=t, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", mask_token="[MASK]", model_max_length=14)
    wrapped.save_pretrained(base)
    texts = ["steel hex bolt", "Red TAPE for the pack of nut", "", "a", "steel hex bolt nut washer red blue tape a of for the with 10 mm pack " * 2, "unknown word"]
    cases = []

    def case(name, model, options={}, **encode):
        path = os.path.join(folder, name)
        model.save(path)
        model = SentenceTransformer(path, device="cpu")
        add(name, model, options, **encode)
        return path

    def add(name, model, options={}, **encode):
        cases.append({"folder": name, "vectors": model.encode(texts, show_progress_bar=False, **encode).tolist(), "options": options})

    def transformer(**kw): return Transformer(base, **kw)
    modes = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
    for mode in modes: case("mode-" + mode, SentenceTransformer(modules=[transformer(), Pooling(16, mode)], device="cpu"))
    case("joined", SentenceTransformer(modules=[transformer(), Pooling(16, ("max", "cls", "mean")), Normalize()], device="cpu"))
    new = case("dense", SentenceTransformer(modules=[transformer(), Pooling(16, "mean"), Dense(16, 10), Dense(10, 6, bias=False, activation_function=torch.nn.Identity()), Normalize()], device="cpu"))
    prompts = dict(prompts={"query": "query : ", "document": "document : item "}, default_prompt_name="document")
    path = case("prompts", SentenceTransformer(modules=[transformer(), Pooling(16, "mean")], device="cpu", **prompts))
    add("prompts", SentenceTransformer(path, device="cpu"), {"prompt": "query"}, prompt_name="query")
    add("prompts", SentenceTransformer(path, device="cpu"), {"prompt": "the red "}, prompt="the red ")
    for mode in ["mean", "cls", "weightedmean"]:
        case("without-prompt-" + mode, SentenceTransformer(modules=[transformer(), Pooling(16, mode, include_prompt=False)], device="cpu", **prompts))
    add("mode-mean", SentenceTransformer(os.path.join(folder, "mode-mean"), device="cpu", truncate_dim=5), {"dimensions": "5"})
    add("mode-mean", SentenceTransformer(os.path.join(folder, "mode-mean"), device="cpu"), {"normalizes": "yes"}, normalize_embeddings=True)
    # A directory without modules.json.
    add("base", SentenceTransformer(base, device="cpu"))
    # The old spellings: of types, of the pooling, of the maximum length, in folders of their own; halves; shards.
    old = os.path.join(folder, "old")
    shutil.copytree(new, old)
    json.dump([{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
               {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
               {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}], open(old + "/modules.json", "w"))
    os.mkdir(old + "/0_Transformer")
    for name in os.listdir(base): shutil.copy(os.path.join(base, name), old + "/0_Transformer")
    json.dump({"word_embedding_dimension": 16, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}, open(old + "/1_Pooling/config.json", "w"))
    json.dump({"max_seq_length": 9, "do_lower_case": False}, open(old + "/0_Transformer/sentence_bert_config.json", "w"))
    weights = load_file(old + "/0_Transformer/model.safetensors")
    os.remove(old + "/0_Transformer/model.safetensors")
    names, map = sorted(weights), {}
    for part in range(3):
        file = f"model-0000{part + 1}-of-00003.safetensors"
        save_file({n: (weights[n].half().float() if part == 0 else weights[n]) for n in names[part::3]}, f"{old}/0_Transformer/{file}", metadata={"format": "pt"})
        map |= {n: file for n in names[part::3]}
    json.dump({"metadata": {}, "weight_map": map}, open(old + "/0_Transformer/model.safetensors.index.json", "w"))
    add("old", SentenceTransformer(old, device="cpu"))
    case("static", SentenceTransformer(modules=[StaticEmbedding(t, embedding_dim=12), Normalize()], device="cpu"))
    quantized = os.path.join(folder, "mapped")
    shutil.copytree(os.path.join(folder, "static"), quantized)
    size = t.get_vocab_size()
    part = next(os.path.dirname(os.path.join(r, "model.safetensors")) for r, _, files in os.walk(quantized) if "model.safetensors" in files)
    save_file({"embeddings": torch.randn(7, 12), "mapping": torch.randint(0, 7, (size,)), "weights": torch.rand(size)}, part + "/model.safetensors")
    add("mapped", SentenceTransformer(quantized, device="cpu"))
    json.dump(cases, open(folder + "/cases.json", "w"))
    json.dump(texts, open(folder + "/texts.json", "w"))
    """#

  @Test func everyDirectoryGivesItsVectors() throws {
    let folder = try TemporaryFolder()
    try Python.run(EncoderModels.importing + Self.script, folder.path)
    func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
      try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: folder.file(name))))
    }
    let cases = try read([Case].self, "cases.json"), texts = try read([String].self, "texts.json")
    #expect(cases.count >= 19)
    let pool = ThreadPool(threads: 2)
    for one in cases {
      let encoder = try SentenceEncoder(opening: folder.file(one.folder), pool: pool)
      var options = SentenceEncoder.Options()
      options.prompt = try encoder.prompt(one.options["prompt"])
      options.dimensions = one.options["dimensions"].flatMap { Int($0) }
      if one.options["normalizes"] != nil { options.normalizes = true }
      let (vectors, _) = try encoder.embed(texts, options, pool: pool)
      #expect(vectors.columns == one.vectors[0].count, "\(one.folder)")
      for (row, expected) in one.vectors.enumerated() {
        let worst = zip(vectors.row(row), expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst <= 1e-5, "\(one.folder) \(one.options), text \(row): \(worst)")
      }
      if one.folder == "base" { #expect(encoder.notes.contains { $0.contains("modules.json") }) }
    }
  }
}

/// model2vec's own directories, computed by hand: its tests need no Python.
struct Model2VecTests {
  @Test func leavesUnknownWordsOutAndWeighsTheOthers() throws {
    let folder = try TemporaryFolder()
    let table: [[Float]] = [[9, 9], [1, 0], [0, 2], [3, 4]]
    var weights = SafetensorsWriter()
    weights.add("embeddings", Matrix(rows: 4, columns: 2, values: table.flatMap(\.self)))
    // Token 1 has row 2, token 2 row 1, token 3 row 3.
    weights.add("mapping", Buffer<Int64>([0, 2, 1, 3]), shape: [4])
    weights.add("weights", Buffer<Float>([1, 0.5, 2, 1]), shape: [4])
    try weights.write(to: folder.file("model.safetensors"))
    try AtomicFile.write(
      #"{"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"c":3}}}"#,
      to: folder.file("tokenizer.json"))
    func vectors(_ configuration: String) throws -> Matrix {
      try AtomicFile.write(configuration, to: folder.file("config.json"))
      let encoder = try SentenceEncoder(opening: folder.path, pool: ThreadPool(threads: 1))
      #expect(encoder.family == "model2vec" && encoder.dimension == 2)
      return try encoder.embed(["a b", "c unknown", "", "x y", "a b c c c"], pool: ThreadPool(threads: 1)).vectors
    }
    let plain = try vectors(#"{"model_type": "model2vec", "max_length": 3}"#)
    #expect(plain.values.array == [1, 0.5, 3, 4, 0, 0, 0, 0, 5.0 / 3, 5.0 / 3])
    let unit = try vectors(#"{"model_type": "model2vec", "normalize": true}"#)
    #expect(abs(unit[1, 0] - 0.6) < 1e-6 && abs(unit[1, 1] - 0.8) < 1e-6 && unit.row(2) == [0, 0])
    // A row that is not in the table.
    var broken = SafetensorsWriter()
    broken.add("embeddings", Matrix(rows: 4, columns: 2, values: table.flatMap(\.self)))
    broken.add("mapping", Buffer<Int64>([0, 2, 1, 4]), shape: [4])
    try broken.write(to: folder.file("model.safetensors"))
    #expect(throws: InputError.self) { try vectors(#"{"model_type": "model2vec"}"#) }
  }
}
