"""Clustering of tensors. k-means is the engine's; the rest is for torch modules of `algorithms.rq_vae_modules`."""

from __future__ import annotations

import math
import sys
from typing import Any

from ..algorithms._torch import torch
from ..core import _validate_embeddings


def sinkhorn_algorithm(distances: Any, epsilon: float, sinkhorn_iterations: int) -> Any:
    """Shares of N rows over K codes, N × K, whose rows sum to one and whose columns are about equal (Cuturi 2013).

    Works on logarithms, so that no `epsilon` overflows.
    """
    shares = -distances / epsilon
    rows, codes = distances.shape
    for _ in range(sinkhorn_iterations):
        shares = shares - shares.logsumexp(1, keepdim=True)
        shares = shares - shares.logsumexp(0, keepdim=True) + math.log(rows / codes)
    return shares.exp()


def center_distance_for_constraint(distances: Any) -> Any:
    """Distances moved and scaled to lie within about −1 … 1."""
    most, least = distances.max(), distances.min()
    middle = (most + least) / 2
    return (distances - middle) / (most - middle + 1e-5)


def _initialize_centroids_kmeans_plus_plus(X: Any, K: int, seed: int | None = None) -> Any:
    """K rows of X, each drawn with a probability that grows with its squared distance from those before (k-means++)."""
    generator = torch.Generator(device=X.device)
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    chosen = [int(torch.randint(len(X), (), generator=generator, device=X.device))]
    nearest = (X - X[chosen[0]]).square().sum(1)
    while len(chosen) < K:
        # Where every row is a center already, any row will do.
        weights = nearest if bool(nearest.sum() > 0) else torch.ones_like(nearest)
        chosen.append(int(torch.multinomial(weights, 1, generator=generator)))
        nearest = torch.minimum(nearest, (X - X[chosen[-1]]).square().sum(1))
    return X[chosen].clone()


def kmeans_torch(
    X: Any, num_clusters: int, max_iter: int = 100, tol: float = 1e-4, seed: int | None = None, verbose: bool = False
) -> Any:
    """Centers of the rows, K × D, on the device of X. The engine's k-means finds them, on the processor."""
    from ..algorithms.rq_kmeans import RQKMeans

    model = RQKMeans(1, num_clusters, max_iter=max_iter, tol=tol, random_state=seed, n_init=1)
    model.fit(_validate_embeddings(X))
    if verbose:
        print(f"k-means of {tuple(X.shape)} to {num_clusters} centers", file=sys.stderr)
    return torch.from_numpy(model.codebooks_[0]).to(X.device, X.dtype)
