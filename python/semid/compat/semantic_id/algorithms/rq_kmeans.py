"""Residual k-means."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

import semid
from semid import _library as library

from .. import _files
from .._random import seed as random_seed
from ..core import (
    BaseSemanticEncoder,
    Embeddings,
    Float32,
    Int32,
    _validate_embeddings,
    as_numpy,
    check_codes,
    check_device,
)
from ..exceptions import NotFittedError, ShapeMismatchError


class RQKMeans(BaseSemanticEncoder):
    """A codebook for the vectors, then one for what it leaves over, and so on.

    Args:
        n_levels: codes per item.
        n_clusters: codes of every level, or a list with one number a level; 65,536 at most.
        metric: ``"l2"``. For cosine take `semid.RQKMeans`.
        implementation: ``"kmeans"``, or ``"constrained"``, which uses all codes of a level about equally often.
        max_iter: rounds of a level, at most.
        tol: a level ends when a round lowers its error by less than a hundredth of this, as a share.
        random_state: seed; equal seeds give equal models for any number of threads. None draws one from numpy's global
            generator.
        verbose: print a line when a level is done.
        n_init: runs of a level, of which the best is kept; None: 10, or 3 for ``"constrained"``.

    Attributes:
        codebooks_: the codewords of each level, K × D float32; empty before `fit`. May be set.
        D_: length of the vectors; None before `fit`.
    """

    def __init__(
        self,
        n_levels: int = 4,
        n_clusters: int | list[int] = 256,
        metric: Literal["l2", "cosine"] = "l2",
        implementation: Literal["kmeans", "constrained"] = "kmeans",
        max_iter: int = 100,
        tol: float = 1e-4,
        random_state: int | None = None,
        verbose: bool = False,
        n_init: int | None = None,
    ) -> None:
        if metric == "cosine":
            raise NotImplementedError(
                'Cosine metric is not yet implemented in this interface; semid.RQKMeans(metric="cosine") has it'
            )
        if metric != "l2":
            raise ValueError(f"Unknown metric {metric!r}, expected 'l2'")
        if implementation not in ("kmeans", "constrained"):
            raise ValueError(f"Unknown implementation {implementation!r}, expected 'kmeans' or 'constrained'")
        sizes = [n_clusters] * n_levels if isinstance(n_clusters, (int, np.integer)) else list(n_clusters)
        if len(sizes) != n_levels:
            raise ValueError(f"len(n_clusters) {len(sizes)} must match n_levels {n_levels}")
        self.n_levels = n_levels
        self.n_clusters: list[int] = [int(size) for size in sizes]
        self.metric = metric
        self.implementation = implementation
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.verbose = verbose
        self.n_init = n_init
        self.codebooks_: list[Any] = []
        self.D_: int | None = None
        self._model: semid.RQKMeans | None = None
        self._books: list[Float32] = []

    # ---- The engine's model ----

    def _tokenizer(self) -> semid.RQKMeans:
        """The engine's model of `codebooks_`, made anew when they were set or written to."""
        if not self.codebooks_:
            raise NotFittedError("Model is not fitted yet. Call fit() first.")
        books = [as_numpy(book) for book in self.codebooks_]
        same = len(books) == len(self._books) and all(map(np.array_equal, books, self._books))
        if self._model is None or not same:
            self._adopt(semid.RQKMeans.from_codebooks(books))
        model = self._model
        assert model is not None
        return model

    def _adopt(self, model: semid.RQKMeans) -> None:
        self._model = model
        self._books = model.codebooks

    def _engine_options(self) -> dict[str, Any]:
        default_runs = 10 if self.implementation == "kmeans" else 3
        return {
            "balance": "price" if self.implementation == "constrained" else "none",
            "start": "auto",
            "restarts": default_runs if self.n_init is None else self.n_init,
            "iterations": self.max_iter,
            # scikit-learn ends by how far centers move; the error falls by far less than they do.
            "tolerance": self.tol / 100,
            "seed": random_seed() if self.random_state is None else library.seed(self.random_state, "random_state"),
        }

    # ---- What it does ----

    def fit(self, X: Embeddings, *, device: str = "cpu") -> RQKMeans:
        """Learns the codebooks from N × D vectors, N at least the largest codebook. The processor trains, whatever
        `device` is."""
        vectors = _validate_embeddings(X)
        check_device(device)
        short = next((size for size in self.n_clusters if size > len(vectors)), None)
        if short is not None:
            raise ValueError(f"n_samples={len(vectors)} should be >= n_clusters={short}.")
        model = semid.RQKMeans(self.n_levels, self.n_clusters, **self._engine_options())
        told = _Told(self.n_levels) if self.verbose else None
        model.fit(vectors, progress=told)
        if told is not None:
            told.line()
        self._adopt(model)
        self.codebooks_ = [book.copy() for book in self._books]
        self.D_ = vectors.shape[1]
        return self

    def encode(self, X: Embeddings, *, device: str = "cpu", batch_size: int | None = None) -> Int32:
        """The codes of N × D vectors: N × L, int32, each level's nearest codeword to what the levels before left over.

        ``"constrained"`` adds to each distance the price that training found for the code, which keeps use even.
        Memory does not grow with N, so `batch_size` changes nothing. `device` does not change the codes.
        """
        model = self._tokenizer()
        check_device(device)
        return model.encode(_validate_embeddings(X, model.dimension)).astype(np.int32)

    def decode(self, codes: Any) -> Float32:
        """The sums of the codewords of N × L codes: N × D."""
        model = self._tokenizer()
        return model.decode(check_codes(codes, model.level_sizes))

    # ---- Files ----

    def save(self, path: str) -> None:
        """Writes ``metadata.json`` and ``codebooks.npz``, which semantic-id reads, too; and with
        ``implementation="constrained"`` the folder ``semid``, which holds the prices."""
        model = self._tokenizer()
        folder = Path(path)
        books = {f"codebook_{level}": book for level, book in enumerate(self._books)}
        _files.write(folder / "codebooks.npz", lambda file: _save_arrays(file, books))
        if self.implementation == "constrained":
            model.save(folder / _files.EXACT)
        _files.write_json(
            folder / "metadata.json",
            {
                "type": "RQKMeans", "n_levels": self.n_levels, "n_clusters": self.n_clusters, "metric": self.metric,
                "implementation": self.implementation, "max_iter": self.max_iter, "tol": self.tol,
                "random_state": self.random_state, "n_init": self.n_init, "D": model.dimension,
            },
        )

    @classmethod
    def load(cls, path: str, *, device: str = "cpu") -> RQKMeans:
        """Opens a directory that this class or semantic-id wrote.

        Raises:
            FileNotFoundError: there is none.
            ValueError: its files are not such a model's, or do not fit together.
        """
        check_device(device)
        folder = Path(path)
        found = _files.read_json(
            folder / "metadata.json", "an RQKMeans",
            {"n_levels": int, "n_clusters": list, "metric": str, "implementation": str, "max_iter": int},
        )
        made = cls(
            n_levels=found["n_levels"], n_clusters=found["n_clusters"], metric=found["metric"],
            implementation=found["implementation"], max_iter=found["max_iter"], tol=found.get("tol", 1e-4),
            random_state=found.get("random_state"), n_init=found.get("n_init"),
        )
        books = _load_arrays(folder / "codebooks.npz", made.n_levels)
        if [len(book) for book in books] != made.n_clusters or len({book.shape[1] for book in books}) != 1:
            raise ShapeMismatchError(
                f"{folder / 'codebooks.npz'}: expected codebooks of {made.n_clusters} codewords, as metadata.json says, "
                f"found shapes {[book.shape for book in books]}"
            )
        made.codebooks_ = list(books)
        made.D_ = books[0].shape[1]
        exact = folder / _files.EXACT
        if exact.is_dir():
            model = semid.load(exact)
            # Files that semantic-id has written over since are another model's.
            if isinstance(model, semid.RQKMeans) and all(map(np.array_equal, model.codebooks, books)):
                made._adopt(model)
        return made


class _Told:
    """Prints a line to the standard error when a level is done."""

    def __init__(self, levels: int) -> None:
        self.level, self.levels, self.error = 0, levels, 1.0

    def __call__(self, event: dict[str, Any]) -> None:
        if event.get("event") != "round":
            return
        if event["level"] != self.level:
            self.line()
            self.level = event["level"]
        self.error = event["relativeError"]

    def line(self) -> None:
        print(f"level {self.level + 1}/{self.levels}: {self.error:.4f} of the variance left", file=sys.stderr)


def _save_arrays(path: Path, arrays: dict[str, Float32]) -> None:
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _load_arrays(path: str | os.PathLike[str], count: int) -> Sequence[Float32]:
    """`codebook_0` … of an archive: matrices of float32."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            missing = [level for level in range(count) if f"codebook_{level}" not in archive.files]
            if missing:
                raise ValueError(f"{path}: expected an array codebook_{missing[0]}, found {archive.files}")
            books = [np.require(archive[f"codebook_{level}"], np.float32, ["C", "A"]) for level in range(count)]
    except (zipfile.BadZipFile, EOFError, AttributeError) as error:
        raise ValueError(f"{path}: expected a .npz archive, found: {error}") from None
    for level, book in enumerate(books):
        if book.ndim != 2 or 0 in book.shape or not np.isfinite(book).all():
            raise ShapeMismatchError(f"{path}: expected codebook_{level} to be K × D finite numbers, found shape {book.shape}")
    return books
