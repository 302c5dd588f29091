"""A GPT-2 built from scratch, trained on the sequences file, generating under the exported constraint."""

import json

import numpy as np

import constraints
import harness

END, PAD = "<|end|>", "<|pad|>"
GENERATED = 1000


def check(checks, semid, catalogue, folder, merged):
    constraint = folder / "constraint.npz"
    with checks("semid: constraints of the index, of its codes, and for STATIC"):
        options = ["--tokenizer", merged, "--end", END, "--padding", PAD]
        for index, output in (("index", constraint), ("ids.parquet", folder / "of-codes.npz")):
            semid("corpus", "constraint", folder / index, *options, "--output", output)
        semid("corpus", "constraint", folder / "index", *options, "--format", "prefixes", "--output", folder / "p.json")
        semid("corpus", "constraint", folder / "index", "--format", "static", "--output", folder / "static.npz")
        ours, codes = np.load(constraint), np.load(folder / "of-codes.npz")
        assert all((ours[name] == codes[name]).all() for name in ours.files if name != "level_sizes")
        static = np.load(folder / "static.npz")
        assert set(static.files) == {
            "packed_csr", "indptr", "layer_max_branches", "start_mask", "dense_mask", "dense_states"}
        assert static["start_mask"].sum() == np.diff(ours["children"][:2].astype(int))[0]

    with checks("transformers: a GPT-2 trains on the sequences") as notes:
        harness.require("torch", "transformers")
        model, tokenizer, losses = trained(folder, merged)
        notes.append(f"loss {losses[0]:.2f} at the first of {len(losses)} steps, {losses[-1]:.2f} at the last")
        assert losses[-1] < losses[0]
    if "model" not in locals():
        return

    prompts = [json.loads(line)["history"] for line in (folder / "sequences" / "test.jsonl").read_text().splitlines()]
    runs = [
        ("prefix_allowed_tokens_fn from the dictionary", dict(dictionary=folder / "p.json"), True),
        ("packed masks from the CSR arrays", dict(arrays=constraint), True),
        ("no constraint", {}, False),
    ]
    example, answers = constraints.example(semid), []
    for name, options, is_constrained in runs:
        for beams in (False, True):
            how = "beam search" if beams else "sampling"
            with checks(f"transformers: {GENERATED:,} IDs, {name}, {how}") as notes:
                lines = generated(model, tokenizer, prompts, beams, example, **options)
                report = semid(
                    "corpus", "audit", "--index", folder / "index", "--end", END, "--examples", "1",
                    stdin="\n".join(lines) + "\n")
                assert report["texts"] == len(lines) == GENERATED, report
                notes.append(
                    f"{report['invalid']:,} of {report['texts']:,} invalid ({report['distinctIDs']:,} different IDs)")
                assert not is_constrained or report["invalid"] == 0, report
                answers = lines if is_constrained else answers

    with checks("transformers: IDs in the midst of text, each behind its trigger") as notes:
        midst_of_text(semid, folder, notes)

    with checks("semid: decode-text finds what the model wrote under the constraint"):
        written = [line.replace(END, "") for line in answers[:: GENERATED // 5]]
        report = semid(
            "decode-text", "--index", folder / "index", "--titles", catalogue.items,
            stdin="You may like " + " and ".join(written) + ".")
        assert [mention["text"] for mention in report] == written and all(m["items"] for m in report), report


def midst_of_text(semid, folder, notes):
    """A model that knows nothing but likes triggers writes text with IDs, by the help's second example as printed."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(4)
    options = ["--first-token", 50, "--end", 2, "--trigger", 1, "--vocabulary-size", 900]
    prefixes, arrays = folder / "midst.json", folder / "midst.npz"
    semid("corpus", "constraint", folder / "index", *options, "--format", "prefixes", "--output", prefixes)
    semid("corpus", "constraint", folder / "index", *options, "--output", arrays)
    # Wider than the constraint: tokens from 900 on are never to be written.
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=1024, n_positions=256, n_embd=32, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0,
        pad_token_id=0)).eval()
    model.lm_head = torch.nn.Linear(32, 1024)
    with torch.no_grad():
        model.lm_head.bias[1] += 4
    # A prompt with an ID that no item has, and one that stops at a trigger.
    inputs = {"input_ids": torch.tensor([[7, 1, 50, 50, 50, 2, 7], [7, 7, 7, 7, 7, 7, 1]] * 4)}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    code = constraints.example(semid, 1).replace("max_new_tokens=200", "max_new_tokens=200, do_sample=True")
    with torch.inference_mode():
        found = constraints.run(code, prefixes, model, inputs)["output"][:, 6:].tolist()
    loaded = np.load(arrays)
    first, last = loaded["depth"][-2], loaded["depth"][-1]
    ids = set()

    def walk(node, written):
        if node >= first:
            ids.add(tuple(written))
        for child in range(int(loaded["children"][node]), int(loaded["children"][node + 1])):
            walk(child, [*written, int(loaded["token"][child])])

    walk(0, [])
    assert len(ids) == last - first and loaded["trigger"].tolist() == [1]
    spans = free = 0
    for row in found:
        assert max(row) < 900
        place = 0
        while place < len(row):
            if row[place] == 1:
                span = row[place + 1 : place + 5]
                assert len(span) < 4 or (tuple(span[:3]) in ids and span[3] == 2), span
                spans, place = spans + (len(span) == 4), place + 5
            else:
                free, place = free + 1, place + 1
    assert spans > 50 and free > 50, (spans, free)
    notes.append(f"{spans} IDs, all in the catalogue, among {free} other tokens")


def trained(folder, merged, steps=40, batch=32, context=64):
    """A model of two layers, after a few steps of AdamW on histories with the item that came next."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(merged), eos_token=END, pad_token=PAD, clean_up_tokenization_spaces=False)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=128, n_embd=64, n_layer=2, n_head=2,
        bos_token_id=tokenizer.eos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    model = GPT2LMHeadModel(config)
    rows = [json.loads(line) for line in (folder / "sequences" / "train.jsonl").read_text().splitlines()]
    texts = [row["history"] + row["target"] + END for row in rows]
    random = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    losses = []
    model.train()
    for _ in range(steps):
        picks = [texts[row] for row in random.integers(0, len(texts), batch)]
        encoded = [ids[-context:] for ids in tokenizer(picks, add_special_tokens=False)["input_ids"]]
        width = max(map(len, encoded))
        ids = torch.tensor([[tokenizer.pad_token_id] * (width - len(row)) + row for row in encoded])
        seen = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in encoded])
        loss = model(ids, attention_mask=seen, labels=ids.masked_fill(seen == 0, -100)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model.eval(), tokenizer, losses


def generated(model, tokenizer, prompts, beams, example, dictionary=None, arrays=None, each=20, context=60):
    """What the model writes behind the prompts: an ID and its end, or what it takes for one."""
    import torch
    from transformers import LogitsProcessorList

    torch.manual_seed(2)
    encoded = tokenizer(prompts[: GENERATED // each], add_special_tokens=False)["input_ids"]
    width = min(max(map(len, encoded)), context)
    encoded = [[tokenizer.pad_token_id] * (width - len(ids[-width:])) + ids[-width:] for ids in encoded]
    ids = torch.tensor(encoded)
    options = dict(num_beams=each, do_sample=False) if beams else dict(do_sample=True)
    if dictionary:
        options["prefix_allowed_tokens_fn"] = constraints.function(example, dictionary, model, {"input_ids": ids})
    if arrays:
        options["logits_processor"] = LogitsProcessorList([PackedMasks(np.load(arrays), width)])
    with torch.inference_mode():
        found = model.generate(
            ids, attention_mask=(ids != tokenizer.pad_token_id).long(), max_new_tokens=4, num_return_sequences=each,
            **options)
    return [text.replace(PAD, "") for text in tokenizer.batch_decode(found[:, width:])]


class PackedMasks:
    """A logits processor over the CSR arrays: rows of packed words, 32 tokens each, as serving engines take them."""

    def __init__(self, arrays, prompt_length):
        self.arrays = {name: arrays[name] for name in arrays.files}
        self.children = self.arrays["children"].astype(int)
        self.prompt_length = prompt_length
        self.words = -(-int(self.arrays["vocabulary_size"]) // 32)

    def allowed(self, written):
        node = 0
        for place, token in enumerate(written):
            if self.arrays["is_id"][node]:
                tail = list(written[place:])
                end = self.arrays["end"].tolist()
                assert tail[: len(end)] == end[: len(tail)], "a token behind an ID that is not its end"
                return [end[len(tail)]] if len(tail) < len(end) else self.arrays["padding"].tolist()
            first, last = self.children[node], self.children[node + 1]
            child = first + np.searchsorted(self.arrays["token"][first:last], token)
            assert child < last and self.arrays["token"][child] == token, "an unknown prefix"
            node = child
        if self.arrays["is_id"][node]:
            return self.arrays["end"][:1].tolist()
        return self.arrays["token"][self.children[node] : self.children[node + 1]].tolist()

    def __call__(self, ids, scores):
        import torch

        # A model's table may be wider than its tokenizer: what is not there is not allowed.
        rows = np.zeros((len(ids), max(self.words, -(-scores.shape[1] // 32))), np.uint32)
        for row, written in zip(rows, ids[:, self.prompt_length :].tolist()):
            tokens = np.array(self.allowed(written))
            np.bitwise_or.at(row, tokens // 32, np.uint32(1) << (tokens % 32).astype(np.uint32))
        bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")[:, : scores.shape[1]]
        return scores.masked_fill(torch.from_numpy(bits == 0), float("-inf"))
