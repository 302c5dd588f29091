"""Residual k-means."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import numpy.typing as npt

import semid

from ..core import BaseSemanticEncoder, _validate_embeddings
from ..exceptions import NotFittedError


class RQKMeans(BaseSemanticEncoder):
    """Residual k-means, trained and encoded by the engine on the processor, whatever `device` says.

    `implementation="constrained"` shares the rows out evenly while training. `n_init` is the number of runs; by default
    one, whose start the engine finds by a trial.
    """

    def __init__(
        self,
        n_levels: int = 4,
        n_clusters: int | list[int] = 256,
        metric: str = "l2",
        implementation: str = "kmeans",
        max_iter: int = 100,
        tol: float = 1e-4,
        random_state: int | None = None,
        verbose: bool = False,
        n_init: int | None = None,
    ) -> None:
        if metric == "cosine":
            raise NotImplementedError(
                "Cosine metric is not yet implemented in semantic-id's interface; semid.RQKMeans(metric='cosine') has it"
            )
        if metric != "l2":
            raise ValueError(f"metric: expected 'l2', found {metric!r}")
        if implementation not in ("kmeans", "constrained"):
            raise ValueError(f"implementation: expected 'kmeans' or 'constrained', found {implementation!r}")
        sizes = [n_clusters] * n_levels if isinstance(n_clusters, (int, np.integer)) else list(n_clusters)
        if len(sizes) != n_levels:
            raise ValueError(f"n_clusters: its length {len(sizes)} must match n_levels {n_levels}")
        self.n_levels, self.n_clusters, self.metric, self.implementation = n_levels, sizes, metric, implementation
        self.max_iter, self.tol, self.random_state, self.verbose, self.n_init = (
            max_iter, tol, random_state, verbose, n_init,
        )
        self.codebooks_: list[npt.NDArray[np.float32]] = []
        self.D_: int | None = None
        self._core: semid.RQKMeans | None = None
        self._core_of: list[Any] = []

    def fit(self, X: Any, *, device: str = "cpu") -> RQKMeans:
        array = _validate_embeddings(X)
        seed = self.random_state if self.random_state is not None else int.from_bytes(os.urandom(4), "little")
        progress = None
        if self.verbose:

            def progress(event: dict[str, Any]) -> None:
                if event["event"] == "round":
                    print(f"level {event['level']}, round {event['round']}: relative error {event['relativeError']:.6f}")

        model = semid.RQKMeans(
            codebook_size=self.n_clusters, iterations=self.max_iter, tolerance=self.tol, seed=seed,
            restarts=self.n_init or 1, balance="strict" if self.implementation == "constrained" else "none",
        ).fit(array, progress=progress)
        self.codebooks_ = model.codebooks
        self.D_ = array.shape[1]
        return self

    def _model(self) -> semid.RQKMeans:
        """The engine's model of the codebooks as they are."""
        if not self.codebooks_ or self.D_ is None:
            raise NotFittedError("RQKMeans is not fitted yet; call fit() or load() first")
        if self._core is None or len(self._core_of) != len(self.codebooks_) or any(
            a is not b for a, b in zip(self._core_of, self.codebooks_, strict=True)
        ):
            self._core = semid.RQKMeans.from_codebooks(self.codebooks_)
            self._core_of = list(self.codebooks_)
        return self._core

    def _core_and_rows(self, X: npt.NDArray[np.float32]) -> tuple[semid.Tokenizer, npt.NDArray[np.float32]]:
        return self._model(), X

    def encode(self, X: Any, *, device: str = "cpu", batch_size: int | None = None) -> npt.NDArray[np.int32]:
        model = self._model()
        return model.encode(_validate_embeddings(X, expected_dim=self.D_)).astype(np.int32)

    def decode(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        return self._model().decode(codes)

    def save(self, path: str) -> None:
        self._model()
        os.makedirs(path, exist_ok=True)
        metadata = {
            "type": "RQKMeans", "n_levels": self.n_levels, "n_clusters": self.n_clusters, "metric": self.metric,
            "implementation": self.implementation, "max_iter": self.max_iter, "tol": self.tol,
            "random_state": self.random_state, "n_init": self.n_init, "D": self.D_,
        }
        books: dict[str, Any] = {f"codebook_{level}": book for level, book in enumerate(self.codebooks_)}
        np.savez_compressed(os.path.join(path, "codebooks.npz"), **books)
        with open(os.path.join(path, "metadata.json"), "w") as file:
            json.dump(metadata, file, indent=2)

    @classmethod
    def load(cls, path: str, *, device: str = "cpu") -> RQKMeans:
        with open(os.path.join(path, "metadata.json")) as file:
            data = json.load(file)
        names = ("n_levels", "n_clusters", "metric", "implementation", "max_iter", "tol", "random_state", "n_init")
        model = cls(**{name: data[name] for name in names if name in data})
        with np.load(os.path.join(path, "codebooks.npz")) as books:
            model.codebooks_ = [books[f"codebook_{level}"] for level in range(model.n_levels)]
        model.D_ = data["D"]
        return model
