"""Vectors and codebooks from files, and synthetic vectors."""

import json
import pathlib

import numpy as np


def load(path):
    """The vectors of a .npy file, or of the data set `train` of an .hdf5 file: N×d float32, contiguous."""
    if path.endswith((".hdf5", ".h5")):
        import h5py

        with h5py.File(path, "r") as file:
            vectors = file["train"][:]
    else:
        vectors = np.load(path)
    return np.ascontiguousarray(vectors, dtype=np.float32)


def codebooks(model):
    """The codebooks of a model directory that semid wrote: a list of K×d float32, one a level."""
    data = (pathlib.Path(model) / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), memoryview(data)[8 + size :]
    levels = []
    while (entry := header.get(f"codebooks.{len(levels)}")) is not None:
        assert entry["dtype"] == "F32", entry
        first, last = entry["data_offsets"]
        levels.append(np.frombuffer(body[first:last], np.float32).reshape(entry["shape"]).copy())
    assert levels, f"{model} holds no codebooks"
    return levels


def synthetic(rows, dimension, seed=1):
    """Clusters of unequal weight in a subspace with a decaying spectrum, and noise in every dimension."""
    random = np.random.default_rng(seed)
    clusters, latent = 1000, min(48, dimension)
    spectrum = ((1 + np.arange(latent)) ** -0.5).astype(np.float32)
    basis = np.linalg.qr(random.standard_normal((dimension, latent)))[0].T.astype(np.float32)
    centers = random.standard_normal((clusters, latent), dtype=np.float32)
    weights = random.exponential(size=clusters)
    chosen = random.choice(clusters, rows, p=weights / weights.sum())
    points = centers[chosen] + 0.45 * random.standard_normal((rows, latent), dtype=np.float32)
    noise = random.standard_normal((rows, dimension), dtype=np.float32)
    return (points * spectrum) @ basis + np.float32(0.02) * noise


def relative_error(vectors, books, codes):
    """Mean squared error of the decoded codes over the variance of the vectors."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    error = variance = 0.0
    for first in range(0, len(vectors), 16384):
        rows = vectors[first : first + 16384].astype(np.float64)
        rest = rows.copy()
        for level, book in enumerate(books):
            rest -= book[codes[first : first + 16384, level]]
        error += np.square(rest).sum()
        variance += np.square(rows - mean).sum()
    return float(error / variance)


def perplexities(codes, sizes):
    """e to the entropy of each level's codes."""
    found = []
    for level, size in enumerate(sizes):
        shares = np.bincount(codes[:, level], minlength=size) / len(codes)
        shares = shares[shares > 0]
        found.append(float(np.exp(-(shares * np.log(shares)).sum())))
    return found


def quality(vectors, books, codes):
    """Relative error, perplexities and the share of rows whose code an earlier row has."""
    codes = np.asarray(codes, dtype=np.int64)
    return {
        "relativeError": relative_error(vectors, books, codes),
        "perplexity": perplexities(codes, [len(book) for book in books]),
        "collisionRate": 1 - len(np.unique(codes, axis=0)) / len(codes),
    }
