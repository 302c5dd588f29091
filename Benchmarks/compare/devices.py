"""Training by torch against the engine's own training: the error of residual k-means and RQ-VAE, seed by seed, and the share of
rows that `encode(device=...)` gives back to the engine. Started by `run devices`, or by any Python with torch, h5py and semid.

Quality is compared, not speed: the device is torch's processor unless --device names another.
"""

import argparse
import json
import os
import pathlib
import time
import warnings

import numpy as np


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run devices", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--size", type=int, default=64, help="codes of a level")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--sets", default="fashion-mnist,debian,synthetic")
    parser.add_argument("--output", default=".build/compare")
    return parser.parse_args(words)


def rows_of(name, count):
    data = pathlib.Path(os.environ.get("SEMID_DATA", "../shared/data"))
    files = {
        "fashion-mnist": data / "fashion-mnist-784-euclidean.hdf5",
        "debian": data / "debian-packages" / "debian-packages-minilm-384-angular.hdf5",
    }
    if name in files:
        import h5py

        with h5py.File(files[name]) as file:
            return file["train"][:count].astype(np.float32)
    random = np.random.default_rng(1)
    groups = random.normal(size=(300, 64))
    return (groups[random.integers(0, 300, count)] + 0.3 * random.normal(size=(count, 64))).astype(np.float32)


def main(words):
    import semid
    import semid.torch

    warnings.simplefilter("ignore", semid.SemidWarning)
    options = arguments(words)
    lines = [
        "| vectors | model | engine | torch | rows decided again |", "|---|---|---:|---:|---:|"]
    found = []
    for name in options.sets.split(","):
        rows = rows_of(name, options.rows)
        for kind in ("RQ-KMeans", "RQ-VAE"):
            results = {"engine": [], "torch": []}
            again = []
            for seed in range(options.seeds):
                for way in results:
                    if kind == "RQ-KMeans":
                        model = semid.RQKMeans(options.levels, options.size, seed=seed)
                    else:
                        model = semid.RQVAE(
                            options.levels, options.size, hidden=[options.hidden], code_dimension=32,
                            epochs=options.epochs, seed=seed)
                    start = time.perf_counter()
                    model.fit(rows, device=options.device if way == "torch" else None)
                    seconds = time.perf_counter() - start
                    codes = model.encode(rows)
                    variance = np.square(rows - rows.mean(0, dtype=np.float64)).sum()
                    error = np.square(rows - model.decode(codes).astype(np.float64)).sum() / variance
                    results[way].append(float(error))
                    if way == "torch":
                        encoded = semid.torch.encode(model, rows, device=options.device)
                        if not np.array_equal(encoded.codes, codes):
                            raise SystemExit(f"{name}, {kind}, seed {seed}: codes differ")
                        again.append(len(encoded.decided_again))
                    found.append({
                        "set": name, "kind": kind, "way": way, "seed": seed, "error": float(error), "seconds": seconds,
                        "collisions": 1 - len(np.unique(codes, axis=0)) / len(codes)})
                    print(json.dumps(found[-1]), flush=True)
            cells = ["; ".join(f"{value:.4f}" for value in results[way]) for way in results]
            lines.append(f"| {name}, {len(rows):,} × {rows.shape[1]} | {kind} | {cells[0]} | {cells[1]} | {max(again)} |")
    text = "\n".join(lines) + "\n"
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    (output / "devices.md").write_text(text)
    (output / "devices.jsonl").write_text("".join(json.dumps(line) + "\n" for line in found))
    print(text)


if __name__ == "__main__":
    import sys

    main([word for word in sys.argv[1:] if word != "devices"])
