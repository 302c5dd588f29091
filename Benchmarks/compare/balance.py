"""Balanced k-means: every cluster with ⌊N/K⌋ or ⌈N/K⌉ rows, by semid and by k-means-constrained. Started by `run balance`.

One level, the same rows and rounds, no early end. Judged are the clusters themselves: the squared distances of the rows
from their cluster's mean, and the sizes, both reckoned by numpy from each implementation's labels.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).parent


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run balance", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", default="synthetic:5000x384", help=".npy, .hdf5 (data set train) or synthetic:NxD")
    parser.add_argument("--rows", type=int, default=0, help="of the data, the first so many; 0: all")
    parser.add_argument("--codebook-size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1, help="semid's; the peer has one")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each implementation, turn by turn")
    parser.add_argument("--alone", action="store_true", help="semid without the peer, which takes hours for many rows")
    parser.add_argument("--output", default=".build/compare", help="folder of the tables, raw results and models")
    parser.add_argument("--labels", help=argparse.SUPPRESS)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def peer(options):
    """k-means-constrained, as its users bound it: sizes within one of N/K."""
    from k_means_constrained import KMeansConstrained

    rows = np.load(options.data)
    share = len(rows) // options.codebook_size
    start = time.perf_counter()
    model = KMeansConstrained(
        options.codebook_size, size_min=share, size_max=share + 1, n_init=1, max_iter=options.iterations, tol=0,
        random_state=0, n_jobs=1).fit(rows)
    seconds = time.perf_counter() - start
    np.save(options.labels, model.labels_)
    print(json.dumps({"seconds": seconds}))


def judged(rows, labels, size):
    """Inertia, and the least and most rows of a cluster."""
    counts = np.bincount(labels, minlength=size)
    sums = np.zeros((size, rows.shape[1]))
    np.add.at(sums, labels, rows)
    means = sums / np.maximum(counts, 1)[:, None]
    inertia = sum(float(((part - means[own]) ** 2).sum()) for part, own in zip(
        np.array_split(rows, 64), np.array_split(labels, 64)))
    return {"inertia": inertia, "least": int(counts.min()), "most": int(counts.max())}


def compare(options):
    import compare as common
    import harness
    import machine
    import vectors as data

    folder = options.folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    semid = os.environ["SEMID"]
    rows = data.load(common.input_file(options))
    rows = np.ascontiguousarray(rows[:options.rows or None], dtype=np.float32)
    path, labels, model = folder / "balance.npy", folder / "balance-labels.npy", folder / "model-balance"
    np.save(path, rows)
    commands = {
        "semid": [
            semid, "train", "rq-kmeans", path, "--output", model, "--levels", 1, "--codebook-size",
            options.codebook_size, "--balance", "strict", "--iterations", options.iterations, "--tolerance", 0,
            "--threads", options.threads, "--json", "--quiet"],
        "k-means-constrained": [
            sys.executable, HERE / "balance.py", "--peer", "--data", path, "--labels", labels, "--codebook-size",
            options.codebook_size, "--iterations", options.iterations],
    }
    if options.alone:
        del commands["k-means-constrained"]
    log = harness.Log(folder / "balance.jsonl")
    log.add(verb="machine", shape=rows.shape, **machine.description(semid))
    results = {name: [] for name in commands}
    for number in range(options.rounds):
        for name in list(commands)[number % 2:] + list(commands)[:number % 2]:
            shutil.rmtree(model, ignore_errors=True)
            result = harness.run(commands[name], options.threads if name == "semid" else 1)
            if name == "semid":
                # The codes that are stored, not those of the training.
                subprocess.run(
                    [semid, "encode", path, "--model", model, "--output", labels, "--quiet"], check=True)
            found = np.load(labels).reshape(len(rows), -1)[:, 0].astype(np.int64)
            result |= judged(rows, found, options.codebook_size)
            print(f"round {number + 1}: {name} {result['seconds']:.3g} s", file=sys.stderr)
            results[name].append(result)
            log.add(implementation=name, round=number, result=result)
    ours = results["semid"]
    lines = []
    for name, values in results.items():
        lines.append([
            name, f"{statistics.median(harness.column(values, 'seconds')):.3g}",
            f"{values[0]['inertia']:,.1f}", f"{ours[0]['inertia'] / values[0]['inertia'] - 1:+.2%}",
            f"{values[0]['least']}–{values[0]['most']}",
            f"{statistics.median(a['seconds'] / b['seconds'] for a, b in zip(values, ours)):.1f}",
        ])
    header = ["", "seconds", "inertia", "semid's beside it", "rows of a cluster", "its seconds / semid's"]
    title = (
        f"## Balanced k-means: {rows.shape[0]:,} × {rows.shape[1]}, K = {options.codebook_size}, "
        f"{options.iterations} rounds")
    note = f"semid on {options.threads} thread(s); medians of {options.rounds} runs, turn by turn."
    report = "\n\n".join([title, note, harness.table(header, lines), harness.busy_note(results)]) + "\n"
    (folder / "balance.md").write_text(report)
    print(report)


if __name__ == "__main__":
    options = arguments(sys.argv[1:])
    peer(options) if options.peer else compare(options)
