"""Tokens of IDs, and what keeps a language model inside the catalogue."""

from __future__ import annotations

import ctypes as c
import os
from collections.abc import Sequence
from typing import Any, Union

import numpy as np
import numpy.typing as npt

from . import _arrays as arrays
from . import _library as library
from ._arrays import ArrayLike
from .errors import InputError
from .index import Filter, Index
from .trie import TrieArrays

States = npt.NDArray[np.uint32]
Words = npt.NDArray[np.int32]
Tokens = Union[Sequence[Union[int, str]], int, str]

#: The state of a beam that left the catalogue: nothing may follow.
NO_STATE = 0xFFFF_FFFF


class Vocabulary:
    """Every token that IDs can have: each code of each level, then special tokens. It follows from the sizes alone.

    >>> semid.Vocabulary([256, 256, 256]).tokens[:2]
    ['<a_0>', '<a_1>']

    Args:
        spelling: ``levels`` (``<a_3>``), ``openonerec``, ``offset``, ``rectokens``, or a pattern with ``{letter}``,
            ``{level}``, ``{code}`` and ``{id}``.
        begin, end: tokens around an ID; by default the spelling's own.
        specials: more special tokens.
        level_sizes: codebook size of each level.
    """

    def __init__(
        self,
        level_sizes: Sequence[int],
        *,
        spelling: str = "levels",
        begin: str | None = None,
        end: str | None = None,
        specials: Sequence[str] = (),
    ) -> None:
        sizes = arrays.sizes(level_sizes)
        if sizes is None:
            raise InputError("level_sizes", expected="a size for each level", found="None")
        self._handle = library.handle(
            "semid_vocabulary_make", library.address(sizes), len(sizes),
            library.options({"spelling": spelling, "begin": begin, "end": end, "specials": list(specials)}),
        )
        with library.result("semid_vocabulary_tokens", self._handle.number) as result:
            self._info = result.json()
            #: All tokens in order.
            self.tokens: list[str] = result.texts("tokens")

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"Vocabulary({self.level_sizes}, {len(self)} tokens from {self.tokens[0]})"

    @property
    def level_sizes(self) -> list[int]:
        """Codebook size of each level."""
        return list(self._info["levelSizes"])

    @property
    def offsets(self) -> list[int]:
        """For each level, the number of the token of its code 0."""
        return list(self._info["offsets"])

    @property
    def specials(self) -> list[str]:
        """The tokens behind those of codes."""
        return list(self._info["specials"])

    def texts(self, codes: ArrayLike) -> list[str]:
        """The text of each ID, with the tokens around it."""
        given = arrays.codes(codes)
        with library.result("semid_vocabulary_texts", self._handle.number, arrays.code_struct(given)) as result:
            return result.texts("texts")

    def numbers(self, codes: ArrayLike, first: int = 0) -> npt.NDArray[np.int64]:
        """The number of each code's token, where the vocabulary begins at `first`."""
        given = arrays.codes(codes)
        return given.astype(np.int64) + np.asarray(self.offsets[: given.shape[1]], np.int64) + first

    def write(self, path: str | os.PathLike[str], form: str = "text", first: int = 0) -> None:
        """Writes the tokens to a file.

        Args:
            form: ``"text"``, a token a line, or ``"added-tokens"``, the ``added_tokens`` of a tokenizer.json.
            first: the number of the first token, for ``"added-tokens"``.
        """
        library.call(
            "semid_vocabulary_write", self._handle.number, library.path_text(path), library.text(form),
            library.whole(first, "first", 0, 2**31),
        )

    def close(self) -> None:
        """Frees the vocabulary."""
        self._handle.close()


def _token_list(tokens: Tokens | None, name: str) -> list[str] | None:
    if tokens is None:
        return None
    many = [tokens] if isinstance(tokens, (int, str)) else list(tokens)
    for token in many:
        if isinstance(token, bool) or not isinstance(token, (int, str, np.integer)):
            raise InputError(name, expected="tokens: numbers, or texts of the tokenizer", found=repr(token))
    return [str(token) for token in many]


class Constraint:
    """Says, for every beam of a batch, which tokens may come next, so that only IDs of the catalogue are written.

    >>> constraint = semid.Constraint(index, first_token=32_000, vocabulary_size=33_000, end=2, padding=0)
    >>> states = constraint.start(beams)
    >>> mask = constraint.mask(states)                  # beams × words, int32, bit t of a row is token t
    >>> states = constraint.advance(states, tokens)

    It is an automaton over the trie of the IDs. A state is a number. Any number of threads may use a constraint.

    Args:
        index: the index whose IDs may be written. Or `codes`, N × L, with their `level_sizes`; `lengths` says how many
            of its codes each ID has.
        filter: a `Filter` of the index, or a condition: only those items' IDs.
        tokenizer: where the model's tokens are: the folder of a tokenizer, its tokenizer.json, or an object of tokens
            and numbers. `spelling` says how codes are spelt there.
        first_token: without a tokenizer: the token of the first code; the others follow, level after level.
        tokens: without a tokenizer: an array for each level with the token of each code. Without any of these, a
            code's token is the code.
        vocabulary_size: tokens that the model scores; no more than there must be by default.
        begin, end: tokens around an ID: numbers, or texts of the tokenizer. By default the spelling's and the
            tokenizer's own.
        padding: tokens that may follow the end again and again.
        triggers: tokens behind which an ID begins, wherever they stand in a text; all is free before and behind.
    """

    def __init__(
        self,
        index: Index | None = None,
        *,
        codes: ArrayLike | None = None,
        level_sizes: Sequence[int] | None = None,
        lengths: ArrayLike | None = None,
        filter: Filter | str | None = None,
        tokenizer: str | os.PathLike[str] | None = None,
        spelling: str = "levels",
        first_token: int | None = None,
        tokens: Sequence[ArrayLike] | None = None,
        vocabulary_size: int | None = None,
        begin: Tokens | None = None,
        end: Tokens | None = None,
        padding: Tokens | None = None,
        triggers: Tokens = (),
        threads: int | None = None,
    ) -> None:
        if (index is None) == (codes is None):
            raise InputError("constraint", expected="an index or codes", found="neither" if index is None else "both")
        given = None if codes is None else arrays.codes(codes)
        sizes = arrays.sizes(level_sizes)
        table = None
        if tokens is not None:
            parts = [np.asarray(level) for level in tokens]
            if not parts or any(part.ndim != 1 or part.dtype.kind not in "iu" for part in parts):
                raise InputError("tokens", expected="an array of whole numbers for each level", found="others")
            if any(part.size and (part.min() < 0 or part.max() >= 2**31) for part in parts):
                raise InputError("tokens", expected="tokens from 0 to 2³¹ − 1", found="others")
            table = np.concatenate(parts).astype(np.int32)
            if given is not None and sizes is None:
                sizes = np.array([part.size for part in parts], np.int64)
        size_array = None
        if lengths is not None:
            size_array = np.asarray(lengths)
            if given is None or size_array.shape != (len(given),) or size_array.dtype.kind not in "iu":
                raise InputError("lengths", expected="a number for each row of codes", found=f"{size_array.shape}")
            if size_array.size and (size_array.min() < 0 or size_array.max() > 255):
                raise InputError("lengths", expected="numbers from 1 to the number of levels", found="others")
            size_array = np.require(size_array, np.uint8, ["C", "A"])
        number, kept = (0, None) if index is None else index._filter(filter)
        if index is None and filter is not None:
            raise InputError("filter", expected="an index beside it", found="codes")
        settings = {
            "tokenizer": None if tokenizer is None else os.fspath(tokenizer), "spelling": spelling,
            "firstToken": first_token, "vocabularySize": vocabulary_size, "begin": _token_list(begin, "begin"),
            "end": _token_list(end, "end"), "padding": _token_list(padding, "padding"),
            "triggers": _token_list(triggers, "triggers"),
        }
        self._handle = library.handle(
            "semid_constraint_make", 0 if index is None else index._state.number, number,
            arrays.code_struct(given, sizes), None if size_array is None else library.address(size_array),
            None if table is None else library.address(table), 0 if table is None else len(table),
            library.options(settings), library.thread_count(threads),
        )
        del kept
        with library.result("semid_constraint_info", self._handle.number) as result:
            self._info: dict[str, Any] = result.json()

    def __repr__(self) -> str:
        return f"Constraint({', '.join(f'{key}={value}' for key, value in self._info.items())})"

    @property
    def info(self) -> dict[str, Any]:
        """Sizes, and the tokens around an ID."""
        return self._info

    @property
    def vocabulary_size(self) -> int:
        """Number of the model's tokens: the bits of a row of a mask."""
        return int(self._info["vocabularySize"])

    @property
    def words(self) -> int:
        """int32 words in a row of a mask."""
        return int(self._info["words"])

    def _states(self, value: ArrayLike) -> States:
        """States that this constraint gave, or `NO_STATE`.

        Raises:
            InputError: another number, with its row.
        """
        given, count = _states(value), int(self._info["states"])
        wrong = (given >= count) & (given != NO_STATE)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(
                "states", place=f"row {row}", expected=f"a state of this constraint, 0 to {count - 1}, or NO_STATE",
                found=str(int(given[row])),
            )
        return given

    def start(self, beams: int) -> States:
        """The state of so many `beams` that have not written anything."""
        return np.full(library.whole(beams, "beams", 0), self._info["start"], np.uint32)

    def advance(self, states: ArrayLike, tokens: ArrayLike, *, strict: bool = True) -> States:
        """The state of each beam after its token.

        Args:
            tokens: one for each beam.
            strict: raise for a token that is not allowed; otherwise the beam gets `NO_STATE`.
        """
        before, written = self._states(states), _int32(tokens, "tokens")
        if before.shape != written.shape:
            raise InputError(
                "tokens", kind="mismatch", expected=f"one for each of {before.size} beams", found=str(written.size)
            )
        after, lost = np.empty_like(before), c.c_int64()
        library.call(
            "semid_beams_advance", self._handle.number, library.address(before), library.address(written),
            before.size, library.address(after), c.byref(lost),
        )
        if strict and lost.value:
            beam = int(np.flatnonzero(after == NO_STATE)[0])
            raise InputError(
                f"beam {beam}", expected="a token that is allowed there", found=str(int(written[beam]))
            )
        return after

    def states(self, tokens: ArrayLike, starts: ArrayLike | None = None, *, strict: bool = True) -> States:
        """The state of each row behind what it wrote.

        Args:
            tokens: rows × length.
            starts: where in its row each begins, such as behind its prompt; 0 by default. Where triggers begin IDs, what
                counts is behind the last of them.
            strict: as in `advance`.
        """
        written = np.asarray(tokens)
        if written.ndim != 2 or (written.dtype.kind not in "iu" and written.size):
            raise InputError("tokens", expected="whole numbers in two dimensions", found=f"{written.dtype}")
        written = np.require(written, np.int64, ["A"])
        if written.strides[1] != 8 or written.strides[0] < 8 * written.shape[1] or written.strides[0] % 8:
            written = np.ascontiguousarray(written)
        begins = None
        if starts is not None:
            begins = np.require(np.asarray(starts), np.int64, ["C", "A"])
            if begins.shape != (len(written),):
                raise InputError("starts", kind="mismatch", expected=f"{len(written)} of them", found=f"{begins.shape}")
        after, lost = np.empty(len(written), np.uint32), c.c_int64()
        stride = written.strides[0] // 8 if len(written) > 1 else written.shape[1]
        library.call(
            "semid_beams_states", self._handle.number, library.address(written) or None, len(written),
            written.shape[1], stride, None if begins is None else library.address(begins), library.address(after),
            c.byref(lost),
        )
        if strict and lost.value:
            row = int(np.flatnonzero(after == NO_STATE)[0])
            raise InputError(f"row {row}", expected="an ID of the catalogue, or its beginning", found="other tokens")
        return after

    def mask(self, states: ArrayLike, *, out: Words | None = None) -> Words:
        """The tokens that each beam may write next: beams × words, int32. Bit t % 32 of word t // 32 is token t.

        A beam that is done without padding, or has `NO_STATE`, may write nothing.

        Args:
            out: where it goes; its rows may be wider than `words`.
        """
        given = self._states(states)
        words = out if out is not None else np.empty((given.size, self.words), np.int32)
        if (
            words.dtype != np.int32 or words.ndim != 2 or words.shape[0] != given.size or words.shape[1] < self.words
            or not words.flags.c_contiguous or not words.flags.writeable
        ):
            raise InputError(
                "out", expected=f"{given.size} × {self.words} int32 in C order or wider", found=f"{words.dtype} {words.shape}"
            )
        library.call(
            "semid_beams_mask", self._handle.number, library.address(given), given.size, library.address(words),
            words.shape[1],
        )
        return words

    def apply(self, states: ArrayLike, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The scores of the tokens that each beam may write next, and −∞ for all others.

        Args:
            scores: beams × tokens, float32, rows in one run. Tokens beyond the vocabulary are not allowed.
        """
        given = self._states(states)
        if (
            not isinstance(scores, np.ndarray) or scores.dtype != np.float32 or scores.ndim != 2
            or scores.shape[0] != given.size or not scores.flags.aligned
        ):
            raise InputError("scores", expected=f"{given.size} × tokens float32", found=repr(scores)[:80])
        rows = scores
        if rows.strides[1] != 4 or rows.strides[0] < 4 * rows.shape[1] or rows.strides[0] % 4:
            rows = np.ascontiguousarray(rows)
        # Of one row or none, the step to the next may be anything.
        stride = rows.strides[0] // 4 if len(rows) > 1 else rows.shape[1]
        target = np.empty(rows.shape, np.float32)
        library.call(
            "semid_beams_apply", self._handle.number, library.address(given), given.size, library.address(rows),
            rows.shape[1], stride, library.address(target),
        )
        return target

    def allowed(self, states: ArrayLike) -> list[npt.NDArray[np.int64]]:
        """The tokens that each beam may write next, as numbers."""
        bits = np.unpackbits(self.mask(states).view(np.uint8), axis=1, bitorder="little")
        return [np.flatnonzero(row) for row in bits]

    def flags(self, states: ArrayLike) -> npt.NDArray[np.uint8]:
        """Bits that say what states mean: 1 before or inside an ID, 2 an ID is written, 4 only padding may follow, 8 none."""
        given = self._states(states)
        flags = np.empty(given.size, np.uint8)
        library.call(
            "semid_beams_flags", self._handle.number, library.address(given), given.size, library.address(flags)
        )
        return flags

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the arrays of the trie as .npz, as ``semid corpus constraint`` does."""
        library.call("semid_constraint_write", self._handle.number, library.path_text(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, threads: int | None = None) -> Constraint:
        """The constraint that `write` or ``semid corpus constraint`` wrote as .npz.

        It allows the same tokens everywhere. Its states have other numbers where a table of tokens does not ascend, and
        `info` counts as the size of a level the tokens that IDs have there.

        Raises:
            InputError: the file is missing, or is no constraint.
        """
        arrays = TrieArrays.read(path)
        codes, lengths, tokens = arrays.rows()
        return cls(
            codes=codes, lengths=lengths if int(lengths.min()) < arrays.levels else None, tokens=tokens,
            vocabulary_size=arrays.vocabulary_size, begin=arrays.begin, end=arrays.end, padding=arrays.padding,
            triggers=arrays.triggers, threads=threads,
        )

    def close(self) -> None:
        """Frees the constraint."""
        self._handle.close()


def _states(value: ArrayLike) -> States:
    array = np.asarray(value)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise InputError("states", expected="states in one dimension", found=f"{array.dtype} {array.shape}")
    if array.dtype != np.uint32 and array.size and (int(array.min()) < 0 or int(array.max()) > NO_STATE):
        raise InputError("states", expected="states that this constraint gave", found="others")
    return np.require(array, np.uint32, ["C", "A"])


def _int32(value: ArrayLike, name: str) -> npt.NDArray[np.int32]:
    array = np.asarray(value)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise InputError(name, expected="whole numbers in one dimension", found=f"{array.dtype} {array.shape}")
    if array.size and (int(array.min()) < -(2**31) or int(array.max()) >= 2**31):
        raise InputError(name, expected="32-bit numbers", found="larger ones")
    return np.require(array, np.int32, ["C", "A"])


