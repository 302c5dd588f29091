"""Measurements. Recall and NDCG take the mean over all orders of items at equal code distance, and leave an item out of its own
neighbors by its number; the package takes the order that scikit-learn happens to return."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import semid

from ..core import BaseSemanticEncoder


def hierarchical_distance(codes_a: npt.NDArray[Any], codes_b: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Levels less the length of the common prefix, row by row; one row goes against all."""
    a, b = np.asarray(codes_a), np.asarray(codes_b)
    same = np.cumprod(a == b, axis=-1)
    return np.asarray(same.shape[-1] - same.sum(axis=-1))


def _code_distance(query: Any, codes: Any, metric: str) -> npt.NDArray[np.int64]:
    if metric == "hierarchical":
        return hierarchical_distance(query[None], codes)
    if metric == "hamming":
        return np.asarray((query[None] != codes).sum(axis=1))
    raise ValueError(f"metric: expected 'hierarchical' or 'hamming', found {metric!r}")


def _agreement(X: Any, codes: Any, k: int, sample_size: int, seed: int, metric: str) -> tuple[float, float]:
    vectors, given = np.asarray(X, np.float64), np.asarray(codes)
    count = len(vectors)
    if k >= count:
        raise ValueError(f"k={k} must be less than N={count}")
    queries = np.random.RandomState(seed).choice(count, min(count, sample_size), replace=False)
    discounts = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(k) + 2))])
    ideal = float(((k - np.arange(k)) / np.log2(np.arange(k) + 2)).sum())
    squares = (vectors**2).sum(axis=1)
    recalls, gains = [], []
    for query in queries:
        apart = squares - 2 * (vectors @ vectors[query])
        apart[query] = np.inf
        near = np.argpartition(apart, k - 1)[:k]
        near = near[np.lexsort((near, apart[near]))]
        distance = _code_distance(given[query], given, metric)
        counts = np.bincount(np.delete(distance, query))
        before = np.concatenate([[0], np.cumsum(counts)])
        first, last = before[distance[near]], before[distance[near] + 1]
        share = np.clip(k - first, 0, last - first) / (last - first)
        recalls.append(share.sum() / k)
        inside = np.minimum(last, k)
        discount = (discounts[inside] - discounts[np.minimum(first, k)]) / (last - first)
        gains.append(float((discount * (k - np.arange(k))).sum()) / ideal)
    return float(np.mean(recalls)), float(np.mean(gains))


def recall_at_k(
    X: Any, codes: Any, k: int = 10, sample_size: int = 1000, seed: int = 42, metric: str = "hierarchical"
) -> float:
    """The share of the k nearest vectors that are among the k nearest codes."""
    return _agreement(X, codes, k, sample_size, seed, metric)[0]


def ndcg_at_k(
    X: Any, codes: Any, k: int = 10, sample_size: int = 1000, seed: int = 42, metric: str = "hierarchical"
) -> float:
    """The same with the order: the neighbor at rank r is worth k − r."""
    return _agreement(X, codes, k, sample_size, seed, metric)[1]


def _ranks(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.concatenate([starts[1:], [len(values)]])
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((starts + ends - 1) / 2, ends - starts)
    return ranks


def distance_correlation(
    X: Any, codes: Any, sample_size: int = 1000, n_pairs: int = 2000, seed: int = 42, metric: str = "hierarchical"
) -> float:
    """Spearman's correlation of the distances of pairs."""
    vectors, given = np.asarray(X), np.asarray(codes)
    random = np.random.RandomState(seed)
    i, j = random.randint(0, len(vectors), n_pairs), random.randint(0, len(vectors), n_pairs)
    apart = np.linalg.norm(vectors[i] - vectors[j], axis=1)
    if metric == "hierarchical":
        distance = hierarchical_distance(given[i], given[j])
    else:
        distance = (given[i] != given[j]).sum(axis=1)
    a, b = _ranks(apart), _ranks(distance)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def find_similar(
    codes: Any, query: Any, k: int = 10
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows and distances of the k nearest codes, ties by row; a query by its row is left out."""
    given = np.asarray(codes)
    own = int(query) if isinstance(query, (int, np.integer)) else None
    distance = _code_distance(given[own] if own is not None else np.asarray(query), given, "hierarchical")
    order = np.argsort(distance, kind="stable")
    if own is not None:
        order = order[order != own % len(given)]
    order = order[:k]
    return order, distance[order]


def code_utilization_per_level(codes: Any, n_clusters: int | list[int] | None = None) -> list[float]:
    """The share of each level's codes that occur."""
    given = np.asarray(codes)
    found = []
    for level in range(given.shape[1]):
        used = len(np.unique(given[:, level]))
        if n_clusters is None:
            size = int(given[:, level].max()) + 1
        else:
            size = n_clusters[level] if isinstance(n_clusters, (list, tuple)) else int(n_clusters)
        found.append(used / size)
    return found


def code_entropy_per_level(codes: Any) -> list[float]:
    """Entropy of each level's codes in nats."""
    given = np.asarray(codes)
    found = []
    for level in range(given.shape[1]):
        shares = np.unique(given[:, level], return_counts=True)[1] / len(given)
        found.append(float(-(shares * np.log(shares + 1e-12)).sum()))
    return found


def collision_rate_per_level(codes: Any) -> list[float]:
    """1 − distinct prefixes / items, for the prefixes of each length."""
    given = np.asarray(codes)
    return [1 - len(np.unique(given[:, : depth + 1], axis=0)) / len(given) for depth in range(given.shape[1])]


def evaluate(
    X: Any, codes: Any, encoder: BaseSemanticEncoder | None = None, k: int = 10, n_pairs: int = 2000, seed: int = 42
) -> dict[str, Any]:
    """All of them, by the engine; the keys are the package's."""
    given = np.asarray(codes)
    sizes = getattr(encoder, "n_clusters", None) or getattr(encoder, "num_emb_list", None)
    found = semid.evaluate(
        given, np.asarray(X, np.float32), k=k, pairs=n_pairs, seed=seed, definitions="semantic-id"
    )
    if sizes is not None:
        found["code_utilization_per_level"] = code_utilization_per_level(given, list(sizes))
    if encoder is not None:
        try:
            found["quantization_mse"] = float(np.mean((np.asarray(X, np.float32) - encoder.decode(given)) ** 2))
        except NotImplementedError:
            pass
    return found


#: The older name.
evaluate_quality = evaluate
