"""Which published IDs move when a catalogue comes again, shuffled and with new items: semid registry and semantic-id.

    PEERS_VENV/bin/python Benchmarks/compare/stability.py EMBEDDINGS.npy [--semid PATH] [--items 600] [options]

Both use one model, trained by semantic-id. A first run publishes the first `--items` rows; a second gets the same items
shuffled, with `--new` of their number more. semantic-id runs with its store in memory, saved and loaded as its
documentation has it, and with its SQLite store, which remembers what it has counted.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from semantic_id import InMemoryCollisionStore, RQKMeans, SemanticIdEngine, SQLiteCollisionStore, UniqueIdResolver


def arguments():
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("embeddings", help=".npy of N x d")
    parser.add_argument("--semid", default=".build/release/semid")
    parser.add_argument("--items", type=int, default=600, help="items of the first run")
    parser.add_argument("--new", type=float, default=0.1, help="share of new items in the second")
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--codebook-size", type=int, default=16)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


def published(vectors, ids, ask):
    """The ID of each item, and the seconds that asking took."""
    start = time.perf_counter()
    answer = ask(vectors, ids)
    return dict(zip(ids, answer)), time.perf_counter() - start


def semantic_id(encoder, folder, sqlite):
    path = folder / ("sqlite" if sqlite else "memory")
    store = SQLiteCollisionStore(str(folder / "collisions.db")) if sqlite else InMemoryCollisionStore()
    engine = SemanticIdEngine(encoder, UniqueIdResolver(store=store))
    engine.save(str(path))

    def ask(vectors, _):
        engine = SemanticIdEngine.load(str(path))
        answer = engine.unique_ids(vectors)
        if not sqlite:
            # A loaded SQLite store counts in the saved file itself; saving it again is an error.
            engine.save(str(path))
        return answer

    return ask


def semid(options, model, folder):
    def ask(vectors, ids):
        np.save(folder / "rows.npy", vectors)
        (folder / "rows.ids.json").write_text(json.dumps(ids))
        command = [options.semid, "registry", "add", folder / "ids.db", folder / "rows.npy", "--model", model]
        subprocess.run([*map(str, command), "--output", str(folder / "codes.npy"), "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        return ["-".join(map(str, row)) for row in np.load(folder / "codes.npy")]

    return ask


def main():
    options = arguments()
    vectors = np.load(options.embeddings, mmap_mode="r")
    more = round(options.items * (1 + options.new))
    if len(vectors) < more:
        sys.exit(f"{options.embeddings}: expected {more} rows, found {len(vectors)}")
    vectors = np.array(vectors[:more], np.float32)
    ids = [f"item {row}" for row in range(more)]
    order = np.random.default_rng(options.seed).permutation(more)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        encoder = RQKMeans(
            n_levels=options.levels, n_clusters=options.codebook_size, n_init=1, random_state=options.seed)
        encoder.fit(vectors[:options.items])
        encoder.save(str(folder / "model"))
        codes = encoder.encode(vectors)
        colliding = 1 - len(np.unique(codes, axis=0)) / more
        print(f"{options.items} items, then {more} shuffled; {options.codebook_size} codes at {options.levels} levels, "
              f"{options.codebook_size ** options.levels} possible IDs; collision rate of the codes {colliding:.1%}\n")
        print("| | IDs moved | of | unique in the second run | first s | second s |")
        print("|---|--:|--:|--:|--:|--:|")
        for title, ask in (
            ("semid registry", semid(options, folder / "model", folder)),
            ("semantic-id, in memory", semantic_id(encoder, folder, False)),
            ("semantic-id, SQLite", semantic_id(encoder, folder, True)),
        ):
            before, first = published(vectors[:options.items], ids[:options.items], ask)
            after, second = published(vectors[order], [ids[row] for row in order], ask)
            moved = sum(after[item] != before[item] for item in before)
            print(f"| {title} | {moved} | {len(before)} | {len(set(after.values()))} of {more} | "
                  f"{first:.2f} | {second:.2f} |", flush=True)


if __name__ == "__main__":
    main()
