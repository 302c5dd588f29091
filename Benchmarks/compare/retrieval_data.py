"""Data sets of the retrieval comparison, all in the layout of ann-benchmarks: train, test, neighbors, distances."""

import os
import pathlib

import numpy as np

import vectors

KNOWN = {
    "fashion-mnist": "fashion-mnist-784-euclidean.hdf5",
    "debian-packages": "debian-packages/debian-packages-minilm-384-angular.hdf5",
}
QUERIES = 1000
NEIGHBORS = 100


def path(name, cache):
    """The file of `name`: a known data set of the folder SEMID_DATA, `synthetic:NxD`, or a path."""
    if name in KNOWN:
        folder = pathlib.Path(os.environ.get("SEMID_DATA", "."))
        return folder / KNOWN[name]
    if name.startswith("synthetic:"):
        return synthetic(name.removeprefix("synthetic:"), cache)
    return pathlib.Path(name)


def synthetic(shape, cache):
    """Made once and kept: normal clouds of unequal weight around 1,000 centers, in a subspace of at most 48 dimensions
    whose spectrum decays, and a little noise in every dimension (`vectors.synthetic`, seed 1). Queries are further draws
    of the same. Neighbors are FAISS's exact ones."""
    rows, dimension = map(int, shape.split("x"))
    target = pathlib.Path(cache) / f"synthetic-{rows}x{dimension}-euclidean.hdf5"
    if target.exists():
        return target
    import faiss
    import h5py

    points = vectors.synthetic(rows + QUERIES, dimension)
    train, test = points[:rows], points[rows:]
    index = faiss.IndexFlatL2(dimension)
    index.add(train)
    squared, neighbors = index.search(test, NEIGHBORS)
    part = target.with_suffix(".part")
    with h5py.File(part, "w") as file:
        file["train"], file["test"] = train, test
        file["neighbors"] = neighbors.astype(np.int32)
        file["distances"] = np.sqrt(np.maximum(squared, 0))
        file.attrs["distance"] = "euclidean"
    part.rename(target)
    return target


class Task:
    """What one data set asks for. Angular vectors are brought to length 1, so that every system may use its fastest
    measure of the same order."""

    def __init__(self, file, k):
        import h5py

        with h5py.File(file, "r") as data:
            self.items = np.ascontiguousarray(data["train"], np.float32)
            self.queries = np.ascontiguousarray(data["test"], np.float32)
            distances = data["distances"][:, k - 1].astype(np.float64)
            self.angular = data.attrs.get("distance", "euclidean") in ("angular", b"angular")
        if self.angular:
            for rows in (self.items, self.queries):
                rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        self.k = k
        # ann-benchmarks' rule, in its own unit of distance.
        self.limits = distances + 1e-3
        self.vector_bytes = self.items.nbytes

    def recall(self, found):
        """The share of the k found, each counted once, that are no farther than the true k-th and 0.001."""
        found = np.asarray(found).astype(np.int64)
        total = 0
        for query, rows, limit in zip(self.queries, found, self.limits):
            rows = np.unique(rows[rows >= 0])
            if self.angular:
                distances = 1 - self.items[rows].astype(np.float64) @ query.astype(np.float64)
            else:
                distances = np.linalg.norm(self.items[rows].astype(np.float64) - query, axis=1)
            total += int((distances <= limit).sum())
        return total / (len(found) * self.k)
