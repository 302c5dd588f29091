"""Masks applied to scores on any device."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

_table: dict[Any, Any] = {}


def _unpacked(device: Any) -> Any:
    """For each byte, its eight bits."""
    if device not in _table:
        bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(bool)
        _table[device] = torch.from_numpy(bits).to(device)
    return _table[device]


def allowed(words: Any, columns: int) -> Any:
    """Packed masks as rows × columns, bool, on their device. Columns beyond the words are not allowed."""
    octets = words.contiguous().view(torch.uint8).long()
    bits = _unpacked(words.device)[octets].flatten(1)
    missing = columns - bits.shape[1]
    return torch.nn.functional.pad(bits, (0, missing)) if missing > 0 else bits[:, :columns]


def forbid(logits: Any, words: Any, rows: Any | None = None) -> None:
    """Writes −∞ over all that is not allowed, in place.

    Args:
        logits: rows × columns.
        words: packed masks as `Constraint.mask` gives them, a numpy array.
        rows: the rows of `logits` that the masks are of; all by default.
    """
    mask = ~allowed(torch.from_numpy(words).to(logits.device, non_blocking=True), logits.shape[1])
    if rows is None:
        logits.masked_fill_(mask, -torch.inf)
        return
    places = torch.as_tensor(rows, dtype=torch.long, device=logits.device)
    logits.index_copy_(0, places, logits.index_select(0, places).masked_fill_(mask, -torch.inf))
