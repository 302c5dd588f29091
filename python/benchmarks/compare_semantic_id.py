"""Times the package semantic-id and this engine under its interface, one after the other in one run, on one machine.

    python python/benchmarks/compare_semantic_id.py SEMANTIC_ID_SRC [ROWS]

SEMANTIC_ID_SRC is the folder with the package's sources (`src` of its sdist).
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
from typing import Any

import numpy as np


def best(body: Any, times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        body()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    theirs: Any = importlib.import_module("semantic_id")
    ours: Any = importlib.import_module("semid.compat.semantic_id")
    random = np.random.default_rng(0)
    groups = random.normal(size=(500, 64))
    small = (groups[random.integers(0, 500, rows)] + random.normal(size=(rows, 64)) / 2).astype(np.float32)
    wide = random.normal(size=(5 * rows, 384)).astype(np.float32)
    print(f"{os.cpu_count()} processors, {rows:,} rows; load {os.getloadavg()[0]:.1f}; semantic-id {theirs.__version__}")
    print(f"{'':44} {'theirs':>9} {'ours':>9} {'times':>7}")

    def pair(name: str, a: float, b: float) -> None:
        print(f"{name:44} {a:>8.3f}s {b:>8.3f}s {a / b:>6.1f}×")

    fitted = {}
    times = []
    for package in (theirs, ours):
        model = package.RQKMeans(3, 256, random_state=0, n_init=1)
        times.append(best(lambda model=model: model.fit(small), 1))
        fitted[package] = model
    pair(f"fit {rows:,} × 64, 3 × 256, n_init 1", *times)
    for package, model in fitted.items():
        error = float(np.mean((small - model.decode(model.encode(small))) ** 2))
        print(f"  mean squared error {error:.5f} ({package.__name__})")

    books = [random.normal(size=(256, 384)).astype(np.float32) / (level + 1) for level in range(3)]
    times = []
    for package in (theirs, ours):
        model = package.RQKMeans(3, 256)
        model.codebooks_, model.D_ = books, 384
        times.append(best(lambda model=model: model.encode(wide), 2))
    pair(f"encode {len(wide):,} × 384", *times)

    names = [f"{a}-{b}" for a, b in random.integers(0, 100, (10 * rows, 2))]
    pair(
        f"unique IDs of {len(names):,}, in memory",
        *[best(lambda p=p: p.UniqueIdResolver(p.InMemoryCollisionStore()).assign(names), 2) for p in (theirs, ours)],
    )
    few = names[:1000]
    with tempfile.TemporaryDirectory() as folder:
        pair(
            f"unique IDs of {len(few):,}, SQLite",
            *[
                best(
                    lambda p=p: p.UniqueIdResolver(
                        p.SQLiteCollisionStore(os.path.join(folder, p.__name__ + ".db"))
                    ).assign(few), 1,
                )
                for p in (theirs, ours)
            ],
        )
    part = small[: rows // 4]
    codes = fitted[ours].encode(part)
    pair(f"evaluate {len(part):,}", *[best(lambda p=p: p.evaluate(part, codes), 1) for p in (theirs, ours)])


main()
