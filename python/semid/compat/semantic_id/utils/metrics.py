"""Measurements of codes, by the package's definitions.

The engine measures; what it has no call for is done here, by the same rules. Recall and NDCG depend on how ties count:
semantic-id takes the order in which scikit-learn returns them. Here tied items stand in every order equally often, and the mean
over all orders is reported, so the result depends on no library and on no order of rows.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

import semid

from ..core import BaseSemanticEncoder, Float32, _validate_embeddings, as_numpy
from ..exceptions import NotFittedError, ShapeMismatchError

Metric = Literal["hierarchical", "hamming"]

#: Rows that `evaluate` takes as queries, at most: the package's own number.
_QUERIES = 1000


def hierarchical_distance(codes_a: Any, codes_b: Any) -> npt.NDArray[np.int64]:
    """L less the length of the common prefix of `codes_a` and `codes_b`, row by row; shapes (N, L) and (1, L) are broadcast."""
    same = as_numpy(codes_a) == as_numpy(codes_b)
    if not isinstance(same, np.ndarray) or same.ndim == 0:
        raise ShapeMismatchError("Expected codes of equal length")
    prefix: npt.NDArray[np.int64] = np.logical_and.accumulate(same, axis=-1).sum(axis=-1, dtype=np.int64)
    distances: npt.NDArray[np.int64] = same.shape[-1] - prefix
    return distances


def _distances(query: npt.NDArray[Any], codes: npt.NDArray[Any], metric: Metric) -> npt.NDArray[np.int64]:
    if metric == "hamming":
        count: npt.NDArray[np.int64] = (query != codes).sum(axis=-1, dtype=np.int64)
        return count
    return hierarchical_distance(query, codes)


def _checked(X: Any, codes: Any, metric: str) -> tuple[Float32, npt.NDArray[Any]]:
    vectors, rows = _validate_embeddings(X), as_numpy(codes)
    if metric not in ("hierarchical", "hamming"):
        raise ValueError(f"Unknown metric {metric!r}, expected 'hierarchical' or 'hamming'")
    if rows.ndim != 2 or len(rows) != len(vectors):
        raise ShapeMismatchError(f"Expected codes of shape ({len(vectors)}, L), got {rows.shape}")
    return vectors, rows


def recall_at_k(
    X: Any, codes: Any, k: int = 10, sample_size: int = 1000, seed: int = 42, metric: Metric = "hierarchical"
) -> float:
    """Share of the k nearest items by vector that are among the k nearest by code, in the mean over queries.

    Args:
        X: N × D vectors.
        codes: their codes, N × L.
        k: neighbors of each query, fewer than N.
        sample_size: queries, at most; drawn without replacement.
        seed: of the draw.
        metric: of codes: ``"hierarchical"`` or ``"hamming"``.
    """
    return _agreement(X, codes, k, sample_size, seed, metric)[0]


def ndcg_at_k(
    X: Any, codes: Any, k: int = 10, sample_size: int = 1000, seed: int = 42, metric: Metric = "hierarchical"
) -> float:
    """NDCG of the order by code, where the neighbor of rank r by vector (from 0) has relevance k − r.

    Arguments are those of `recall_at_k`.
    """
    return _agreement(X, codes, k, sample_size, seed, metric)[1]


def _agreement(X: Any, codes: Any, k: int, sample_size: int, seed: int, metric: Metric) -> tuple[float, float]:
    vectors, rows = _checked(X, codes, metric)
    n = len(rows)
    if k >= n:
        raise ValueError(f"k={k} must be less than N={n}")
    if k < 1 or sample_size < 1:
        raise ValueError(f"k and sample_size must be at least 1, got {k} and {sample_size}")
    if metric == "hierarchical" and min(n, sample_size) == min(n, _QUERIES):
        found = semid.evaluate(rows, vectors, definitions="semantic-id", k=k, pairs=1, seed=seed)
        return float(found[f"recall_at_{k}"]), float(found[f"ndcg_at_{k}"])
    # The engine has the package's measurements for its defaults alone.
    queries = np.random.RandomState(seed).choice(n, min(n, sample_size), replace=False)
    discounts = 1 / np.log2(np.arange(k) + 2)
    ideal = float(np.arange(k, 0, -1) @ discounts)
    squares = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64)
    recall = gain = 0.0
    # What rounding of the product below can hide, at most; who lies within it of the k-th is measured exactly.
    slack = 1e-5 * float(squares.max())
    for start in range(0, len(queries), 64):
        block = queries[start : start + 64]
        products = vectors[block] @ vectors.T
        for query, product in zip(block.tolist(), products, strict=True):
            rough = squares - 2.0 * product
            rough[query] = np.inf
            near = np.flatnonzero(rough <= np.partition(rough, k - 1)[k - 1] + slack)
            exact = np.square(vectors[near].astype(np.float64) - vectors[query]).sum(axis=1)
            relevance, inside = _shares(exact, k, np.arange(k, 0, -1, dtype=np.float64))
            by_code = _distances(rows[query], rows, metric)
            # The query itself is at distance 0.
            counts = np.bincount(by_code, minlength=rows.shape[1] + 1)
            counts[0] -= 1
            discount, found_inside = _group_shares(counts, k, discounts)
            recall += float(inside @ found_inside[by_code[near]]) / k
            gain += float(relevance @ discount[by_code[near]]) / ideal
    return recall / len(queries), gain / len(queries)


def _group_shares(
    counts: npt.NDArray[Any], k: int, values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of groups of tied items, in order: the mean of the first k ranks' `values` that an item of the group gets, and the
    probability that it is among the first k."""
    ends = np.minimum(np.cumsum(counts), k)
    starts = np.minimum(np.cumsum(counts) - counts, k)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    size = np.maximum(counts, 1)
    return (sums[ends] - sums[starts]) / size, (ends - starts) / size


def _shares(
    distances: npt.NDArray[np.float64], k: int, values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The same for every item by its distance."""
    _, group, counts = np.unique(distances, return_inverse=True, return_counts=True)
    value, inside = _group_shares(counts, k, values)
    return value[group], inside[group]


def distance_correlation(
    X: Any,
    codes: Any,
    sample_size: int = 1000,
    n_pairs: int = 2000,
    seed: int = 42,
    metric: Metric = "hierarchical",
) -> float:
    """Spearman's correlation of the distances by vector and by code, over random pairs.

    Args:
        sample_size: not used, as in the package.
        n_pairs: pairs; a pair may be of an item with itself.
    """
    vectors, rows = _checked(X, codes, metric)
    if metric == "hierarchical":
        found = semid.evaluate(rows, vectors, definitions="semantic-id", k=len(rows), pairs=n_pairs, seed=seed)
        return float(found["distance_correlation"])
    random = np.random.RandomState(seed)
    a, b = random.randint(0, len(rows), n_pairs), random.randint(0, len(rows), n_pairs)
    by_vector = _ranks(np.sqrt(np.square(vectors[a] - vectors[b]).sum(axis=1)))
    by_code = _ranks(_distances(rows[a], rows[b], metric))
    by_vector -= by_vector.mean()
    by_code -= by_code.mean()
    norm = float(np.sqrt(by_vector @ by_vector) * np.sqrt(by_code @ by_code))
    return float(by_vector @ by_code) / norm if norm else 0.0


def _ranks(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Ranks from 1; tied values get the mean of theirs."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: npt.NDArray[np.float64] = ((2 * ends - counts + 1) / 2)[group]
    return ranks


def find_similar(codes: Any, query: Any, k: int = 10) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The k items that are nearest by code, and their hierarchical distances. Of equal distances, lower rows come first.

    Args:
        codes: N × L.
        query: a row's number, which is left out of the result, or a code vector of length L.
    """
    rows = as_numpy(codes)
    own: int | None = None
    if isinstance(query, (int, np.integer)):
        own = int(query)
        if not -len(rows) <= own < len(rows):
            raise IndexError(f"index {own} is out of bounds for {len(rows)} items")
        own %= len(rows)
        vector = rows[own]
    else:
        vector = as_numpy(query).reshape(-1)
    if vector.shape != (rows.shape[1],):
        raise ShapeMismatchError(f"Expected a query of {rows.shape[1]} codes, got {vector.shape}")
    distances = hierarchical_distance(vector[None], rows)
    order = np.argsort(distances, kind="stable")
    if own is not None:
        order = order[order != own]
    order = order[: max(k, 0)].astype(np.int64)
    return order, distances[order]


def _level_counts(codes: Any) -> list[npt.NDArray[np.int64]]:
    rows = as_numpy(codes)
    return [np.unique(rows[:, level], return_counts=True)[1].astype(np.int64) for level in range(rows.shape[1])]


def code_utilization_per_level(codes: Any, n_clusters: int | list[int] | None = None) -> list[float]:
    """Share of each level's codes that at least one item has; without `n_clusters`, of the largest code plus one."""
    rows = as_numpy(codes)
    if n_clusters is None:
        sizes = [int(rows[:, level].max()) + 1 for level in range(rows.shape[1])]
    elif isinstance(n_clusters, (int, np.integer)):
        sizes = [int(n_clusters)] * rows.shape[1]
    else:
        sizes = list(n_clusters)
    return [len(counts) / size for counts, size in zip(_level_counts(rows), sizes, strict=True)]


def code_entropy_per_level(codes: Any) -> list[float]:
    """Entropy of each level's codes in nats."""
    shares = [counts / counts.sum() for counts in _level_counts(codes)]
    return [float(-(share * np.log(share + 1e-12)).sum()) for share in shares]


def collision_rate_per_level(codes: Any) -> list[float]:
    """1 − distinct prefixes / items, for prefixes of 1 … L codes."""
    rows = as_numpy(codes)
    order = np.lexsort(rows.T[::-1])
    sorted_rows = rows[order]
    # A prefix begins where one of its codes differs from the row before.
    differs = np.logical_or.accumulate(sorted_rows[1:] != sorted_rows[:-1], axis=1)
    return [float(1 - (1 + count) / len(rows)) for count in differs.sum(axis=0).tolist()]


def evaluate(
    X: Any, codes: Any, encoder: BaseSemanticEncoder | None = None, k: int = 10, n_pairs: int = 2000, seed: int = 42
) -> dict[str, object]:
    """All measurements at once.

    Args:
        X: N × D vectors.
        codes: their codes, N × L.
        encoder: says how many codes a level has, and decodes.
        k: neighbors for recall and NDCG, which are left out where N is not larger.
        n_pairs: pairs for the correlation.
        seed: of queries and pairs.

    Returns:
        ``n_samples``, ``n_unique_codes``, ``collision_rate``, ``collision_rate_per_level``, ``recall_at_{k}``,
        ``ndcg_at_{k}``, ``distance_correlation``, ``code_utilization_per_level``, ``code_entropy_per_level``, and with an
        encoder that decodes ``quantization_mse``, the mean of (X − decode(codes))² over all values.
    """
    vectors, rows = _checked(X, codes, "hierarchical")
    tokenizer: semid.Tokenizer | None = None
    if encoder is not None and hasattr(encoder, "_tokenizer"):
        try:
            tokenizer = encoder._tokenizer()
        except NotFittedError:
            encoder = None
    measured = semid.evaluate(
        rows, vectors, tokenizer=tokenizer, definitions="semantic-id", k=k, pairs=n_pairs, seed=seed
    )
    found: dict[str, object] = {key: _floats(key, measured[key]) for key in _keys(k) if key in measured}
    if tokenizer is None and encoder is not None:
        # An encoder of the caller's own.
        sizes = getattr(encoder, "n_clusters", getattr(encoder, "num_emb_list", None))
        found["code_utilization_per_level"] = code_utilization_per_level(rows, sizes)
        try:
            found["quantization_mse"] = float(np.mean(np.square(vectors - encoder.decode(rows)), dtype=np.float64))
        except NotImplementedError:
            pass
    return found


def _keys(k: int) -> list[str]:
    """What `evaluate` measures, in the package's order."""
    return [
        "n_samples", "n_unique_codes", "collision_rate", "collision_rate_per_level", f"recall_at_{k}", f"ndcg_at_{k}",
        "distance_correlation", "code_utilization_per_level", "code_entropy_per_level", "quantization_mse",
    ]  # fmt: skip


def _floats(key: str, value: Any) -> object:
    """JSON writes 1.0 as 1."""
    if key.startswith("n_"):
        return int(value)
    return [float(each) for each in value] if isinstance(value, list) else float(value)


evaluate_quality = evaluate
