"""torch, its devices, and arithmetic on them that can be relied on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _arrays as arrays
from .._arrays import ArrayLike, Float32
from ..errors import InputError

try:
    import torch
except ImportError as error:
    raise ImportError(
        "device= and semid.torch need torch: install the extra [torch] of swift-semantic-id"
    ) from error

_KINDS = ("cpu", "cuda", "mps", "xpu")


def device_of(value: object) -> Any:
    """The torch device that is named, after a look that it is there."""
    if isinstance(value, torch.device):
        device = value
    elif isinstance(value, str):
        try:
            device = torch.device(value)
        except RuntimeError:
            raise InputError("device", expected="cpu, cuda, cuda:1 or mps", found=repr(value)) from None
    else:
        raise InputError("device", expected="a text or a torch.device", found=repr(value)[:80])
    if device.type not in _KINDS:
        raise InputError("device", kind="unsupported", expected=", ".join(_KINDS), found=device.type)
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            "device", kind="missing", expected=f"a device {device} that torch can use", found=str(error).split("\n")[0][:120],
            remedy='leave device out, or use device="cpu"',
        ) from None
    return device


_lock = threading.Lock()
_users = 0
_before = "highest"


@contextmanager
def full_precision() -> Iterator[None]:
    """Matrix products in float32 proper, not in TF32 or bfloat16, and outside of autocast.

    torch has one setting of this for the whole process. It is set while anything here runs, and put back afterwards.
    """
    global _users, _before
    with _lock:
        if _users == 0:
            _before = torch.get_float32_matmul_precision()
            if _before != "highest":
                torch.set_float32_matmul_precision("highest")
        _users += 1
    try:
        with torch.autocast("cuda", enabled=False), torch.autocast("cpu", enabled=False):
            yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0 and _before != "highest":
                torch.set_float32_matmul_precision(_before)


def multiplies_in_float32(device: Any) -> bool:
    """Whether products of matrices on the device keep the 24 bits of a float32.

    1 + 2⁻¹² has 13 bits: TF32 and bfloat16 round it to 1. A sum of 64 of its squares then misses 1/32, where float32 may
    miss 64² · 2⁻²⁴.
    """
    ones = torch.full((64, 64), 1 + 2.0**-12, device=device)
    exact = 64 * (1 + 2.0**-12) ** 2
    found = torch.addmm(torch.zeros(64, device=device), ones, ones.T)
    return bool(((found - exact).abs() <= 64 * 64 * 2.0**-24).all())


def has_doubles(device: Any) -> bool:
    """Whether the device computes in float64."""
    return str(device.type) != "mps"


class Rows:
    """Vectors that are asked for block by block on the device, and row by row on the processor."""

    def __init__(self, value: ArrayLike, device: Any, name: str = "vectors") -> None:
        self._device = device
        self._tensor: Any = None
        self._array: Float32 | None = None
        if isinstance(value, torch.Tensor) and value.device.type != "cpu":
            if value.ndim != 2 or value.is_complex():
                raise InputError(
                    name, kind="malformed", expected="two dimensions of real numbers, items × components",
                    found=f"{value.dtype} {tuple(value.shape)}",
                )
            self._tensor = value.detach().to(torch.float32).contiguous()
            self.shape: tuple[int, int] = (int(value.shape[0]), int(value.shape[1]))
        else:
            self._array = arrays.vectors(value, name)
            self.shape = (self._array.shape[0], self._array.shape[1])

    def block(self, start: int, stop: int) -> Any:
        """Rows on the device: a tensor that may not be written to."""
        if self._tensor is not None:
            return self._tensor[start:stop].to(self._device)
        assert self._array is not None
        return to_device(self._array[start:stop], self._device)

    def taken(self, rows: npt.NDArray[np.int64]) -> Float32:
        """The rows of these numbers, on the processor."""
        if self._tensor is not None:
            found: Float32 = self._tensor[torch.from_numpy(rows).to(self._tensor.device)].cpu().numpy()
            return found
        assert self._array is not None
        return self._array[rows]

    def all(self) -> Float32:
        """All of them, on the processor."""
        if self._array is None:
            self._array = self._tensor.cpu().numpy()
        return self._array


def to_device(array: npt.NDArray[Any], device: Any) -> Any:
    """A tensor of the values, in the same memory where the device is the processor."""
    # torch warns of memory that may not be written.
    return torch.from_numpy(array if array.flags.writeable else array.copy()).to(device)


__all__ = ["Rows", "device_of", "full_precision", "has_doubles", "multiplies_in_float32", "to_device", "torch"]
