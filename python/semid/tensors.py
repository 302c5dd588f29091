"""A constraint as tensors of torch, for engines that keep what was written on the device.

>>> tensors = semid.tensors.ConstraintTensors(semid.trie.TrieArrays.read("films.npz"), device="cuda")
>>> states = tensors.states(tokens)                # rows × length, on the device
>>> allowed = tensors.mask(states, columns)        # rows × columns, bool

Everything is done by operations of torch. None of them waits for the device, and no size depends on what it holds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:  # pragma: no cover
    raise ImportError("semid.tensors needs torch: install the extra [torch] of swift-semantic-id") from error

from .errors import InputError
from .trie import TrieArrays

__all__ = ["ConstraintTensors"]


class ConstraintTensors:
    """The automaton of a constraint, in tensors.

    States are numbers as those of `Constraint`: the tokens before an ID, the nodes of the trie, the tokens behind an ID. A
    beam that left the catalogue has the state `lost`, which is one more than the others.

    The tables take 20 bytes for each beginning of an ID, on the device.

    Args:
        arrays: of a constraint, by `TrieArrays.read` or `TrieArrays.of`.
        device: where the tables are made, and where states and tokens must be.
    """

    def __init__(self, arrays: TrieArrays, device: Any = "cpu") -> None:
        self.arrays = arrays
        self.device = torch.device(device)
        self.vocabulary_size = arrays.vocabulary_size
        begins, nodes, ends = len(arrays.begin), arrays.nodes, len(arrays.end)
        self._root, self._tail = begins, begins + nodes
        self._last = self._tail + max(ends, 1) - 1
        #: The state of a beam that may write nothing more.
        self.lost = self._last + 1
        #: The state before anything is written.
        self.start = self._last if arrays.triggers else 0
        #: Tokens at the end of a text that its state depends on.
        self.window = begins + arrays.levels + ends + (1 if arrays.triggers else 0)

        # All steps but those that end an ID and those in free text, by the state and the token.
        source = np.concatenate([np.repeat(np.arange(nodes, dtype=np.int64), np.diff(arrays.children)) + begins])
        token = arrays.token[1:].astype(np.int64)
        target = np.arange(1, nodes, dtype=np.int64) + begins
        more: list[tuple[int, int, int]] = []
        more += [(place, written, place + 1) for place, written in enumerate(arrays.begin)]
        more += [(self._tail + place, written, self._tail + place + 1) for place, written in enumerate(arrays.end[1:])]
        if arrays.triggers:
            more += [(self._last, written, 0) for written in sorted(set(arrays.triggers))]
        else:
            more += [(self._last, written, self._last) for written in sorted(set(arrays.padding))]
        if more:
            extra = np.array(more, np.int64)
            source, token, target = (
                np.concatenate([part, extra[:, column]]) for column, part in enumerate((source, token, target))
            )
        keys = source * self.vocabulary_size + token
        order = np.argsort(keys, kind="stable")
        keys, source, token, target = keys[order], source[order], token[order], target[order]
        first = np.searchsorted(source, np.arange(self.lost + 2, dtype=np.int64))
        counts = np.diff(first)
        # The root has many children, and each row begins there; its tokens are one table.
        counts[self._root] = 0
        self._widest = int(counts.max(initial=1))
        root = np.zeros(self.vocabulary_size, np.bool_)
        root[token[first[self._root] : first[self._root + 1]]] = True
        ends_here = np.zeros(self.lost + 1, np.bool_)
        ends_here[begins : begins + nodes] = arrays.is_id

        def tensor(values: Any, kind: Any) -> Any:
            return torch.from_numpy(np.ascontiguousarray(values)).to(device=self.device, dtype=kind)

        self._keys = tensor(keys, torch.int64)
        self._targets = tensor(target, torch.int32)
        self._tokens = tensor(token, torch.int32)
        self._first = tensor(first, torch.int32)
        self._ends = tensor(ends_here, torch.bool)
        self._root_row = tensor(root, torch.bool)
        self._end = tensor(np.array(arrays.end, np.int64), torch.int64)
        self._begin = tensor(np.array(arrays.begin, np.int64), torch.int64)
        self._padding = tensor(np.array(arrays.padding, np.int64), torch.int64)
        self._triggers = tensor(np.array(arrays.triggers, np.int64), torch.int64)
        self._children = torch.arange(self._widest, device=self.device)

    def __repr__(self) -> str:
        return f"ConstraintTensors({self.lost} states on {self.device})"

    @property
    def bytes(self) -> int:
        """Bytes of the tables on the device."""
        parts = (self._keys, self._targets, self._tokens, self._first, self._ends, self._root_row)
        return sum(part.numel() * part.element_size() for part in parts)

    def _ending(self, tokens: Any) -> Any:
        """Whether each token may stand behind an ID that is written."""
        behind = self._end[:1] if self.arrays.end else self._padding
        return (tokens.unsqueeze(-1) == behind).any(dim=-1)

    def advance(self, states: Any, tokens: Any) -> Any:
        """The state of each row behind its token; `lost` where the token is not allowed. Both int64, one dimension."""
        known = (tokens >= 0) & (tokens < self.vocabulary_size)
        keys = states * self.vocabulary_size + tokens.clamp(0, self.vocabulary_size - 1)
        place = torch.searchsorted(self._keys, keys).clamp(max=self._keys.numel() - 1)
        found = (self._keys[place] == keys) & known
        after = torch.where(found, self._targets[place].long(), self.lost)
        ended = self._ends[states] & self._ending(tokens) & ~found
        after = torch.where(ended, self._tail, after)
        if self.arrays.triggers:
            after = torch.where((states == self._last) & known & ~found, self._last, after)
        return after

    def states(self, tokens: Any, lengths: Any | None = None) -> Any:
        """The state of each row behind its text.

        What counts is behind the last trigger, or behind the last place of the tokens that begin an ID. Where there is
        none, a row is in free text when there are triggers, and lost otherwise.

        Args:
            tokens: rows × length, whole numbers on the device. The last `window` of each row are enough.
            lengths: how many of its last tokens each row has; all by default.

        Returns:
            int64, one a row.
        """
        tokens = tokens.long()
        rows, length = tokens.shape
        places = torch.arange(length, device=tokens.device)
        held = (
            torch.ones((rows, length), dtype=torch.bool, device=tokens.device)
            if lengths is None else places >= length - lengths.unsqueeze(-1)
        )
        if self.arrays.triggers:
            marks = (tokens.unsqueeze(-1) == self._triggers).any(dim=-1) & held
            start, marker, first = self.start, 1, 0
        elif self.arrays.begin:
            marks, marker = self._runs(tokens, held, self._begin), len(self.arrays.begin)
            start, first = self.lost, self._root
        else:
            raise InputError(
                "constraint", expected="a token that begins an ID, or one that triggers it", found="neither",
                remedy="Constraint(…, begin=…) with the tokens at the end of the prompt",
            )
        at = torch.where(marks, places, -1).amax(dim=1) if length else torch.full((rows,), -1, device=tokens.device)
        behind = at + marker
        states = torch.where(at >= 0, first, self.lost)
        for place in range(length):
            states = torch.where(place >= behind, self.advance(states, tokens[:, place]), states)
        if self.arrays.triggers and length:
            # The end of an ID frees the text, whatever stood before it.
            closed = self._runs(tokens, held, self._end) & (places >= behind.unsqueeze(-1))
            states = torch.where(closed.any(dim=1), self.start, states)
        return torch.where(at >= 0, states, start)

    @staticmethod
    def _runs(tokens: Any, held: Any, run: Any) -> Any:
        """Whether the run of tokens begins at each place."""
        length = tokens.shape[1]
        marks = held.clone()
        for step in range(run.numel()):
            shifted = torch.full_like(tokens, -1)
            if step < length:
                shifted[:, : length - step] = tokens[:, step:]
            marks &= shifted == run[step]
        return marks

    def mask(self, states: Any, columns: int | None = None) -> Any:
        """The tokens that each row may write next: rows × columns, bool. None for a row that is lost or done.

        Args:
            columns: of the scores; the size of the vocabulary by default. Tokens beyond it are not allowed.
        """
        size = self.vocabulary_size
        columns = size if columns is None else columns
        low = self._first[states].long()
        high = self._first[states + 1].long()
        at_root = states == self._root
        places = low.unsqueeze(-1) + self._children
        inside = (places < high.unsqueeze(-1)) & ~at_root.unsqueeze(-1)
        tokens = self._tokens[places.clamp(max=self._tokens.numel() - 1)].long()
        # One column more takes what is none of a row's.
        allowed = torch.zeros((states.shape[0], size + 1), dtype=torch.bool, device=states.device)
        allowed.scatter_(1, torch.where(inside, tokens, size), True)
        behind = self._end[:1] if self.arrays.end else self._padding
        if behind.numel():
            ended = self._ends[states].unsqueeze(-1)
            allowed.scatter_(1, torch.where(ended, behind, size), True)
        allowed = allowed[:, :size] | (at_root.unsqueeze(-1) & self._root_row)
        if self.arrays.triggers:
            allowed |= (states == self._last).unsqueeze(-1)
        if columns < size:
            return allowed[:, :columns]
        return torch.nn.functional.pad(allowed, (0, columns - size)) if columns > size else allowed
