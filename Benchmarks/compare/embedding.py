"""Compares embedding of texts: semid embed and sentence-transformers on torch, the same directory and the same texts.

    embedding.py --model DIR --items items.parquet [--titles 2000] [--descriptions 500] [--rounds 3] [--threads 2]

Titles are short texts, descriptions of over 800 bytes long ones. What is timed is encoding alone, on both sides with
tokenizing: loading the model and reading and writing files are not. The vectors of both are held against each other.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

import numpy as np

import harness
import machine


def texts_of(path, column, count, least):
    import pyarrow.parquet as pq

    texts = [text for text in pq.read_table(path, columns=[column])[column].to_pylist() if text and len(text.encode()) > least]
    return texts[:count]


def peer(options):
    """One process: loads, encodes once for warmth, then timed."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import time

    import pyarrow.parquet as pq
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(options.threads)
    model = SentenceTransformer(options.model, device="cpu")
    texts = pq.read_table(options.items)["title"].to_pylist()
    model.encode(texts[:32], show_progress_bar=False)
    start = time.perf_counter()
    vectors = model.encode(texts, batch_size=options.batch, show_progress_bar=False)
    seconds = time.perf_counter() - start
    np.save(options.output, vectors)
    print(json.dumps({"seconds": seconds}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="directory of sentence-transformers")
    parser.add_argument("--items", required=True, help="parquet with the columns title and description")
    parser.add_argument("--titles", type=int, default=2000)
    parser.add_argument("--descriptions", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=min(2, machine.processors()))
    parser.add_argument("--batch", type=int, default=32, help="texts a batch of sentence-transformers; its default")
    parser.add_argument("--log", default="embedding.jsonl", help="every measurement, one JSON object a line")
    parser.add_argument("--output", help=argparse.SUPPRESS)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options)
    import pyarrow as pa
    import pyarrow.parquet as pq

    semid = os.environ["SEMID"]
    for name, value in machine.description(semid).items():
        print(f"- {name}: {value}")
    log = harness.Log(options.log)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for kind, texts in [("titles", texts_of(options.items, "title", options.titles, 0)),
                            ("descriptions", texts_of(options.items, "description", options.descriptions, 800))]:
            items = folder / f"{kind}.parquet"
            pq.write_table(pa.table({"item_id": [str(row) for row in range(len(texts))], "title": texts}), items)
            ours, theirs = folder / "ours.npy", folder / "theirs.npy"
            results = harness.alternate({
                "semid": [semid, "embed", options.model, "--items", items, "--output", ours, "--json", "--quiet",
                          "--threads", options.threads],
                "sentence-transformers": [sys.executable, __file__, "--peer", "--model", options.model, "--items", items,
                                          "--output", theirs, "--threads", options.threads, "--batch", options.batch],
            }, options.rounds, options.threads, log, kind=kind)
            worst = np.abs(np.load(ours) - np.load(theirs)).max()
            rows = [[row["name"], f"{row['median']:.2f}", f"{row['least']:.2f}", f"{len(texts) / row['median']:.0f}",
                     f"{row['ratioOfMedians']:.2f}", f"{row['ratioOfRounds']:.2f}"] for row in harness.summary(results)]
            print(f"\n{len(texts):,} {kind}, {options.threads} threads; components differ by {worst:.1e} at most\n")
            print(harness.table(
                [kind, "median s", "least s", "texts/s", "median / semid's", "ratio of rounds"], rows))
            print("\n" + harness.busy_note(results))


if __name__ == "__main__":
    main()
