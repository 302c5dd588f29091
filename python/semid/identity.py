"""One ID per item, and a registry that keeps it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _arrays as arrays
from . import _library as library
from ._arrays import ArrayLike, Int64, UInt16
from .errors import InputError
from .tokenizers import Tokenizer


@dataclass(frozen=True)
class Resolution:
    """IDs after items of equal codes were told apart."""

    #: N × L, the codes that every ID has.
    codes: UInt16
    #: Codebook size of each level of `codes`.
    level_sizes: list[int]
    #: Behind the codes: numbers (−1: none), or texts (empty: none); None where IDs are their codes.
    tail: Int64 | list[str] | None
    #: What it cost.
    report: dict[str, Any]

    def ids(self, form: str = "tokens", separator: str = "-") -> list[str]:
        """IDs as texts.

        Args:
            form: ``"tokens"``, such as ``<a_12><b_4>``, or ``"plain"``, such as ``12-4``.
            separator: between the codes of a plain ID.
        """
        texts = []
        for row, codes in enumerate(self.codes.tolist()):
            suffix = ""
            if isinstance(self.tail, list):
                suffix = self.tail[row]
            elif self.tail is not None and self.tail[row] >= 0:
                codes = [*codes, int(self.tail[row])]
            if form == "plain":
                text = separator.join(map(str, codes))
                texts.append(text + separator + suffix if suffix else text)
            elif form == "tokens":
                text = "".join(f"<{letters(level)}_{code}>" for level, code in enumerate(codes))
                texts.append(f"{text}-{suffix}" if suffix else text)
            else:
                raise InputError("form", expected="tokens or plain", found=repr(form))
        return texts


def letters(level: int) -> str:
    """The level as a … z, aa, ab, …"""
    text = ""
    level += 1
    while level > 0:
        level, rest = divmod(level - 1, 26)
        text = chr(97 + rest) + text
    return text


def resolve(
    tokenizer: Tokenizer,
    vectors: ArrayLike,
    *,
    codes: ArrayLike | None = None,
    ids: Iterable[Any] | None = None,
    strategy: str = "minimum-distortion",
    capacity: int = 1,
    moves: str = "colliding",
    numbering: str = "always",
    suffix: str = "count",
    order: str = "item-id",
    epsilon: float | None = None,
    iterations: int | None = None,
    rounds: int | None = None,
    threads: int | None = None,
) -> Resolution:
    """Gives every item an ID of its own, as ``semid resolve`` does.

    Args:
        codes: of the vectors, by this tokenizer; encoded by default.
        ids: of the items, by which equal items are put in order; row numbers by default.
        strategy: ``minimum-distortion``, ``sinkhorn``, ``extra-level`` or ``suffix``.
        capacity: the most items an ID (minimum-distortion).
        moves: who may change codes, ``colliding`` or ``all`` (minimum-distortion).
        numbering: ``always``, ``zero-if-unique`` or ``colliding-only`` (extra-level).
        suffix: ``count``, ``item-id`` or ``level`` (suffix).
        order: which of equal items comes first, ``item-id`` or ``input`` (suffix, extra-level).
        epsilon, iterations, rounds: of Sinkhorn's algorithm.
    """
    matrix = arrays.vectors(vectors)
    given = None if codes is None else arrays.codes(codes)
    names = arrays.texts(ids)
    sinkhorn = {"epsilon": epsilon, "iterations": iterations, "rounds": rounds}
    options = {
        "strategy": strategy, "capacity": capacity, "moves": moves, "numbering": numbering, "suffix": suffix,
        "order": order, "sinkhorn": {k: v for k, v in sinkhorn.items() if v is not None},
    }
    with library.result(
        "semid_resolve", tokenizer._number, arrays.matrix(matrix), arrays.code_struct(given), names.struct,
        library.options(options), library.thread_count(threads),
    ) as result:
        summary = result.json()
        tail: Int64 | list[str] | None = None
        if result.has("tail"):
            tail = result.array("tail").astype(np.int64)
        elif result.has("tail.bytes"):
            tail = result.texts("tail", "tail.bytes")
        return Resolution(
            result.array("codes").reshape(-1, summary["levels"]), summary["levelSizes"], tail, summary["report"]
        )


@dataclass(frozen=True)
class Registration:
    """What `Registry.add` did."""

    #: The ID of each row, N × L.
    codes: UInt16
    #: Items that are new, that were known, that were removed and are back.
    added: int
    known: int
    restored: int
    #: New items whose ID is not their codes, since that was taken; and those that left a full prefix.
    displaced: int
    spilled: int
    #: The generation in which all of them have their IDs.
    generation: dict[str, Any]


@dataclass(frozen=True)
class RegistryItems:
    """Items of a registry and their IDs."""

    ids: list[str]
    codes: UInt16
    #: The generation that gave each its ID; None where it was not asked for.
    since: Int64 | None = None
    #: The generation of a snapshot.
    generation: dict[str, Any] | None = None


@dataclass(frozen=True)
class Lookup:
    """What a registry knows of the items that were asked for, row by row."""

    #: Whether the item was ever there.
    found: np.ndarray[Any, np.dtype[np.bool_]]
    #: N × L; zeros where an item was not found.
    codes: UInt16
    #: The generation that gave it its ID, and the one that removed it; −1: none.
    since: Int64
    removed: Int64


class Registry:
    """Remembers which item has which ID, in a SQLite file or in memory.

    >>> with semid.Registry("ids.db") as registry:
    ...     codes = registry.add(ids, vectors, model).codes

    Items keep their IDs; new ones get free IDs near their codes; removed ones get theirs back.

    Args:
        path: None holds it in memory.
        access: ``create``, ``update`` or ``read``.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, access: str = "create") -> None:
        self._handle = library.handle(
            "semid_registry_open", library.text(None) if path is None else library.path_text(path), library.text(access)
        )
        self.path = None if path is None else os.fspath(path)

    def add(
        self,
        ids: Iterable[Any],
        vectors: ArrayLike,
        tokenizer: Tokenizer,
        *,
        capacity: int | None = None,
        threads: int | None = None,
    ) -> Registration:
        """Gives every item an ID: the one it has, the one it had before it was removed, or a free one near its codes.

        Args:
            capacity: the most items an ID; as the registry has it by default, and 1 in a new one.
        """
        matrix, names = arrays.vectors(vectors), arrays.texts(ids)
        most = 0 if capacity is None else library.whole(capacity, "capacity", 1, 10**9)
        with library.result(
            "semid_registry_add", self._handle.number, names.struct, arrays.matrix(matrix), tokenizer._number, most,
            library.thread_count(threads),
        ) as result:
            done = result.json()
            codes = result.array("codes").reshape(-1, len(done["generation"]["levelSizes"]))
            return Registration(codes=codes, **done)

    def lookup(self, ids: Iterable[Any], *, generation: int | None = None) -> Lookup:
        """The newest ID of each item, or the one that it had in a generation."""
        names = arrays.texts(ids)
        with library.result(
            "semid_registry_lookup", self._handle.number, names.struct, _generation(generation)
        ) as result:
            found = result.array("found").astype(bool)
            codes = result.array("codes").reshape(len(found), -1) if len(found) else np.empty((0, 0), np.uint16)
            return Lookup(found, codes, result.array("since"), result.array("removed"))

    def items(
        self, prefix: Sequence[int] = (), *, generation: int | None = None, limit: int | None = None
    ) -> RegistryItems:
        """The items whose ID begins with `prefix`, in ID order; `limit` of them at most."""
        codes = arrays.codes(np.asarray([list(prefix)], np.int64), "prefix")[0] if len(prefix) else None
        with library.result(
            "semid_registry_items", self._handle.number, None if codes is None else library.address(codes),
            len(prefix), _generation(generation), -1 if limit is None else library.whole(limit, "limit", 0),
        ) as result:
            ids = result.texts("ids")
            return RegistryItems(ids, _rows(result.array("codes"), len(ids)), result.array("since"))

    def snapshot(self, generation: int | None = None) -> RegistryItems:
        """All items of a generation, by their ids; of the last one by default."""
        with library.result("semid_registry_snapshot", self._handle.number, _generation(generation)) as result:
            ids = result.texts("ids")
            return RegistryItems(ids, _rows(result.array("codes"), len(ids)), generation=result.json())

    def remove(self, ids: Iterable[Any], *, releasing: bool = False) -> dict[str, Any]:
        """Removes items. Their IDs stay reserved for them, unless `releasing` gives them back."""
        names = arrays.texts(ids)
        with library.result("semid_registry_remove", self._handle.number, names.struct, int(releasing)) as result:
            done: dict[str, Any] = result.json()
            return done

    @property
    def generations(self) -> list[dict[str, Any]]:
        """Every change, from the first on."""
        with library.result("semid_registry_generations", self._handle.number) as result:
            found: list[dict[str, Any]] = result.json()
            return found

    def verify(self) -> None:
        """Checks every byte and every rule; raises `InputError` for the first that is broken."""
        library.call("semid_registry_verify", self._handle.number)

    def copy(self, path: str | os.PathLike[str]) -> None:
        """Copies the registry, also while it is in use."""
        library.call("semid_registry_copy", self._handle.number, library.path_text(path))

    def close(self) -> None:
        """Closes the file, which is one file again."""
        self._handle.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _generation(number: int | None) -> int:
    return 0 if number is None else library.whole(number, "generation", 1, 2**48)


def _rows(codes: UInt16, count: int) -> UInt16:
    return codes.reshape(count, -1) if count else codes.reshape(0, 0)
