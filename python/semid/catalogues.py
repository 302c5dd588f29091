"""The catalogues that a server of language models keeps its requests inside, each the file of a constraint.

Two environment variables name them, so that every process of a server finds the same:

``SEMID_CONSTRAINTS``
    A file that `Constraint.write` or ``semid corpus constraint`` wrote, or a folder of such files. The catalogue of
    ``films.npz`` is ``films``.
``SEMID_DEFAULT_CONSTRAINT``
    The catalogue of requests that name none, or ``off`` for none. A file, or a folder of one, is the default by itself; with
    several catalogues the variable must be there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .decoding import NO_STATE, Constraint, States, Words
from .errors import FileError, InputError
from .trie import TrieArrays

__all__ = ["Catalogue", "Catalogues", "CONSTRAINTS", "DEFAULT", "OFF"]

CONSTRAINTS = "SEMID_CONSTRAINTS"
DEFAULT = "SEMID_DEFAULT_CONSTRAINT"
#: What a request names that is not to be constrained.
OFF = "off"


class Catalogue:
    """A constraint, and where an ID begins in a text that holds a prompt and what was written behind it.

    With triggers, an ID begins behind the last of them, and text is free elsewhere. Without, it begins behind the last place
    of the tokens that `Constraint` calls ``begin``, with which the prompt ends. Only the last `window` tokens of a text are
    looked at; IDs are no longer.

    Args:
        path: the file.
        name: by default the file's, without its ending.

    Raises:
        InputError: the file is no constraint, or its constraint has neither triggers nor tokens that begin an ID.
    """

    def __init__(self, path: str | os.PathLike[str], name: str | None = None) -> None:
        self.path = Path(path)
        self.name = self.path.stem if name is None else name
        arrays = TrieArrays.read(self.path)
        if not arrays.triggers and not arrays.begin:
            raise InputError(
                os.fspath(self.path), expected="tokens that begin an ID, or that trigger it", found="none",
                remedy="Constraint(…, begin=…) with the tokens at the end of a prompt, or triggers=…",
            )
        if not arrays.end and not arrays.padding:
            raise InputError(
                os.fspath(self.path), expected="a token that ends an ID", found="none",
                remedy="Constraint(…, end=tokenizer.eos_token_id)",
            )
        #: The file's arrays.
        self.arrays = arrays
        self._constraint: Constraint | None = None

    def __repr__(self) -> str:
        return f"Catalogue({self.name}, {int(self.arrays.is_id.sum())} IDs)"

    @property
    def constraint(self) -> Constraint:
        """Made when it is asked for first."""
        if self._constraint is None:
            self._constraint = Constraint.load(self.path)
        return self._constraint

    @property
    def triggered(self) -> bool:
        """Whether all is free until a token triggers an ID."""
        return bool(self.arrays.triggers)

    @property
    def window(self) -> int:
        """Tokens at the end of a text that its state depends on."""
        arrays = self.arrays
        return len(arrays.begin) + arrays.levels + len(arrays.end) + (1 if arrays.triggers else 0)

    def closing(self, ends: Iterable[int] = ()) -> tuple[int, ...]:
        """The tokens that a row may write that left the catalogue, so that it ends.

        A row without any allowed token is no answer: samplers make NaN of it, or write token 0.

        Args:
            ends: the tokens that end a text of the model, where they are known.
        """
        return tuple(sorted(set(ends))) or self.arrays.padding or self.arrays.end[-1:]

    def states(self, texts: Sequence[Sequence[int]]) -> States:
        """The state of each text. A text that has no place where an ID begins has `NO_STATE` unless there are triggers."""
        window, constraint = self.window, self.constraint
        rows = [list(text[-window:]) for text in texts]
        # −1 is no token.
        tokens = np.array([[-1] * (window - len(row)) + row for row in rows], np.int64).reshape(len(rows), window)
        if self.triggered:
            marks = np.isin(tokens, self.arrays.triggers)
        else:
            marks = np.ones(tokens.shape, np.bool_)
            for step, token in enumerate(self.arrays.begin):
                marks[:, : window - step] &= tokens[:, step:] == token
                marks[:, window - step :] = False
        has = marks.any(axis=1)
        last = window - 1 - np.argmax(marks[:, ::-1], axis=1)
        states = np.full(len(rows), constraint.info["start"] if self.triggered else NO_STATE, np.uint32)
        if has.any():
            states[has] = constraint.states(tokens[has], starts=last[has], strict=False)
        return states

    def words(self, states: States, columns: int, closing: Sequence[int]) -> Words:
        """The tokens that each row may write next, for scores of so many columns: rows × ⌈columns / 32⌉, int32.

        A row that may write nothing may write the tokens of `closing`.
        """
        needed = max(self.constraint.words, -(-columns // 32))
        words = self.constraint.mask(states, out=np.empty((len(states), needed), np.int32))
        stuck = ~words.any(axis=1)
        if stuck.any():
            words[stuck] = _bits(closing, needed)
        return words[:, : -(-columns // 32)]


class Catalogues(Mapping[str, Catalogue]):
    """Catalogues by name. A file is read when its catalogue is asked for first.

    Args:
        path: a file, or a folder of files.
        default: the catalogue of requests that name none; `OFF`: none.
    """

    def __init__(self, path: str | os.PathLike[str], default: str | None = None) -> None:
        self.path = Path(path)
        source = os.fspath(self.path)
        if self.path.is_dir():
            files = sorted(entry for entry in self.path.iterdir() if entry.suffix == ".npz" and entry.is_file())
            if not files:
                raise FileError(source, kind="missing", expected="files of constraints, NAME.npz", found="none")
        elif self.path.is_file():
            files = [self.path]
        else:
            raise FileError(source, kind="missing", expected="the file of a constraint, or a folder", found="none")
        self._files = {file.stem: file for file in files}
        if OFF in self._files:
            raise InputError(source, place=f"{OFF}.npz", expected="another name", found=f"{OFF}, which turns constraints off")
        if default is None:
            if len(files) > 1:
                raise InputError(
                    DEFAULT, expected=f"one of {', '.join(self._files)}, or {OFF}", found="nothing, and several catalogues",
                    remedy="say which one requests belong to that name none",
                )
            default = files[0].stem
        elif default != OFF and default not in self._files:
            raise InputError(DEFAULT, expected=f"one of {', '.join(self._files)}, or {OFF}", found=default)
        self.default = default
        self._read: dict[str, Catalogue] = {}

    @classmethod
    def from_environment(cls) -> Catalogues | None:
        """What the environment names; None where `SEMID_CONSTRAINTS` is not set."""
        path = os.environ.get(CONSTRAINTS)
        return cls(path, os.environ.get(DEFAULT) or None) if path else None

    def __getitem__(self, name: str) -> Catalogue:
        if name not in self._files:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = Catalogue(self._files[name], name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Any:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def named(self, name: object) -> str | None:
        """The name of a request's catalogue; None where it is not to be constrained.

        Args:
            name: what the request says; None: nothing.

        Raises:
            InputError: no catalogue has the name.
        """
        if name is None:
            name = self.default
        if name == OFF:
            return None
        if not isinstance(name, str) or name not in self._files:
            raise InputError("semid", expected=f"one of {', '.join(self._files)}, or {OFF}", found=repr(name)[:80])
        return name


def _bits(tokens: Sequence[int], words: int) -> npt.NDArray[np.int32]:
    row = np.zeros(words, np.uint32)
    for token in tokens:
        if 0 <= token < words * 32:
            row[token // 32] |= np.uint32(1 << (token % 32))
    return row.view(np.int32)
