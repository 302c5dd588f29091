"""Residual k-means with tensors as codebooks. The engine trains and encodes, as for `RQKMeans`."""

from __future__ import annotations

from typing import Any, Literal

from ..core import Int32, _validate_embeddings
from ._torch import torch
from .rq_kmeans import RQKMeans


class RQKMeansTorch:
    """`RQKMeans` whose `codebooks_` are tensors on `device`."""

    def __init__(
        self, n_levels: int, n_clusters: list[int], metric: Literal["l2", "cosine"],
        implementation: Literal["kmeans", "constrained"], max_iter: int, tol: float, random_state: int | None,
        verbose: bool, device: str, n_init: int | None = None,
    ) -> None:
        self._inner = RQKMeans(
            n_levels, n_clusters, metric, implementation, max_iter, tol, random_state, verbose, n_init
        )
        self.n_levels, self.n_clusters, self.device = n_levels, self._inner.n_clusters, device
        self.codebooks_: list[Any] = []
        self.D_: int | None = None

    def fit(self, X: Any) -> RQKMeansTorch:
        """Learns the codebooks from N × D vectors."""
        self._inner.fit(X)
        self.codebooks_ = [torch.from_numpy(book).to(self.device) for book in self._inner.codebooks_]
        self.D_ = self._inner.D_
        return self

    def encode(self, X: Any, batch_size: int | None = None) -> Int32:
        """The codes of N × D vectors: N × L, int32."""
        self._inner.codebooks_ = [book.detach().cpu().numpy() for book in self.codebooks_]
        return self._inner.encode(X, batch_size=batch_size)

    def _kmeans_torch(self, X: Any, K: int, seed: int | None) -> tuple[Any, Any]:
        return self._one_level(X, K, seed, "kmeans")

    def _constrained_kmeans_torch(self, X: Any, K: int, seed: int | None) -> tuple[Any, Any]:
        return self._one_level(X, K, seed, "constrained")

    def _one_level(
        self, X: Any, K: int, seed: int | None, implementation: Literal["kmeans", "constrained"]
    ) -> tuple[Any, Any]:
        """Centers and labels of one codebook."""
        own = self._inner
        model = RQKMeans(1, K, "l2", implementation, own.max_iter, own.tol, seed, n_init=own.n_init)
        rows = _validate_embeddings(X)
        labels = model.fit(rows).encode(rows)[:, 0]
        return torch.from_numpy(model.codebooks_[0]).to(X.device), torch.from_numpy(labels).long().to(X.device)
