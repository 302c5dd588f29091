"""Compares Hamming expansion: every item whose ID differs from the query's at one level at most.

The same codes and queries for all, one thread, item numbers as the answer; the sums of what was found must agree.
Started by `run`, and by itself for one peer a process.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import numpy as np

import harness
import machine
import masks


def made(options):
    """Codes, a tenth of the items with the ID of another; half of the queries IDs, half with one code changed."""
    random = np.random.default_rng(options.seed)
    if options.codes:
        codes = np.load(options.codes).astype(np.uint16)
    else:
        unique = masks.made(options.items * 9 // 10, options.levels, options.codebook_size, options.seed)
        codes = np.concatenate([unique, unique[random.integers(0, len(unique), options.items - len(unique))]])
        codes = codes[random.permutation(len(codes))]
    queries = codes[random.integers(0, len(codes), options.queries)].copy()
    half = len(queries) // 2
    rows = np.arange(half, len(queries))
    levels = random.integers(0, codes.shape[1], len(rows))
    queries[rows, levels] = random.integers(0, options.codebook_size, len(rows))
    return codes, queries


# ---- Peers: codes → what answers a query -------------------------------------------------------------------------


def hash_probes(codes, size):
    """Every neighbor that there could be is looked up: 1 + L · (K − 1) probes."""
    table = {}
    for item, code in enumerate(map(tuple, codes.tolist())):
        table.setdefault(code, []).append(item)

    def answer(query):
        code = query.tolist()
        found = list(table.get(tuple(code), ()))
        for level, own in enumerate(code):
            for other in range(size):
                if other != own:
                    code[level] = other
                    if items := table.get(tuple(code)):
                        found.extend(items)
            code[level] = own
        return found

    return answer


def sorted_copies(codes, size):
    """A sorted copy of the codes for each level, with that level left out: numpy's binary searches."""
    levels = codes.shape[1]
    weights = np.array([size ** (levels - 1 - level) for level in range(levels)], np.uint64)
    keys = (codes * weights).sum(1, dtype=np.uint64)

    def ordered(keys):
        order = np.argsort(keys, kind="stable").astype(np.int32)
        return order, keys[order]

    copies = [ordered(keys)] + [ordered(keys - codes[:, level] * weights[level]) for level in range(levels)]

    def answer(query):
        key = (query * weights).sum(dtype=np.uint64)
        parts = []
        for number, (order, found) in enumerate(copies):
            wanted = key - query[number - 1] * weights[number - 1] if number else key
            start, end = np.searchsorted(found, wanted), np.searchsorted(found, wanted, side="right")
            if end > start:
                items = order[start:end]
                parts.append(items[keys[items] != key] if number else items)
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    return answer


PEERS = {"hash-probes": hash_probes, "sorted-copies": sorted_copies}


def measure(options):
    """One peer, in this process."""
    codes, queries = np.load(options.codes), np.load(options.peer_queries)
    start = time.perf_counter()
    answer = PEERS[options.peer](codes, options.codebook_size)
    built = time.perf_counter() - start
    for query in queries[:20]:
        answer(query)
    times, found = [], 0
    for query in queries:
        start = time.perf_counter()
        items = answer(query)
        times.append((time.perf_counter() - start) * 1e6)
        found += len(items)
    print(json.dumps({
        "seconds": statistics.mean(times) / 1e6, "found": found, "buildSeconds": built,
        "mean": statistics.mean(times), "p50": float(np.quantile(times, 0.5)), "p99": float(np.quantile(times, 0.99))}))


def main():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run expansion", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--levels", type=int, default=4)
    parser.add_argument("--codebook-size", type=int, default=256)
    parser.add_argument("--codes", help="codes to use instead of made-up ones, .npy")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each implementation, turn by turn")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", default=".build/compare", help="folder of the codes and of the raw results")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--peer-queries", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return measure(options)
    names = [name for name in options.peers.split(",") if name]
    if unknown := set(names) - set(PEERS):
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}")
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    codes, queries = made(options)
    files = [folder / "expansion-codes.npy", folder / "expansion-queries.npy"]
    for file, values in zip(files, (codes, queries)):
        np.save(file, values)
    log = harness.Log(folder / "expansion.jsonl")
    commands = {
        "semid": [os.environ["SEMID"], "bench", "expansion", "--codes", files[0], "--queries", files[1], "--threads", 1,
                  "--json"]}
    for name in names:
        commands[name] = [sys.executable, __file__, "--peer", name, "--codes", files[0], "--peer-queries", files[1],
                          "--codebook-size", options.codebook_size]
    change = {"semid": lambda result: result | {"seconds": result["mean"] / 1e6}}
    results = harness.alternate(commands, options.rounds, 1, log, change=change, items=len(codes))
    found = {name: {run["found"] for run in runs} for name, runs in results.items()}
    if len(set().union(*found.values())) > 1:
        sys.exit(f"the answers differ: {found}")

    print(f"# Hamming distance 1: {len(codes):,} items, {codes.shape[1]} levels of {options.codebook_size}, "
          f"{len(queries):,} queries, {results['semid'][0]['found'] / len(queries):.1f} items each\n")
    print(harness.table(["machine", ""], machine.description(os.environ["SEMID"]).items()))
    print("\nOne thread, microseconds a query, medians of the rounds; the same number of items found by all.\n")
    rows = []
    for name, runs in results.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in ("mean", "p50", "p99", "buildSeconds")}
        ratio = statistics.median(a["mean"] / b["mean"] for a, b in zip(runs, results["semid"]))
        rows.append([name, *(f"{middle[key]:.1f}" for key in ("mean", "p50", "p99")), f"{middle['buildSeconds']:.2f}",
                     f"{ratio:.1f}"])
    print(harness.table(["", "mean", "p50", "p99", "build s", "mean / semid's"], rows))
    print("\n" + harness.busy_note(results))


if __name__ == "__main__":
    main()
