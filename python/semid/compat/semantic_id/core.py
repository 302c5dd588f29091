"""Input checks, IDs as texts, and what encoders share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .exceptions import ShapeMismatchError

Formatter = Callable[[npt.NDArray[Any]], str]


def _validate_embeddings(X: Any, expected_dim: int | None = None) -> npt.NDArray[np.float32]:
    array = np.asarray(X, dtype=np.float32)
    if array.ndim != 2:
        raise ShapeMismatchError(f"Expected 2-D input (N, D), got {array.ndim}-D array with shape {array.shape}")
    if array.shape[0] == 0:
        raise ShapeMismatchError("Input must contain at least one sample (N > 0)")
    if expected_dim is not None and array.shape[1] != expected_dim:
        raise ShapeMismatchError(f"Expected D={expected_dim}, got D={array.shape[1]}")
    if not np.isfinite(array).all():
        raise ValueError("Input contains NaN or Inf values")
    return np.ascontiguousarray(array)


def codes_to_ids(
    codes: npt.NDArray[Any], *, sep: str = "-", fmt: str = "plain", formatter: Formatter | None = None
) -> list[str]:
    """IDs as texts: ``3-9-1``, ``<a_3><b_9><c_1>`` (letters begin again after z), or what `formatter` makes of a row."""
    if formatter is not None:
        return [formatter(row) for row in codes]
    rows = np.asarray(codes).tolist()
    if fmt == "plain":
        return [sep.join(map(str, row)) for row in rows]
    if fmt == "token":
        return ["".join(f"<{chr(97 + level % 26)}_{code}>" for level, code in enumerate(row)) for row in rows]
    raise ValueError(f"fmt: expected 'plain' or 'token', found {fmt!r}")


class BaseSemanticEncoder(ABC):
    """An encoder of vectors to codes."""

    @abstractmethod
    def fit(self, X: Any, *, device: str = "cpu") -> Any: ...

    @abstractmethod
    def encode(self, X: Any, *, device: str = "cpu", batch_size: int | None = None) -> npt.NDArray[np.int32]: ...

    @abstractmethod
    def save(self, path: str) -> None: ...

    @classmethod
    @abstractmethod
    def load(cls, path: str, *, device: str = "cpu") -> Any: ...

    def semantic_id(
        self, codes: npt.NDArray[Any], *, sep: str = "-", fmt: str = "plain", formatter: Formatter | None = None
    ) -> list[str]:
        return codes_to_ids(codes, sep=sep, fmt=fmt, formatter=formatter)

    def decode(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        raise NotImplementedError(f"{type(self).__name__} does not decode")

    def score(self, X: Any) -> dict[str, float]:
        """The mean squared error of what codes decode to."""
        array = _validate_embeddings(X)
        return {"mse": float(np.mean((array - self.decode(self.encode(array))) ** 2))}
