"""Folders of small tokenizers as transformers writes and reads them, in whichever version runs this.

    tokenizer_folders.py save FOLDER             writes FOLDER/KIND for every kind
    tokenizer_folders.py load FOLDER JOB.json    loads FOLDER/KIND and prints, as JSON, what it makes of tokens and texts

A program of its own, since a process holds one version of transformers.
"""

import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

TEXTS = [
    "the quick brown fox jumps over the lazy dog", "Red steel bolts, small", "a blue lamp for the desk & more",
    "item of the day: copper cable 5 mm", "users who bought this also bought", "next item please",
    "green oak chair", "black nylon rope",
]


def word_piece():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertTokenizerFast

    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(TEXTS * 5, trainers.WordPieceTrainer(
        vocab_size=200, show_progress=False, special_tokens=names))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")])
    return BertTokenizerFast(tokenizer_object=tokenizer, eos_token="[SEP]")


def byte_level(name):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    import transformers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>"] if name == "GPT2" else []
    tokenizer.train_from_iterator(TEXTS * 5, trainers.BpeTrainer(
        vocab_size=400, show_progress=False, special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    if name == "GPT2":
        return transformers.GPT2TokenizerFast(tokenizer_object=tokenizer, pad_token="<|endoftext|>")
    # As Qwen's: every special token is an added one, behind the model's vocabulary.
    made = transformers.Qwen2TokenizerFast(tokenizer_object=tokenizer)
    made.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    made.eos_token = "<|im_end|>"
    return made


def unigram():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import T5TokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(TEXTS * 5, trainers.UnigramTrainer(
        vocab_size=150, show_progress=False, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"))
    # T5 has its sentinels at the end of the model's vocabulary.
    pieces = [tuple(piece) for piece in json.loads(tokenizer.to_str())["model"]["vocab"]]
    pieces += [(f"<extra_id_{number}>", 0.0) for number in range(99, -1, -1)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return T5TokenizerFast(tokenizer_object=tokenizer)


def byte_fallback(name):
    from tokenizers import Tokenizer, decoders, models, normalizers
    import transformers

    special = ["<unk>", "<s>", "</s>"] if name == "Llama" else ["<pad>", "<eos>", "<bos>", "<unk>"]
    letters = sorted(set("".join(TEXTS)) - {" "}) + ["▁"]
    vocabulary = special + [f"<0x{byte:02X}>" for byte in range(256)] + letters
    merges = [("t", "h"), ("th", "e"), ("▁", "the"), ("▁", "a")]
    vocabulary += ["".join(pair) for pair in merges]
    tokenizer = Tokenizer(models.BPE(
        {token: id for id, token in enumerate(vocabulary)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        ([normalizers.Prepend("▁")] if name == "Llama" else []) + [normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
        + ([decoders.Strip(" ", 1, 0)] if name == "Llama" else []))
    made = getattr(transformers, name + "TokenizerFast", None) or getattr(transformers, name + "Tokenizer")
    return made(tokenizer_object=tokenizer)


KINDS = {
    "bert": word_piece, "gpt2": lambda: byte_level("GPT2"), "qwen2": lambda: byte_level("Qwen2"), "t5": unigram,
    "llama": lambda: byte_fallback("Llama"), "gemma": lambda: byte_fallback("Gemma"),
}


def save(folder):
    import transformers

    for kind, make in KINDS.items():
        path = folder / kind
        make().save_pretrained(path)
        # So that AutoTokenizer knows the class, as beside any model.
        (path / "config.json").write_text(json.dumps({"model_type": kind, "vocab_size": 1}))
        (path / "notes").mkdir()
        (path / "notes" / "README.md").write_text("a file that is nobody's business\n")
    print(json.dumps({"version": transformers.__version__}))


def load(folder, job):
    import transformers
    from transformers import AutoTokenizer

    found = {"version": transformers.__version__, "kinds": {}}
    for kind in KINDS:
        try:
            old = AutoTokenizer.from_pretrained(pathlib.Path(job["plain"]) / kind)
        except AttributeError as error:
            # A list of extra_special_tokens, as version 5 writes, is more than version 4 reads.
            found["kinds"][kind] = {"unreadable": f"{kind} does not load without the tokens either: {error}"}
            continue
        tokenizer = AutoTokenizer.from_pretrained(folder / kind)
        ids = []
        for token in job["tokens"]:
            alone = tokenizer(token, add_special_tokens=False)["input_ids"]
            assert alone == [tokenizer.convert_tokens_to_ids(token)], (kind, token, alone)
            ids += alone
        id = job["id"]
        whole = tokenizer(id, add_special_tokens=False)["input_ids"]
        assert len(whole) == job["length"] and set(whole) <= set(ids), (kind, id, whole)
        text = tokenizer(f"the fox {id}{id} and {id}.", add_special_tokens=False)["input_ids"]
        assert sum(number in set(ids) for number in text) == 3 * job["length"], (kind, text)
        for plain in TEXTS:
            assert tokenizer(plain)["input_ids"] == old(plain)["input_ids"], (kind, plain)
        skipped = tokenizer.decode(text, skip_special_tokens=True).replace(" ", "")
        for token in job["special"]:
            assert token not in skipped, (kind, token, skipped)
        for token in job["codes"]:
            assert skipped.count(token) == 3, (kind, token, skipped)
        found["kinds"][kind] = {"class": type(tokenizer).__name__, "ids": ids, "size": len(tokenizer)}
        if kind in job["generate"]:
            found["kinds"][kind]["written"] = generated(kind, tokenizer, job["generate"][kind])
    print(json.dumps(found))


def generated(kind, tokenizer, job):
    """What a small model with random weights writes, by the help's example as printed, for as many prompts as TEXTS."""
    import torch
    import transformers

    torch.manual_seed(3)
    # Wider than the tokenizer, as models are that pad their vocabulary.
    size = (len(tokenizer) + 127) // 64 * 64
    if kind == "t5":
        model = transformers.T5ForConditionalGeneration(transformers.T5Config(
            vocab_size=size, d_model=32, d_ff=64, d_kv=8, num_layers=2, num_heads=4, decoder_start_token_id=0,
            pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id))
    else:
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config(
            vocab_size=size, n_positions=128, n_embd=32, n_layer=2, n_head=4, bos_token_id=tokenizer.eos_token_id,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id))
        tokenizer.padding_side = "left"
    inputs = tokenizer(TEXTS, return_tensors="pt", padding=True)
    inputs.pop("token_type_ids", None)
    os.chdir(job["folder"])
    values = {"model": model.eval(), "inputs": inputs}
    with torch.inference_mode():
        exec(job["code"], values)
    start = 1 if kind == "t5" else inputs["input_ids"].shape[1]
    texts = tokenizer.batch_decode(values["output"][:, start:], skip_special_tokens=True)

    # Fails closed: with a length that is not the prompt's, nothing is written.
    wrong = {**values, "prompt_length": start + 1}
    exec(job["code"].split("\n\n")[2], wrong)
    try:
        wrong["allowed"](0, values["output"][0, :start])
    except ValueError:
        return texts
    raise AssertionError(f"{kind}: a sequence shorter than the prompt was allowed something")


if __name__ == "__main__":
    if sys.argv[1] == "save":
        save(pathlib.Path(sys.argv[2]))
    else:
        load(pathlib.Path(sys.argv[2]), json.loads(pathlib.Path(sys.argv[3]).read_text()))
