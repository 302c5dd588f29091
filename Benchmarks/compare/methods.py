"""Every tokenizer that semid trains, with its defaults, on the same data: what its codes lose, how they are used, how many
items share an ID before and after collisions are resolved, and how long training took. Started by `run methods`.

Without peers: `run rqvae`, `run refinement` and `stability.py` have those.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

import harness

# Name in the table, verb of `semid train`, and its options.
METHODS = [
    ("rq-kmeans", "rq-kmeans", []),
    ("rq-kmeans, balance strict", "rq-kmeans", ["--balance", "strict"]),
    ("rq-kmeans, balance price", "rq-kmeans", ["--balance", "price"]),
    ("rq-kmeans, refine 10, beam 5", "rq-kmeans", ["--refine", "10", "--beam", "5"]),
    ("rq-kmeans-plus", "rq-kmeans-plus", []),
    ("rq-vae", "rq-vae", []),
    ("vq-vae", "vq-vae", []),
]


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run methods", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument(
        "--data", action="append", required=True,
        help="embeddings, of any form that semid reads; FILE:NAME for one array of several; may be given again")
    parser.add_argument("--methods", default="", help="parts of names in the table, separated by commas; all by default")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--output", default=".build/compare", help="folder of the tables, raw results and models")
    return parser.parse_args(words)


def semid(*words):
    done = subprocess.run(
        [os.environ["SEMID"], *map(str, words), "--json", "--quiet"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"semid {' '.join(map(str, words))}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(name, verb, options, data, folder, threads, seed):
    """One row of the table."""
    path, _, array = data.partition(":")
    source = [path, *(["--vectors", array] if array else [])]
    model, ids = folder / "model-methods", folder / "ids-methods.npy"
    shutil.rmtree(model, ignore_errors=True)
    common = ["--threads", threads]
    trained = semid("train", verb, *source, "--output", model, "--seed", seed, *options, *common)
    judged = semid("evaluate", "codes", *source, "--model", model, *common)
    found = judged["evaluation"]
    levels = found["statistics"]["levels"]
    # One level has fewer IDs than there are items.
    resolved = None
    if found["statistics"]["possibleIDs"] >= found["statistics"]["items"]:
        resolved = semid("resolve", *source, "--model", model, "--output", ids, *common)
    return {
        "data": data, "method": name, "items": found["statistics"]["items"],
        "duplicates": found["duplicates"]["ofDuplicates"] if found.get("duplicates") else None,
        "relativeError": found["reconstruction"]["relative"],
        "used": [level["usage"]["used"] for level in levels], "sizes": [level["usage"]["size"] for level in levels],
        "perplexity": [level["perplexity"] for level in levels],
        "collisionRate": found["statistics"]["collisionRate"],
        "resolvedRate": resolved and resolved["report"]["after"]["collisionRate"],
        "recall": found["neighbors"]["prefix"]["recall"], "resolveSeconds": resolved and resolved["seconds"],
        "seconds": trained.get("training", trained)["seconds"],
    }


def row(one):
    used = "all" if one["used"] == one["sizes"] else "/".join(
        f"{used / size:.1%}" for used, size in zip(one["used"], one["sizes"]))
    return [
        one["method"], f"{one['relativeError']:.4f}", f"{one['collisionRate']:.2%}",
        "–" if one["resolvedRate"] is None else f"{one['resolvedRate']:.2%}", used,
        " / ".join(f"{value:.0f}" for value in one["perplexity"]), f"{one['recall']:.3f}", f"{one['seconds']:.1f}",
    ]


def main():
    options = arguments(sys.argv[1:])
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [part for part in options.methods.split(",") if part]
    methods = [method for method in METHODS if not wanted or any(part in method[0] for part in wanted)]
    raw = (folder / "methods.jsonl").open("w")
    text = []
    for data in options.data:
        rows = []
        for name, verb, more in methods:
            print(f"{data}: {name} …", file=sys.stderr, flush=True)
            rows.append(measure(name, verb, more, data, folder, options.threads, options.seed))
            raw.write(json.dumps(rows[-1]) + "\n")
            raw.flush()
        text.append(f"### {data}: {rows[0]['items']:,} items, {rows[0]['duplicates']:,} duplicate vectors")
        header = [
            "", "relative MSE", "collision rate", "after `resolve`", "codes used", "perplexity", "recall@10 of prefixes",
            "training s",
        ]
        text.append(harness.table(header, [row(one) for one in rows]))
    document = "\n\n".join(text) + "\n"
    (folder / "methods.md").write_text(document)
    print(document)


main()
