import Foundation
import TestSupport

@testable import TextEmbedding

/// Texts, and what the `tokenizers` library makes of them with tokenizers of every kind that models have.
///
/// The tokenizers are made in Python from the library's own parts: trained on some text, with its own normalizers.
struct TokenizerCases: Decodable {
  /// The file of each tokenizer.
  var files: [String]
  var texts: [String]
  /// By tokenizer and text, with special tokens.
  var ids: [[[Int32]]]
  /// By tokenizer and text, without.
  var plainIDs: [[[Int32]]]

  static let shared: Result<TokenizerCases, any Error> = Result {
    let folder = try TemporaryFolder()
    kept.append(folder)
    try Python.run(script, folder.path, RealData.path("amazon-industrial-and-scientific/items.parquet"))
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("cases.json")))
    var cases = try JSONDecoder().decode(TokenizerCases.self, from: data)
    cases.files = cases.files.map(folder.file)
    return cases
  }

  // The files are read for as long as the tests run.
  nonisolated(unsafe) private static var kept: [TemporaryFolder] = []

  /// How the random texts are made: of characters of many scripts, marks, emoji, controls, spaces of all sorts, long words.
  static let texts = """
    import random
    rng = random.Random(5)
    pools = [
        [chr(c) for c in range(0x20, 0x7F)], list("abcdefghij klmnop qrstuvwxyz  "), list("ABC dEf 019 .,!?-_'’"),
        [chr(c) for c in range(0xA0, 0x250)], [chr(c) for c in range(0x300, 0x370)] + list("aeiounAEIOU"),
        [chr(c) for c in range(0x370, 0x530)], [chr(c) for c in range(0x5D0, 0x650)],
        [chr(c) for c in range(0x904, 0x940)], [chr(c) for c in range(0xE01, 0xE3B)],
        [chr(c) for c in range(0x3041, 0x30FF)] + [chr(c) for c in range(0x4E00, 0x4F00)],
        [chr(c) for c in range(0xAC00, 0xAD00)] + [chr(c) for c in range(0x1100, 0x1113)],
        list("😀👍🏽👨‍👩‍👧🇩🇪🦆❤️"), [chr(c) for c in range(0x00, 0x20)] + ["\\x7f", "\\x85", "\\xa0", "\\xad"],
        list("\\u2000\\u2003\\u2009\\u200b\\u200d\\u2028\\u202f\\u205f\\u3000\\ufeff\\u1680 \\t\\n\\r"),
        [chr(c) for c in range(0xFB00, 0xFB07)] + [chr(c) for c in range(0xFF01, 0xFF60)] + list("①②Ⅳ㍿™½ﬁ"),
        [chr(c) for c in range(0x2000, 0x2070)], list("▁ĠĊ␣"), ["[SEP]", "[CLS]", "<s>", "</s>", "<unk>", " <mask>", "<|end|>", "new", "tok"],
        ["'s", "'T", "'re ", "'LL", "don't", "  ", "\\n\\n", "\\r\\n", "123", "4567"],
    ]
    texts = ["", " ", "\\n", "a", "hello", "Hello, World!", "  two  spaces ", "trailing ", "\\t tab", "a\\u0301\\u0302",
             "x" * 99, "x" * 100, "x" * 101, "naïve café RÉSUMÉ İstanbul ẞ ΑΣ ς", "日本語のテスト", "한국어 테스트", "hello\\x00world",
             "e\\u0301" * 60, "word " * 300, "supercalifragilistic" * 40, "▁▁ ▁a", "<s> hello </s>", "[CLS] x [SEP]y",
             "a<|end|>b  <|end|>  c", "newtok new tok", "  <mask>  x", "\\ud7ff\\ue000\\U0010ffff\\ufdd0\\ufffd", "\\u2581", "I'll can't WE'RE"]
    for _ in range(700):
        text = ""
        for _ in range(rng.randrange(1, 5)):
            pool = rng.choice(pools)
            text += "".join(rng.choice(pool) for _ in range(rng.randrange(1, 14)))
            if rng.random() < 0.6: text += " "
        texts.append(text)
    """

  static let script =
    texts + "\n" + #"""
      import base64, json, sys, os, struct
      folder, items = sys.argv[1:]
      from tokenizers import Tokenizer, models, normalizers as N, pre_tokenizers as P, processors, trainers, decoders, Regex, AddedToken
      corpus = [t for t in texts if t] * 2 + ["the quick brown fox jumps over the lazy dog", "stainless steel hex bolts 1/4-20 x 3 inch"] * 50
      try:
          import pyarrow.parquet
          table = pyarrow.parquet.read_table(items, columns=["title", "description"]).to_pylist()
          real = [row["title"] for row in table] + [row["description"] for row in table[::7]]
      except OSError:
          real = []
      corpus += real
      texts += real[::23]

      def charsmap(pairs):
          """A double array, as Darts-clone lays it out, of a few characters: built the plain way."""
          keys = sorted((k.encode(), v) for k, v in pairs.items())
          blob, offsets = b"", {}
          for _, value in keys:
              if value not in offsets:
                  offsets[value] = len(blob)
                  blob += value.encode() + b"\0"
          trie = {}
          for key, value in keys:
              node = trie
              for byte in key: node = node.setdefault(byte, {})
              node[None] = offsets[value]
          # A unit is a leaf bit, a label and the distance to the children's block, of 256 places each.
          units = [0] * 256
          def place(node, index):
              start = len(units)
              assert start % 256 == 0
              units.extend([0] * 256)
              offset = start ^ index
              units[index] |= (offset >> 8 << 10 | 1 << 9) if offset & 0xFF == 0 else None
              for byte, child in node.items():
                  if byte is None:
                      units[index] |= 1 << 8
                      units[start] = 1 << 31 | child
                  else:
                      units[start ^ byte] |= byte
              for byte, child in node.items():
                  if byte is not None: place_child(child, start ^ byte)
          def place_child(node, index):
              # The children's block is reached by the unit's offset from its own place: blocks begin where the low byte agrees.
              start = len(units)
              units.extend([0] * 256)
              offset = (start ^ index) & ~0xFF
              base = index ^ offset
              units[index] |= offset >> 8 << 10 | 1 << 9
              for byte, child in node.items():
                  if byte is None:
                      units[index] |= 1 << 8
                      units[base] = 1 << 31 | child
                  else:
                      units[base ^ byte] |= byte
              for byte, child in node.items():
                  if byte is not None: place_child(child, base ^ byte)
          place_child(trie, 0)
          return base64.b64encode(struct.pack("<I", len(units) * 4) + b"".join(struct.pack("<I", u) for u in units) + blob).decode()

      QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
      made = {}

      def train(tokenizer, trainer):
          tokenizer.train_from_iterator(corpus, trainer)
          return tokenizer

      for name, options in {"bert": {}, "bert-cased": dict(lowercase=False), "bert-accents": dict(strip_accents=False),
                            "bert-plain": dict(clean_text=False, handle_chinese_chars=False)}.items():
          t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
          t.normalizer, t.pre_tokenizer = N.BertNormalizer(**options), P.BertPreTokenizer()
          train(t, trainers.WordPieceTrainer(vocab_size=1500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
          cls, sep = t.token_to_id("[CLS]"), t.token_to_id("[SEP]")
          t.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls)) if name == "bert-cased" else \
              processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", cls), ("[SEP]", sep)])
          made[name] = t

      MAP = {"\u00a0": " ", "\t": " ", "\n": " ", "\r": " ", "\r\n": " ", "\u3000": " ", "ﬁ": "fi", "①": "1", "Ａ": "A", "é": "e\u0301", "e\u0301": "é",
             "\u200b": " ", "\u00ad": "", "½": "1/2", "㍿": "株式会社", "\u0301": "", "™": "TM", "가": "ga"}
      for name, (normalizer, splitter, fallback) in {
          "xlmr": (N.Precompiled, P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), False),
          "t5": (N.Precompiled, P.Metaspace(), False),
          "metaspace-first": (None, P.Metaspace(prepend_scheme="first"), False),
          "metaspace-never": (None, P.Metaspace(prepend_scheme="never", split=False), True)}.items():
          t = Tokenizer(models.Unigram())
          if normalizer: t.normalizer = N.NFKC()
          t.pre_tokenizer = splitter
          specials = ["<s>", "<pad>", "</s>", "<unk>"] + [f"<0x{i:02X}>" for i in range(256)] * fallback
          train(t, trainers.UnigramTrainer(vocab_size=6000 + 256 * fallback, special_tokens=specials, unk_token="<unk>", show_progress=False))
          state = json.loads(t.to_str())
          if fallback: state["model"]["byte_fallback"] = True
          if normalizer: state["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": charsmap(MAP)}
          if name == "t5":
              state["normalizer"] = {"type": "Sequence", "normalizers": [state["normalizer"], {"type": "Strip", "strip_left": False, "strip_right": True},
                  {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}
          t = Tokenizer.from_str(json.dumps(state))
          t.post_processor = processors.TemplateProcessing(single="<s> $A </s>" if name != "t5" else "$A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
          t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
          made[name] = t

      t = Tokenizer(models.BPE())
      t.normalizer = N.NFC()
      t.pre_tokenizer = P.Sequence([P.Split(Regex(QWEN), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)])
      train(t, trainers.BpeTrainer(vocab_size=2000, initial_alphabet=P.ByteLevel.alphabet(), show_progress=False))
      t.add_special_tokens(["<|end|>"])
      end = t.token_to_id("<|end|>")
      t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single="$A <|end|>", special_tokens=[("<|end|>", end)])])
      made["qwen"] = t

      t = Tokenizer(models.BPE())
      t.pre_tokenizer = P.ByteLevel(add_prefix_space=True)
      train(t, trainers.BpeTrainer(vocab_size=1500, initial_alphabet=P.ByteLevel.alphabet(), special_tokens=["<s>", "</s>"], show_progress=False))
      t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
      t.add_tokens([AddedToken("new", single_word=True), AddedToken("tok", rstrip=True, lstrip=True)])
      made["roberta"] = t

      specials = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
      t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
      t.normalizer = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
      inner = Tokenizer(models.BPE(unk_token="<unk>"))
      inner.normalizer = t.normalizer
      inner.pre_tokenizer = P.Split("▁", "merged_with_next")
      inner.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=1800, special_tokens=specials, limit_alphabet=90, show_progress=False))
      state, trained = json.loads(t.to_str()), json.loads(inner.to_str())
      state["model"] |= {"vocab": trained["model"]["vocab"], "merges": trained["model"]["merges"]}
      state["added_tokens"] = trained["added_tokens"][:3]
      t = Tokenizer.from_str(json.dumps(state))
      t.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
      made["llama"] = t

      t = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"))
      t.normalizer = N.Sequence([N.NFD(), N.StripAccents(), N.Lowercase()])
      t.pre_tokenizer = P.Sequence([P.Whitespace(), P.Digits(individual_digits=True), P.Punctuation()])
      train(t, trainers.BpeTrainer(vocab_size=900, special_tokens=["<unk>"], limit_alphabet=70, continuing_subword_prefix="##", end_of_word_suffix="</w>", show_progress=False))
      made["suffix"] = t

      t = Tokenizer(models.WordLevel(unk_token="<unk>"))
      t.normalizer = N.Sequence([N.NFKD(), N.Nmt()])
      t.pre_tokenizer = P.Sequence([P.WhitespaceSplit(), P.Split(Regex(r"[aeiou]+"), "merged_with_previous"), P.Digits()])
      train(t, trainers.WordLevelTrainer(vocab_size=900, special_tokens=["<unk>"], show_progress=False))
      made["words"] = t

      files = []
      for name, t in made.items():
          t.save(os.path.join(folder, name + ".json"))
          files.append(name + ".json")
      loaded = [Tokenizer.from_file(os.path.join(folder, name)) for name in files]
      json.dump({"files": files, "texts": texts,
                 "ids": [[t.encode(text).ids for text in texts] for t in loaded],
                 "plainIDs": [[t.encode(text, add_special_tokens=False).ids for text in texts] for t in loaded]},
                open(os.path.join(folder, "cases.json"), "w"))
      """#
}
