"""What all encoders have, and codes as texts."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal, Union

import numpy as np
import numpy.typing as npt

from .exceptions import ShapeMismatchError

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
#: N × D numbers: an array, nested lists, or a torch tensor on any device.
Embeddings = Union[npt.NDArray[Any], list[list[float]], Any]
Format = Literal["plain", "token"]
Formatter = Callable[[npt.NDArray[Any]], str]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def as_numpy(value: Any) -> npt.NDArray[Any]:
    """A numpy array of the values; tensors are brought to the processor first."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
        # numpy has no bfloat16.
        return np.asarray(value.float() if str(value.dtype) == "torch.bfloat16" else value)
    return np.asarray(value)


def _validate_embeddings(X: Embeddings, expected_dim: int | None = None) -> Float32:
    """N × D float32, C-contiguous and finite.

    Raises:
        ShapeMismatchError: not two dimensions, no row, or another D than `expected_dim`.
        ValueError: a value that is not finite.
    """
    array = as_numpy(X)
    if array.ndim != 2:
        raise ShapeMismatchError(f"Expected 2-D input (N, D), got {array.ndim}-D array with shape {array.shape}")
    if array.shape[0] == 0:
        raise ShapeMismatchError("Input must contain at least one sample (N > 0)")
    if expected_dim is not None and array.shape[1] != expected_dim:
        raise ShapeMismatchError(f"Expected D={expected_dim}, got D={array.shape[1]}")
    with np.errstate(over="ignore", invalid="ignore"):
        matrix: Float32 = np.require(array, np.float32, ["C", "A"])
    # The sum is not finite when a value is not, and takes no array of truth values; it may also overflow by itself.
    with np.errstate(over="ignore", invalid="ignore"):
        suspicious = not np.isfinite(matrix.sum(dtype=np.float64))
    if suspicious and not np.isfinite(matrix).all():
        raise ValueError("Input contains NaN or Inf values")
    return matrix


def codes_to_ids(
    codes: npt.NDArray[Any], *, sep: str = "-", fmt: Format = "plain", formatter: Formatter | None = None
) -> list[str]:
    """Codes as texts, row by row: ``3-9-1``, or ``<a_3><b_9><c_1>`` with ``fmt="token"``.

    Args:
        codes: N × L whole numbers.
        sep: between the codes of a plain ID.
        formatter: makes the text of a row; then `sep` and `fmt` count for nothing.

    The letter of level 26 is ``a`` again, as in the package. `semid.Resolution.ids` goes on with ``aa``.
    """
    rows = as_numpy(codes)
    if rows.ndim != 2:
        raise ShapeMismatchError(f"Expected 2-D codes (N, L), got {rows.ndim}-D array with shape {rows.shape}")
    if formatter is not None:
        return [formatter(row) for row in rows]
    if fmt not in ("plain", "token"):
        raise ValueError(f"Unknown fmt {fmt!r}, expected 'plain' or 'token'")
    if fmt == "token":
        pattern = "".join(f"<{_LETTERS[level % 26]}_%d>" for level in range(rows.shape[1]))
    else:
        pattern = sep.replace("%", "%%").join(["%d"] * rows.shape[1])
    return [pattern % tuple(row) for row in rows.tolist()]


_DEVICE = re.compile(r"(auto|cpu|cuda|mps|xpu)(:\d+)?")


def check_device(device: Any) -> None:
    """Refuses what names no device. Which one it is does not change the codes: the engine decides them on the processor."""
    if device is not None and _DEVICE.fullmatch(str(device)) is None:
        raise ValueError(f"Unknown device {str(device)!r}, expected 'cpu', 'cuda' or 'mps'")


class BaseSemanticEncoder(ABC):
    """Vectors to codes. An encoder of your own works with `SemanticIdEngine` and `evaluate`, too."""

    @abstractmethod
    def fit(self, X: Embeddings, *, device: str = "cpu") -> BaseSemanticEncoder:
        """Learns from N × D vectors, and returns itself."""

    @abstractmethod
    def encode(self, X: Embeddings, *, device: str = "cpu", batch_size: int | None = None) -> Int32:
        """The codes of N × D vectors: N × L, int32."""

    def semantic_id(
        self, codes: npt.NDArray[Any], *, sep: str = "-", fmt: Format = "plain", formatter: Formatter | None = None
    ) -> list[str]:
        """Codes as texts: see `codes_to_ids`.

        Args:
            sep: between the codes of a plain ID.
            fmt: ``"plain"``, such as ``3-9-1``, or ``"token"``, such as ``<a_3><b_9><c_1>``.
            formatter: makes the text of a row; then `sep` and `fmt` count for nothing.
        """
        return codes_to_ids(codes, sep=sep, fmt=fmt, formatter=formatter)

    @abstractmethod
    def save(self, path: str) -> None:
        """Writes a directory."""

    @classmethod
    @abstractmethod
    def load(cls, path: str, *, device: str = "cpu") -> BaseSemanticEncoder:
        """Opens a directory that `save` wrote."""

    def decode(self, codes: npt.NDArray[Any]) -> Float32:
        """The vectors that N × L codes stand for: N × D."""
        raise NotImplementedError("Decode method is not implemented for this encoder.")

    def score(self, X: Embeddings) -> dict[str, float]:
        """Measurements of an encoder's own; `evaluate` measures any encoder."""
        raise NotImplementedError("Score method is not implemented for this encoder.")


def check_codes(codes: Any, sizes: Sequence[int]) -> npt.NDArray[np.uint16]:
    """N × L codes of codebooks of these sizes.

    Raises:
        ShapeMismatchError: another shape than N × L.
        IndexError: a code that its codebook does not have.
    """
    array = as_numpy(codes)
    if array.ndim != 2 or array.shape[1] != len(sizes):
        raise ShapeMismatchError(f"Expected codes of shape (N, {len(sizes)}), got {array.shape}")
    if array.dtype.kind not in "iu":
        raise ValueError(f"Expected codes that are whole numbers, got {array.dtype}")
    for level, size in enumerate(sizes):
        column = array[:, level]
        if len(column) and not (0 <= int(column.min()) and int(column.max()) < size):
            wrong = column[(column < 0) | (column >= size)][0]
            raise IndexError(f"code {wrong} is out of bounds for level {level} with {size} codes")
    return array.astype(np.uint16)
