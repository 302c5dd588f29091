"""The vocabulary in Hugging Face's tokenizers."""

import json

import pyarrow.parquet as pq


def base(folder, titles):
    """A small byte-level BPE of the catalogue's titles, as a model would bring its own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=800, show_progress=False, special_tokens=["<|end|>", "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(titles, trainer)
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def check(checks, semid, catalogue, folder):
    """Returns the merged tokenizer's path."""
    from tokenizers import AddedToken, Tokenizer

    titles = [title for title in pq.read_table(catalogue.items)["title"].to_pylist() if title]
    plain = base(folder, titles)
    size = catalogue.codebook_size
    merged = folder / "merged" / "tokenizer.json"
    merged.parent.mkdir()
    tokens = [f"<{letter}_{code}>" for letter in "abc" for code in range(size)]

    with checks("tokenizers: every token is one id in the merged tokenizer.json") as notes:
        report = semid("corpus", "vocabulary", "--model", folder / "model", "--merge-into", plain, "--output", merged)
        tokenizer, old = Tokenizer.from_file(str(merged)), Tokenizer.from_file(str(plain))
        encoded = tokenizer.encode("<a_3><b_9><c_1>", add_special_tokens=False)
        assert encoded.tokens == ["<a_3>", "<b_9>", "<c_1>"] and len(encoded.ids) == 3, encoded.tokens
        notes.append(f"<a_3><b_9><c_1> is {encoded.ids}")
        for token in tokens:
            assert tokenizer.encode(token, add_special_tokens=False).tokens == [token], token
        assert tokenizer.get_vocab_size() == report["vocabularySize"] == old.get_vocab_size() + len(tokens)
        assert all(tokenizer.encode(title).ids == old.encode(title).ids for title in titles if "<a_" not in title)

    with checks("tokenizers: text and JSON lists of added tokens"):
        semid("corpus", "vocabulary", "--model", folder / "model", "--output", folder / "tokens.txt")
        assert (folder / "tokens.txt").read_text().split("\n") == tokens + [""]
        first = Tokenizer.from_file(str(plain)).get_vocab_size()
        semid(
            "corpus", "vocabulary", "--model", folder / "model", "--first-id", first, "--output",
            folder / "added_tokens.json")
        tokenizer = Tokenizer.from_file(str(plain))
        entries = json.loads((folder / "added_tokens.json").read_text())
        tokenizer.add_tokens([AddedToken(e["content"], normalized=e["normalized"]) for e in entries])
        assert [tokenizer.token_to_id(e["content"]) for e in entries] == [e["id"] for e in entries]

    for name, text in [
        ("openonerec", "<|sid_begin|><s_a_3><s_b_9><s_c_1><|sid_end|>"),
        ("offset", f"<|sid_start|><|sid_3|><|sid_{size + 9}|><|sid_{2 * size + 1}|><|sid_end|>"),
        ("rectokens", "<|item_start|><item_L0_C3><item_L1_C9><item_L2_C1><|item_end|>"),
        ("[{level}:{code}]", "[0:3][1:9][2:1]"),
    ]:
        with checks(f"tokenizers: spelling {name}"):
            path = folder / f"spelling-{len(text)}.json"
            semid(
                "corpus", "vocabulary", "--model", folder / "model", "--spelling", name, "--merge-into", plain,
                "--output", path)
            encoded = Tokenizer.from_file(str(path)).encode(text, add_special_tokens=False)
            assert len(encoded.ids) == text.count(">") + text.count("]"), encoded.tokens
            assert "".join(encoded.tokens) == text
    return merged
