"""Constraints in the place of xgrammar's grammars.

>>> matcher = semid.xgrammar.ConstraintMatcher(constraint)                  # as xgrammar.GrammarMatcher
>>> bitmask = xgrammar.allocate_token_bitmask(rows, columns_of_the_logits)
>>> matcher.fill_next_token_bitmask(bitmask, row)
>>> xgrammar.apply_token_bitmask_inplace(logits, bitmask)

For whole batches `fill` and `apply` take states, as `Constraint` gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    import torch
    import xgrammar
except ImportError as error:
    raise ImportError("semid.xgrammar needs xgrammar: install the extra [xgrammar] of swift-semantic-id") from error

from ._arrays import ArrayLike
from .decoding import NO_STATE, Constraint, _states
from .errors import InputError

__all__ = ["ConstraintMatcher", "apply", "fill"]


def _checked(constraint: Constraint, bitmask: Any) -> None:
    if bitmask.dtype != torch.int32 or bitmask.ndim != 2 or bitmask.shape[1] < constraint.words:
        raise InputError(
            "bitmask", expected=f"rows × {constraint.words} int32 or wider", found=f"{bitmask.dtype} {tuple(bitmask.shape)}",
            remedy="xgrammar.allocate_token_bitmask(rows, columns of the logits)",
        )


def fill(constraint: Constraint, states: ArrayLike, bitmask: Any, rows: Sequence[int] | None = None) -> None:
    """Writes the masks of states into rows of a bitmask.

    A beam that left the catalogue gets a row of zeros. The bits beyond the vocabulary are zeros.

    Args:
        bitmask: rows × words, torch.int32, on any device.
        rows: the row of each state; all in order by default.
    """
    _checked(constraint, bitmask)
    given = _states(states)
    places = range(len(given)) if rows is None else [int(row) for row in rows]
    if len(places) != len(given) or (rows is None and len(given) != bitmask.shape[0]):
        raise InputError("rows", kind="mismatch", expected=f"one for each of {len(given)} states",
                         found=str(bitmask.shape[0] if rows is None else len(places)))
    if any(not 0 <= row < bitmask.shape[0] for row in places):
        raise InputError("rows", expected=f"0 to {bitmask.shape[0] - 1}", found=str(list(places)[:8]))
    if not len(given):
        return
    words = torch.from_numpy(constraint.mask(given, out=np.empty((len(given), bitmask.shape[1]), np.int32)))
    bitmask[torch.as_tensor(list(places), device=bitmask.device)] = words.to(bitmask.device)


def apply(constraint: Constraint, states: ArrayLike, logits: Any, rows: Sequence[int] | None = None) -> None:
    """Writes −∞ over the tokens that beams may not write next, by xgrammar's kernel, in place.

    The mask is as wide as the logits, padding of the model's vocabulary included: xgrammar leaves what lies behind a mask
    as it is.

    Args:
        logits: rows × columns, or columns of one row.
        rows: the row of each state; all in order by default. Other rows stay as they are.
    """
    table = logits.unsqueeze(0) if logits.ndim == 1 else logits
    if table.shape[-1] < constraint.vocabulary_size:
        raise InputError(
            "logits", kind="mismatch", expected=f"{constraint.vocabulary_size} columns or more", found=str(table.shape[-1])
        )
    bitmask = xgrammar.allocate_token_bitmask(table.shape[0], table.shape[-1]).to(logits.device)
    fill(constraint, states, bitmask, rows)
    indices = None if rows is None else [int(row) for row in rows]
    if indices is not None and not indices:
        return
    xgrammar.apply_token_bitmask_inplace(table, bitmask, indices=indices)


class ConstraintMatcher:
    """A constraint in the shape of xgrammar.GrammarMatcher, for one row.

    Args:
        max_rollback_tokens: tokens that can be taken back; all by default.
    """

    def __init__(self, constraint: Constraint, *, max_rollback_tokens: int = -1) -> None:
        self.constraint = constraint
        self.max_rollback_tokens = max_rollback_tokens
        self._history = [int(constraint.start(1)[0])]

    def __repr__(self) -> str:
        return f"ConstraintMatcher({self.constraint!r}, {len(self._history) - 1} tokens)"

    @property
    def state(self) -> int:
        """The state behind what was accepted."""
        return self._history[-1]

    def accept_token(self, token_id: int) -> bool:
        """Goes on by a token, and says whether it is allowed; where it is not, nothing changes."""
        after = int(self.constraint.advance([self.state], [token_id], strict=False)[0])
        if after == NO_STATE:
            return False
        self._history.append(after)
        if self.max_rollback_tokens >= 0:
            del self._history[: -self.max_rollback_tokens - 1]
        return True

    def fill_next_token_bitmask(self, bitmask: Any, index: int = 0) -> bool:
        """Writes the row `index` of a bitmask, and says whether it forbids anything."""
        fill(self.constraint, [self.state], bitmask, [index])
        return bool((bitmask[index] != -1).any())

    def is_terminated(self) -> bool:
        """Whether an ID and the tokens behind it are written, so that only padding may follow."""
        return bool(self.constraint.flags([self.state])[0] & 4)

    def rollback(self, num_tokens: int = 1) -> None:
        """Takes back the last tokens.

        Raises:
            InputError: there are fewer.
        """
        if not 0 <= num_tokens < len(self._history):
            raise InputError("rollback", expected=f"0 to {len(self._history) - 1} tokens", found=str(num_tokens))
        if num_tokens:
            del self._history[-num_tokens:]

    def reset(self) -> None:
        """Begins anew."""
        self._history = [int(self.constraint.start(1)[0])]
