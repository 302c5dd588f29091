"""The catalogue in the readers of engines that generate."""

import json
import os
import pathlib
import sys

import numpy as np

import harness


def check(checks, semid, folder, merged):
    # scripts/python-env lays the engines' packages there, without what they need for a GPU.
    cache = pathlib.Path(os.environ.get("SEMID_CACHE", pathlib.Path.home() / ".cache" / "swift-semantic-id"))
    sys.path.append(str(cache / "engines"))
    semid("export", "sid-gr", folder / "index", "--tokenizer", merged, "--output", folder / "sid-gr.jsonl")
    rows = [json.loads(line) for line in (folder / "sid-gr.jsonl").read_text().splitlines()]
    paths = sorted(tuple(row["token_ids"]) for row in rows)

    with checks("FlashRec: its trie of the catalogue") as notes:
        harness.require("flashrec", "torch")
        from flashrec.config import parse_sid_spec
        from flashrec.search.trie import build_beam_valid_path

        report = semid("export", "flashrec", folder / "index", "--tokenizer", merged, "--output", folder / "flashrec.json")
        span, sizes, _ = parse_sid_spec(report["layout"])
        first, last = map(int, span.split(":"))
        trie = build_beam_valid_path(
            sid_file=str(folder / "flashrec.json"), codebook_sizes=[int(size) for size in sizes.split(",")],
            special_token_ids=list(range(first, last + 1)))
        expected = {}
        for path in paths:
            for depth, token in enumerate(path):
                expected.setdefault(path[:depth], set()).add(token)
        assert trie.mode == "trie" and trie.children == expected
        notes.append(f"{report['ids']:,} IDs, --sid {report['layout']}")

    with checks("SID-GR of recsys-examples: its catalogue") as notes:
        harness.require("gr_inference")
        from gr_inference.gr_runtime.item_constraints import SemanticItemCatalog

        catalog = SemanticItemCatalog.from_jsonl(folder / "sid-gr.jsonl", vocab_size=max(map(max, paths)) + 1)
        trie = catalog.trie()
        assert catalog.item_count == len(rows)
        assert all(trie.item_ids(row["token_ids"]) == (row["item_id"],) for row in rows)
        notes.append(f"{catalog.item_count:,} items")

    with checks("RecTokens: steps of its trie on the processor"):
        harness.require("rectokens", "torch")
        import torch
        from rectokens.decoding.vntk import vtnk_pytorch
        from rectokens.schemas.compact_csr_trie import CompactCSRTrie

        report = semid("export", "rectokens", folder / "index", "--tokenizer", merged, "--output", folder / "rectokens.npz")
        ours = np.load(folder / "rectokens.npz")
        masks = [torch.from_numpy(ours[name]) for name in sorted(ours.files) if name.startswith("dense_mask_by_layer")]
        trie = CompactCSRTrie(
            torch.from_numpy(ours["row_ptrs"]), torch.from_numpy(ours["stacked_cols_vals"]),
            ours["layer_max_branches"].tolist(), masks, torch.from_numpy(ours["dense_states"]), int(ours["vocab_size"]))
        theirs = CompactCSRTrie.from_sorted_batch(torch.tensor(paths).unique(dim=0), report["vocabularySize"], 1)
        for name in ("row_ptrs", "stacked_cols_vals", "dense_states"):
            assert torch.equal(getattr(trie, name), getattr(theirs, name)), name
        assert trie.layer_max_branches == theirs.layer_max_branches and torch.equal(masks[0], theirs.dense_mask_by_layer[0])
        path = paths[len(paths) // 2]
        node = trie.dense_states[path[0]].reshape(1)
        logits = torch.zeros(1, trie.vocab_size)
        following, valid, masked = vtnk_pytorch(logits, node, trie, 1)[:3]
        allowed = {other[1] for other in paths if other[0] == path[0]}
        assert set(valid[valid >= 0].tolist()) == allowed
        assert set(torch.isfinite(masked[0]).nonzero().flatten().tolist()) == allowed

    with checks("STATIC: its arrays of the model's tokens"):
        semid("export", "static", folder / "index", "--tokenizer", merged, "--output", folder / "static-tokens.npz")
        harness.require("static_decoding")
        from static_decoding.csr_utils import build_static_index

        ours = np.load(folder / "static-tokens.npz")
        names = ["packed_csr", "indptr", "layer_max_branches", "start_mask", "dense_mask", "dense_states"]
        found = build_static_index(np.unique(np.array(paths), axis=0), len(ours["start_mask"]), 1)
        for name, array in zip(names, found):
            assert np.array_equal(np.asarray(array), ours[name]), name
