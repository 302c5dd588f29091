"""k-means from semid's default start against the best of scikit-learn's ten (k-means++, n_init 10), one level of K codes:
normal vectors of 1, 2, 4 and 8 numbers, tight clusters in 32, and any file of vectors. Started by `run starts`.

Errors are computed again, in double precision, from the centroids that each wrote. "As before" is semid with
--start k-means||, whose seeds are drawn in whatever the dimension.
"""

import argparse
import json
import os
import pathlib
import subprocess
import time

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

import harness
import vectors


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run starts", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", action="append", default=[], help="a file of vectors; may be given again")
    parser.add_argument("--rows", type=int, default=20_000, help="rows of the made sets")
    parser.add_argument("--clusters", type=int, default=256)
    parser.add_argument("--runs", type=int, default=10, help="scikit-learn's n_init")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--output", default=".build/compare", help="folder of the table and the raw results")
    return parser.parse_args(words)


def made(rows, clusters):
    random = np.random.default_rng(1)
    for d in (1, 2, 4, 8):
        yield f"normal, d = {d}", random.normal(size=(rows, d)).astype("f4")
    centers = random.normal(size=(clusters, 32))
    spread = 0.05 * random.normal(size=(rows, 32))
    yield f"{clusters} tight clusters, d = 32", (centers[random.integers(0, clusters, rows)] + spread).astype("f4")


def error(rows, centroids):
    """The mean of |x - c|^2 over the rows, c the nearest centroid."""
    total = 0.0
    for first in range(0, len(rows), 4096):
        part = rows[first:first + 4096].astype("f8")
        near = (-2 * part @ centroids.T + (centroids ** 2).sum(1)).argmin(1)
        total += ((part - centroids[near]) ** 2).sum()
    return total / len(rows)


def ours(rows, options, folder, *more):
    path, model = folder / "rows-starts.npy", folder / "model-starts"
    np.save(path, rows)
    command = [
        os.environ["SEMID"], "train", "rq-kmeans", path, "--output", model, "--levels", 1, "--codebook-size",
        options.clusters, "--threads", options.threads, "--json", "--quiet", *more,
    ]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    seconds = json.loads(done.stdout.splitlines()[-1])["seconds"]
    return error(rows, vectors.codebooks(model)[0].astype("f8")), seconds


def peer(rows, options):
    start = time.perf_counter()
    with threadpool_limits(options.threads):
        found = KMeans(options.clusters, n_init=options.runs, random_state=0).fit(rows)
    return error(rows, found.cluster_centers_.astype("f8")), time.perf_counter() - start


def main(words=None):
    options = arguments(words)
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    log = harness.Log(folder / "starts.jsonl")
    sets = list(made(options.rows, options.clusters))
    sets += [(pathlib.Path(path).stem, np.asarray(vectors.load(path), "f4")) for path in options.data]
    lines = []
    for name, rows in sets:
        best, peer_seconds = peer(rows, options)
        found, seconds = ours(rows, options, folder)
        before, before_seconds = ours(rows, options, folder, "--start", "k-means||")
        log.add(
            set=name, rows=len(rows), sklearn=best, semid=found, before=before, sklearnSeconds=peer_seconds,
            seconds=seconds, beforeSeconds=before_seconds)
        lines.append([
            name, f"{best:.6g}", f"{found:.6g}", f"{found / best:.4f}", f"{before / best:.4f}", f"{peer_seconds:.1f}",
            f"{seconds:.2f}", f"{before_seconds:.2f}",
        ])
    header = [
        "", f"scikit-learn, best of {options.runs}", "semid", "semid / best", "as before / best", "its s", "semid's s",
        "as before, s",
    ]
    text = harness.table(header, lines)
    (folder / "starts.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
