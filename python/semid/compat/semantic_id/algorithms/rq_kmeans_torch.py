"""Residual k-means with codebooks as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

import semid

from .rq_kmeans import RQKMeans


class RQKMeansTorch:
    """As `RQKMeans`, with tensors for codebooks. The engine trains and encodes on the processor; codebooks go to `device`."""

    def __init__(
        self,
        n_levels: int,
        n_clusters: list[int],
        metric: str,
        implementation: str,
        max_iter: int,
        tol: float,
        random_state: int | None,
        verbose: bool,
        device: str,
        n_init: int | None = None,
    ) -> None:
        self._plain = RQKMeans(
            n_levels, n_clusters, metric, implementation, max_iter, tol, random_state, verbose, n_init
        )
        self.n_levels, self.n_clusters, self.device = n_levels, n_clusters, device
        self.codebooks_: list[Any] = []
        self.D_: int | None = None

    def fit(self, X: Any) -> RQKMeansTorch:
        self._plain.fit(_rows(X))
        self.codebooks_ = [torch.from_numpy(book).to(self.device) for book in self._plain.codebooks_]
        self.D_ = self._plain.D_
        return self

    def encode(self, X: Any, batch_size: int | None = None) -> npt.NDArray[np.int32]:
        self._plain.codebooks_ = [book.detach().cpu().numpy() for book in self.codebooks_]
        self._plain.D_ = self.D_
        return self._plain.encode(_rows(X), batch_size=batch_size)

    def _one_level(self, X: Any, K: int, seed: int | None, balance: str) -> tuple[Any, Any]:
        rows = _rows(X)
        model = semid.RQKMeans(
            1, K, balance=balance, iterations=self._plain.max_iter, tolerance=self._plain.tol, seed=seed or 0
        ).fit(rows)
        labels = model.encode(rows, balance=balance)[:, 0].astype(np.int64)
        return torch.from_numpy(model.codebooks[0]).to(self.device), torch.from_numpy(labels).to(self.device)

    def _kmeans_torch(self, X: Any, K: int, seed: int | None) -> tuple[Any, Any]:
        return self._one_level(X, K, seed, "none")

    def _constrained_kmeans_torch(self, X: Any, K: int, seed: int | None) -> tuple[Any, Any]:
        return self._one_level(X, K, seed, "strict")


def _rows(X: Any) -> npt.NDArray[np.float32]:
    return np.asarray(X.detach().cpu() if isinstance(X, torch.Tensor) else X, dtype=np.float32)
