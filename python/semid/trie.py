"""The arrays of a constraint, as `Constraint.write` and ``semid corpus constraint`` write them."""

from __future__ import annotations

import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import FileError, InputError

if TYPE_CHECKING:
    from .decoding import Constraint

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_REMEDY = "write it with Constraint.write, or with semid corpus constraint --format csr"


@dataclass(frozen=True)
class TrieArrays:
    """A trie of IDs in compressed sparse rows, and the tokens around an ID.

    Node 0 is the root. Node n leads to the nodes ``children[n]`` to ``children[n + 1] - 1``.
    """

    #: The token that leads to each node; −1 for the root.
    token: Int32
    #: One more than there are nodes.
    children: Int64
    #: The first node of each depth, and the number of nodes.
    depth: Int64
    #: Whether an ID ends at the node.
    is_id: npt.NDArray[np.bool_]
    begin: tuple[int, ...]
    end: tuple[int, ...]
    padding: tuple[int, ...]
    triggers: tuple[int, ...]
    level_sizes: tuple[int, ...]
    vocabulary_size: int

    @property
    def nodes(self) -> int:
        return int(self.token.size)

    @property
    def levels(self) -> int:
        """Codes of the longest ID."""
        return int(self.depth.size) - 2

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> TrieArrays:
        """Reads and checks an .npz file. Nothing in it is executed.

        Raises:
            FileError: the file is missing, or is no .npz.
            InputError: an array is missing, or the arrays are no trie.
        """
        name = os.fspath(path)
        try:
            with open(name, "rb") as file, np.load(file, allow_pickle=False) as archive:
                found = {key: archive[key] for key in archive.files}
        except FileNotFoundError as error:
            raise FileError(name, kind="missing", expected="the file of a constraint", found="no such file") from error
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError, TypeError) as error:
            raise FileError(
                name, kind="malformed", expected="the .npz of a constraint", found=str(error) or "another file",
                remedy=_REMEDY,
            ) from error
        return cls._checked(name, found)

    @classmethod
    def of(cls, constraint: Constraint) -> TrieArrays:
        """The arrays of a constraint."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "constraint.npz"
            constraint.write(path)
            return cls.read(path)

    @classmethod
    def _checked(cls, name: str, found: dict[str, Any]) -> TrieArrays:
        def fail(place: str, expected: str, seen: object) -> InputError:
            return InputError(
                name, kind="malformed", place=place, expected=expected, found=str(seen), remedy=_REMEDY
            )

        def array(key: str, kinds: str, dimensions: int = 1) -> Any:
            value = found.get(key)
            if value is None:
                raise fail(key, "an array", "none")
            if value.dtype.kind not in kinds or value.ndim != dimensions:
                raise fail(key, f"{dimensions} dimension(s) of {'truth values' if kinds == 'b' else 'whole numbers'}",
                           f"{value.ndim} of {value.dtype}")
            if kinds != "b" and value.size and (int(value.min()) < -1 or int(value.max()) >= 2**32):
                raise fail(key, "numbers from −1 to 2³² − 1", f"{value.min()} to {value.max()}")
            return value

        token, children = array("token", "iu"), array("children", "iu").astype(np.int64)
        depth, is_id = array("depth", "iu").astype(np.int64), array("is_id", "b")
        vocabulary = int(array("vocabulary_size", "iu", 0))
        nodes = token.size
        if nodes < 2:
            raise fail("token", "a root and at least one node", f"{nodes} nodes")
        if not 1 <= vocabulary <= 1 << 24:
            raise fail("vocabulary_size", "1 to 2²⁴", vocabulary)
        if token[0] != -1 or int(token[1:].min()) < 0 or int(token.max()) >= vocabulary:
            raise fail("token", f"−1 for the root, then tokens below {vocabulary}", "others")
        if children.size != nodes + 1 or children[0] != 1 or children[-1] != nodes or (np.diff(children) < 0).any():
            raise fail("children", f"{nodes + 1} ascending numbers from 1 to {nodes}", "others")
        if is_id.size != nodes or is_id[0]:
            raise fail("is_id", f"{nodes} truth values, false for the root", is_id.size)
        if (depth.size < 3 or depth[0] != 0 or depth[1] != 1 or depth[-1] != nodes or (np.diff(depth) < 1).any()
                or depth.size > 200):
            raise fail("depth", f"ascending numbers from 0 and 1 to {nodes}", depth.tolist()[:6])
        # The children of the nodes of a depth are the nodes of the next; those of the last have none.
        if (children[depth[:-1]] != np.append(depth[1:-1], nodes)).any():
            raise fail("children", "children that lie one depth below", "others")
        ends = np.diff(children) == 0
        if (ends & ~is_id).any():
            raise fail("is_id", "an ID at each node without children", "none at some")
        parent = np.repeat(np.arange(nodes, dtype=np.int64), np.diff(children))
        keys = parent * vocabulary + token[1:]
        if np.unique(keys).size != keys.size:
            raise fail("token", "different tokens below a node", "one of them twice")
        special = {}
        for key in ("begin", "end", "padding", "trigger"):
            values = array(key, "iu")
            if values.size and (int(values.min()) < 0 or int(values.max()) >= vocabulary):
                raise fail(key, f"tokens from 0 to {vocabulary - 1}", values.tolist()[:6])
            special[key] = tuple(int(value) for value in values)
        if special["trigger"] and not special["end"]:
            raise fail("end", "a token that ends an ID, where a token triggers it", "none")
        sizes = array("level_sizes", "iu")
        if sizes.size != depth.size - 2 or (sizes < 1).any():
            raise fail("level_sizes", f"{depth.size - 2} sizes", sizes.tolist()[:6])
        return cls(
            token=token.astype(np.int32), children=children, depth=depth, is_id=is_id, begin=special["begin"],
            end=special["end"], padding=special["padding"], triggers=special["trigger"],
            level_sizes=tuple(int(size) for size in sizes), vocabulary_size=vocabulary,
        )

    @property
    def parents(self) -> Int64:
        """The node above each node; −1 for the root."""
        return np.concatenate([[-1], np.repeat(np.arange(self.nodes, dtype=np.int64), np.diff(self.children))])

    def rows(self) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8], list[Int64]]:
        """The IDs as codes, N × L, their lengths, and the token of each code of each level.

        A code is the rank of its token among those of its level. It is not the code that the ID was made with.
        """
        tokens, codes = [], np.zeros(self.nodes, np.uint16)
        for level in range(self.levels):
            part = slice(int(self.depth[level + 1]), int(self.depth[level + 2]))
            distinct, ranks = np.unique(self.token[part], return_inverse=True)
            if distinct.size > 65_536:
                raise InputError(
                    "constraint", kind="unsupported", place=f"level {level}", expected="at most 65,536 tokens",
                    found=str(distinct.size),
                )
            tokens.append(distinct.astype(np.int64))
            codes[part] = ranks
        parents = self.parents
        last = np.flatnonzero(self.is_id)
        lengths = (np.searchsorted(self.depth, last, side="right") - 1).astype(np.uint8)
        rows = np.zeros((last.size, self.levels), np.uint16)
        node, left = last.copy(), lengths.astype(np.int64)
        while (inside := left > 0).any():
            rows[np.flatnonzero(inside), left[inside] - 1] = codes[node[inside]]
            node[inside], left = parents[node[inside]], left - 1
        return rows, lengths, tokens
