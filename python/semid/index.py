"""Indexes: items found by vector, by item, by ID and by prefix."""

from __future__ import annotations

import ctypes as c
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from . import _arrays as arrays
from . import _library as library
from ._arrays import ArrayLike, Float32, Int64, UInt16
from ._library import Handle, Progress
from .errors import InputError
from .identity import Registration, Resolution
from .tokenizers import Tokenizer, adopt

#: A semantic ID: ``"12-4-9"``, ``"<a_12><b_4><c_9>"``, or its codes; ``*`` and −1 stand for any code.
SemanticID = Union[str, Sequence[int], ArrayLike]


@dataclass(frozen=True)
class SearchResult:
    """The nearest items to each query."""

    #: queries × k: the items' rows; −1 behind the last.
    rows: Int64
    #: queries × k: their distances; NaN behind the last.
    distances: Float32
    #: For each query, the ids of its items.
    ids: list[list[str]]


@dataclass(frozen=True)
class Items:
    """Items by ID, in ID order."""

    ids: list[str]
    rows: Int64


@dataclass(frozen=True)
class Neighbors:
    """Items around an ID, the nearest IDs first."""

    ids: list[str]
    rows: Int64
    #: Of each item: levels in common from the first on, and levels that differ.
    prefix: Int64
    differing: Int64
    #: Between the codewords that differ; NaN for a rule that does not go by codewords.
    distances: Float32
    #: Whether an item has the ID that was asked for.
    in_catalogue: bool
    #: Whether there are more items than were asked for.
    more: bool


class Filter:
    """Items of one state of an index that a search may find. `Index.filter` makes one."""

    def __init__(self, handle: Handle, count: int, unknown: int) -> None:
        self._handle = handle
        #: Number of items that pass.
        self.count = count
        #: Number of ids in `allow` and `deny` that no item has.
        self.unknown = unknown

    def __len__(self) -> int:
        return self.count

    def close(self) -> None:
        """Frees the filter."""
        self._handle.close()


class Index:
    """An opened index. Any number of threads may search it; with ``writable=True`` one process at a time may change it.

    >>> index = semid.Index.build("index", vectors, tokenizer=model, ids=ids)
    >>> index.search(queries, k=10).ids

    An index that is not writable can be pickled: it is opened again by its path.
    """

    def __init__(self, handle: Handle, path: str, writable: bool) -> None:
        self._handle = handle
        self._writable = writable
        self._state = handle if not writable else library.handle("semid_index_state", handle.number)
        self._info: dict[str, Any] | None = None
        #: The directory.
        self.path = path

    # ---- Making and opening ----

    @classmethod
    def build(
        cls,
        path: str | os.PathLike[str],
        vectors: ArrayLike | None = None,
        *,
        tokenizer: Tokenizer | None = None,
        codes: ArrayLike | Resolution | Registration | None = None,
        level_sizes: Sequence[int] | None = None,
        ids: Iterable[Any] | None = None,
        attributes: Any = None,
        metric: str | None = None,
        faiss: str = "Flat",
        byte_vectors: bool = True,
        sketch_copies: int | None = None,
        seed: int = 0,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Index:
        """Builds an index at `path`, as ``semid index build`` does, and opens it. One that stands there is replaced.

        Args:
            vectors: N × d. Without them the index answers by ID alone.
            tokenizer: the model of the codes; the index keeps a copy. It encodes where there are no codes.
            codes: N × L, the items' IDs; or what `resolve` and `Registry.add` return.
            level_sizes: codebook sizes of codes without a tokenizer; by default each level's largest code and one.
            ids: of the items; row numbers by default.
            attributes: a dict of columns, a data frame or an Arrow table with a row for each item, to filter by.
            metric: ``l2``, ``cosine`` or ``ip``; by default what the tokenizer was trained for.
            faiss: how FAISS holds the vectors.
            byte_vectors: keep the vectors rounded to bytes, too: more memory, less time.
            sketch_copies: copies of each item's sketch, by which distances are estimated; chosen by the engine by default.
            seed: of what FAISS and the sketches draw, 0 to 2^64-1.
        """
        where = library.path_text(path)
        matrix = None if vectors is None else arrays.vectors(vectors)
        given = None if codes is None else arrays.codes(getattr(codes, "codes", codes))
        sizes = arrays.sizes(level_sizes)
        names = arrays.texts(ids)
        count = len(matrix) if matrix is not None else 0 if given is None else len(given)
        table = arrays.AttributeTable(attributes, names.texts, count)
        settings = library.options(
            {
                "metric": metric, "faiss": faiss, "seed": library.seed(seed), "byteVectors": byte_vectors,
                "sketchCopies": sketch_copies,
            }
        )
        model = 0 if tokenizer is None else tokenizer._number
        wide = library.thread_count(threads)

        def work(watch: library.Watch) -> None:
            library.call(
                "semid_index_build", where, arrays.code_struct(given, sizes), arrays.matrix(matrix), names.struct,
                model, table.struct, settings, wide, watch, None,
            )

        library.watched(work, progress)
        return cls.open(path)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, writable: bool = False, merges: bool = True, threads: int | None = None
    ) -> Index:
        """Opens an index: mapped, in milliseconds.

        Args:
            writable: take the right to change it, which one object at a time may have.
            merges: merge small segments after changes.
        """
        handle = library.handle(
            "semid_index_open", library.path_text(path), int(writable), int(merges), library.thread_count(threads)
        )
        return cls(handle, os.fspath(path), writable)

    def close(self) -> None:
        """Frees the index, and the right to change it."""
        if self._state is not self._handle:
            self._state.close()
        self._handle.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        if self._writable:
            raise TypeError("a writable index cannot be pickled: one process at a time may change it")
        return Index.open, (self.path,)

    # ---- What it is ----

    @property
    def info(self) -> dict[str, Any]:
        """Items, dimension, metric, levelSizes, segments, attributes, bytes and more."""
        number = self._state.number
        if self._info is None:
            with library.result("semid_index_info", number) as result:
                self._info = result.json()
        return self._info

    def __len__(self) -> int:
        return int(self.info["items"])

    @property
    def level_sizes(self) -> list[int]:
        """Codebook size of each level."""
        return list(self.info["levelSizes"])

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return int(self.info["dimension"])

    @property
    def metric(self) -> str:
        """``l2``, ``cosine`` or ``ip``."""
        return str(self.info["metric"])

    @property
    def tokenizer(self) -> Tokenizer:
        """A copy of the model that the index keeps."""
        return adopt(library.handle("semid_index_tokenizer", self._state.number))

    # ---- Searching ----

    def filter(
        self, condition: str | None = None, *, allow: Iterable[Any] | None = None, deny: Iterable[Any] | None = None
    ) -> Filter:
        """Items that a search may find. It belongs to the index as it is now: make it anew after a change.

        Args:
            condition: of attributes, such as ``price < 20 and brand in (Acme, "A & B")``.
            allow: ids of the only items that may be found.
            deny: ids of items that may not.
        """
        out, count, unknown = c.c_uint64(), c.c_int64(), c.c_int64()
        kept, out_of = arrays.texts(allow, "allow"), arrays.texts(deny, "deny")
        library.call(
            "semid_index_filter", self._state.number, library.text(condition), kept.struct, out_of.struct,
            c.byref(out), c.byref(count), c.byref(unknown),
        )
        return Filter(Handle(out.value), count.value, unknown.value)

    def _filter(self, given: Filter | str | None) -> tuple[int, Filter | None]:
        made = self.filter(given) if isinstance(given, str) else given
        return (0 if made is None else made._handle.number), made

    def search(
        self,
        queries: ArrayLike,
        k: int = 10,
        *,
        candidates: int | None = None,
        scan: int | None = None,
        exact: bool = False,
        filter: Filter | str | None = None,
        threads: int | None = None,
    ) -> SearchResult:
        """The k nearest items to each query.

        Args:
            queries: Q × d, or one vector.
            k: items wanted for each.
            candidates: items reranked, the best by estimated distance; 200 by default.
            scan: items whose distance is estimated; by default 32 times `candidates`.
            exact: compare with every vector, by FAISS.
            filter: a `Filter`, or a condition.
        """
        matrix = arrays.vectors(queries, "queries", one=True)
        count = library.whole(k, "k", 1)
        # The answer has k columns: a number that nobody means would take all memory.
        if count > max(len(self), 1 << 20):
            raise InputError("k", expected=f"at most {max(len(self), 1 << 20)}", found=str(k))
        number, kept = self._filter(filter)
        rows = np.empty((matrix.shape[0], count), np.int64)
        distances = np.empty((matrix.shape[0], count), np.float32)
        with library.result(
            "semid_index_search", self._state.number, arrays.matrix(matrix), count,
            0 if candidates is None else library.whole(candidates, "candidates", 1),
            0 if scan is None else library.whole(scan, "scan", 1), int(exact), number,
            library.thread_count(threads), library.address(rows), library.address(distances), rows.size,
        ) as result:
            texts = result.texts("ids")
        del kept
        ids, first = [], 0
        for found in (rows >= 0).sum(axis=1).tolist():
            ids.append(texts[first : first + found])
            first += found
        return SearchResult(rows, distances, ids)

    def search_items(
        self, ids: Iterable[Any], k: int = 10, *, candidates: int | None = None, filter: Filter | str | None = None,
        threads: int | None = None,
    ) -> SearchResult:
        """The `k` nearest items to each of some items, which are left out themselves; with `candidates` and `filter` as in
        `search`."""
        names = arrays.texts(ids)
        own = self.rows(ids=names.texts)
        missing = np.flatnonzero(own < 0)
        if missing.size:
            raise InputError(
                self.path, kind="missing", expected="items of the index", found=repr((names.texts or [])[missing[0]])
            )
        count = library.whole(k, "k", 1)
        found = self.search(
            self.vectors(own), count + 1, candidates=candidates, filter=filter, threads=threads
        )
        rows = np.full((len(own), count), -1, np.int64)
        distances = np.full((len(own), count), np.nan, np.float32)
        texts: list[list[str]] = []
        for query, row in enumerate(own.tolist()):
            places = np.flatnonzero((found.rows[query] != row) & (found.rows[query] >= 0))[:count]
            rows[query, : len(places)] = found.rows[query, places]
            distances[query, : len(places)] = found.distances[query, places]
            texts.append([found.ids[query][place] for place in places])
        return SearchResult(rows, distances, texts)

    def _codes(self, given: SemanticID, prefix: bool) -> np.ndarray[Any, np.dtype[np.int32]]:
        if isinstance(given, str):
            with library.result(
                "semid_index_parse", self._state.number, library.text(given), int(prefix)
            ) as result:
                return result.array("codes")
        array = np.asarray(given)
        if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
            raise InputError("semantic ID", expected="a text, or a code for each level", found=repr(given)[:80])
        if array.size and (int(array.min()) < -1 or int(array.max()) > 65_535):
            raise InputError("semantic ID", kind="malformed", expected="codes from 0 to 65535", found=repr(given)[:80])
        return np.require(array, np.int32, ["C", "A"])

    def with_prefix(self, prefix: SemanticID, *, filter: Filter | str | None = None) -> Items:
        """The items whose ID begins so, in ID order; all levels of an ID find the items that have it.

        Args:
            prefix: its codes, or a text such as ``<a_12><b_4>``.
            filter: a `Filter`, or a condition.
        """
        codes = self._codes(prefix, True)
        number, kept = self._filter(filter)
        with library.result(
            "semid_index_prefix", self._state.number, library.address(codes), len(codes), number
        ) as result:
            del kept
            return Items(result.texts("ids"), result.array("rows"))

    def expand(
        self,
        semantic_id: SemanticID,
        rule: str = "exact",
        *,
        k: int | None = None,
        filter: Filter | str | None = None,
    ) -> Neighbors:
        """The items around an ID, which no item need have.

        Args:
            semantic_id: with ``match``, codes of −1 and ``*`` stand for any.
            rule: ``exact``, ``match``, ``prefix``, ``hamming[:levels]``, ``per-level[:codewords]`` or
                ``product[:codewords]``.
            k: items wanted; all by default. IDs are taken whole, so there may be some more.
            filter: a `Filter`, or a condition.
        """
        name, _, parameter = rule.partition(":")
        usual = {"hamming": 1, "per-level": 2, "product": 2}
        if parameter and (name not in usual or not parameter.isdecimal()):
            raise InputError("rule", expected="hamming, per-level or product before a number", found=repr(rule))
        codes = self._codes(semantic_id, False)
        number, kept = self._filter(filter)
        with library.result(
            "semid_index_around", self._state.number, library.address(codes), len(codes), library.text(name),
            int(parameter) if parameter else usual.get(name, 0),
            2**62 if k is None else library.whole(k, "k", 1), number,
        ) as result:
            del kept
            told = result.json()
            return Neighbors(
                result.texts("ids"), result.array("rows"), result.array("prefix"), result.array("differing"),
                result.array("distance"), told["isInCatalogue"], told["budgetExhausted"],
            )

    # ---- Items ----

    def rows(self, *, ids: Iterable[Any] | None = None) -> Int64:
        """The row of each id, −1 where no item has it; without ids, the rows of all items."""
        if ids is None:
            with library.result("semid_index_rows", self._state.number) as result:
                return result.array("rows")
        names = arrays.texts(ids)
        rows = np.empty(len(names.texts or []), np.int64)
        library.call("semid_index_rows_of", self._state.number, names.struct, library.address(rows), rows.size)
        return rows

    def _rows(self, rows: ArrayLike) -> Int64:
        array = np.asarray(rows)
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
            raise InputError("rows", expected="row numbers in one dimension", found=f"{array.dtype} {array.shape}")
        return np.require(array, np.int64, ["C", "A"])

    def ids(self, rows: ArrayLike) -> list[str]:
        """The id of the item of each row."""
        return self._texts(rows, "id")

    def semantic_ids(self, rows: ArrayLike, form: str = "tokens") -> list[str]:
        """The semantic ID of the item of each row. `form` is ``"tokens"``, such as ``<a_12><b_4>``, or ``"plain"``, such as
        ``12-4``."""
        return self._texts(rows, form)

    def _texts(self, rows: ArrayLike, what: str) -> list[str]:
        array = self._rows(rows)
        with library.result(
            "semid_index_ids_of", self._state.number, library.address(array), array.size, library.text(what)
        ) as result:
            return result.texts("ids")

    def codes(self, rows: ArrayLike) -> UInt16:
        """The codes of the item of each row, as they are stored."""
        array = self._rows(rows)
        codes = np.empty((array.size, len(self.level_sizes)), np.uint16)
        library.call(
            "semid_index_codes_of", self._state.number, library.address(array), array.size, library.address(codes),
            codes.size,
        )
        return codes

    def vectors(self, rows: ArrayLike) -> Float32:
        """The vector of the item of each row: of length 1 under cosine, approximate where FAISS compresses."""
        array = self._rows(rows)
        vectors = np.empty((array.size, self.dimension), np.float32)
        library.call(
            "semid_index_vectors_of", self._state.number, library.address(array), array.size,
            library.address(vectors), vectors.size,
        )
        return vectors

    # ---- Changing ----

    def _changed(self) -> None:
        old = self._state
        self._state = library.handle("semid_index_state", self._handle.number)
        self._info = None
        # Searches that are under way hold the old state themselves.
        old.close()

    def add(
        self,
        ids: Iterable[Any],
        vectors: ArrayLike | None = None,
        *,
        codes: ArrayLike | None = None,
        attributes: Any = None,
        replace: bool = False,
    ) -> dict[str, Any]:
        """Adds items, all at once and durably. With `replace`, items of the same ids are replaced; `attributes` as in `build`."""
        names = arrays.texts(ids)
        matrix = None if vectors is None else arrays.vectors(vectors)
        given = None if codes is None else arrays.codes(codes)
        table = arrays.AttributeTable(attributes, names.texts, len(names.texts or []))
        return self._update(names, matrix, given, table, replace, arrays.TextArray(None), False)

    def delete(self, ids: Iterable[Any], *, ignore_unknown: bool = False) -> dict[str, Any]:
        """Takes items out. Ids of no item are an error, unless `ignore_unknown`."""
        names = arrays.texts(ids)
        return self._update(
            arrays.TextArray(None), None, None, arrays.AttributeTable(None, None, 0), False, names, ignore_unknown
        )

    def _update(
        self, ids: arrays.TextArray, vectors: Float32 | None, codes: UInt16 | None, table: arrays.AttributeTable,
        replace: bool, deleted: arrays.TextArray, ignore_unknown: bool,
    ) -> dict[str, Any]:
        self._check_writable()
        with library.result(
            "semid_index_update", self._handle.number, ids.struct, arrays.matrix(vectors), arrays.code_struct(codes),
            table.struct, int(replace), deleted.struct, int(ignore_unknown),
        ) as result:
            self._changed()
            report: dict[str, Any] = result.json()
            return report

    def compact(self) -> dict[str, Any]:
        """Merges all segments into one without deleted items. Rows are numbered anew; ids stay."""
        self._check_writable()
        with library.result("semid_index_compact", self._handle.number) as result:
            self._changed()
            report: dict[str, Any] = result.json()
            return report

    def _check_writable(self) -> None:
        if not self._writable:
            raise InputError(
                self.path, expected="an index that was opened to be changed", found="one for reading",
                remedy="Index.open(path, writable=True)",
            )

    def verify(self, *, threads: int | None = None) -> dict[str, Any]:
        """Checks every checksum and every invariant; raises `InputError` for the first that is broken."""
        with library.result("semid_index_verify", self._state.number, library.thread_count(threads)) as result:
            found: dict[str, Any] = result.json()
            return found

    def __repr__(self) -> str:
        if not self._handle.is_open:
            return f"<Index {self.path}, closed>"
        return f"<Index {self.path}: {len(self):,} items, {'·'.join(map(str, self.level_sizes))}>"
