"""Optimal transport and seeding, on tensors."""

from __future__ import annotations

from typing import Any

import torch

import semid


def center_distance_for_constraint(distances: Any) -> Any:
    """Distances brought to −1 … 1."""
    high, low = distances.max(), distances.min()
    middle = (high + low) / 2
    return (distances - middle) / (high - middle + 1e-5)


def sinkhorn_algorithm(distances: Any, epsilon: float, sinkhorn_iterations: int) -> Any:
    """The plan that gives each row one share and all columns as much, as exp(−distance/epsilon) asks for.

    Logarithms keep what exp would overflow.
    """
    log = -distances.double() / epsilon
    rows, columns = log.shape
    log = log - torch.logsumexp(log.flatten(), 0)
    for _ in range(sinkhorn_iterations):
        log = log - torch.logsumexp(log, dim=1, keepdim=True) - torch.log(torch.tensor(float(rows)))
        log = log - torch.logsumexp(log, dim=0, keepdim=True) - torch.log(torch.tensor(float(columns)))
    return (log + torch.log(torch.tensor(float(rows)))).exp()


def _initialize_centroids_kmeans_plus_plus(X: Any, K: int, seed: int | None = None) -> Any:
    """k-means++: rows drawn one by one, each by its squared distance from those before it."""
    random = torch.Generator().manual_seed(seed if seed is not None else int(torch.seed()) % 2**31)
    rows = X.detach().cpu().double()
    chosen = [int(torch.randint(len(rows), (1,), generator=random))]
    nearest = ((rows - rows[chosen[0]]) ** 2).sum(dim=1)
    while len(chosen) < K:
        total = nearest.sum()
        weights = nearest if total > 0 else torch.ones_like(nearest)
        chosen.append(int(torch.multinomial(weights, 1, generator=random)))
        nearest = torch.minimum(nearest, ((rows - rows[chosen[-1]]) ** 2).sum(dim=1))
    return X[chosen]


def kmeans_torch(
    X: Any, num_clusters: int, max_iter: int = 100, tol: float = 1e-4, seed: int | None = None, verbose: bool = False
) -> Any:
    """Centroids, by the engine."""
    model = semid.RQKMeans(1, num_clusters, iterations=max_iter, tolerance=tol, seed=seed or 0)
    return torch.from_numpy(model.fit(X.detach().cpu()).codebooks[0]).to(X.device)
