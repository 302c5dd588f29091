"""One index, split by item over several servers.

The part of an item follows from its id alone: see `part_of`. Every server holds one part, as an index of its own of the
same model. ``semid index build --part 2/4`` builds the second of four.

>>> from semid.sharding import ShardedClient
>>> parts = ShardedClient(["http://one:8080", "http://two:8080"])
>>> parts.query(vector, k=10).items
"""

from __future__ import annotations

import hashlib
import heapq
import os
import re
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

import numpy as np

from .answers import (
    CandidateEntry,
    Candidates,
    EncodedID,
    Explanation,
    Float32,
    Hit,
    Hits,
    IndexInfo,
    Item,
    ItemsOfID,
    Update,
)
from .client import ArrayLike, Client, Filter, SemanticID, id_text, matrix
from .errors import InputError, ServerError

__all__ = ["ShardedClient", "part_of"]

Value = TypeVar("Value")
Other = TypeVar("Other")

_DEFAULT_K, _DEFAULT_BUDGET = 10, 100
#: Above every code. An ID that is a level shorter stands behind those that go on.
_BEHIND = 1 << 16


def part_of(item: str, parts: int) -> int:
    """The part of `item`, an id, from 0 on: the first eight bytes of SHA-256 of its id in UTF-8, as a big-endian number, modulo
    `parts`.

    >>> [part_of(item, 4) for item in ("item-0", "item-1", "item-2")]
    """
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
        raise InputError("parts", expected="a whole number from 1 on", found=repr(parts))
    try:
        digest = hashlib.sha256(item.encode()).digest()
    except UnicodeEncodeError as error:
        raise InputError("id", kind="malformed", expected="text that is Unicode", found=str(error)) from None
    return int.from_bytes(digest[:8], "big") % parts


class ShardedClient:
    """An index in parts. Queries go to all parts at once, and their answers are merged.

    - Items found by vector, item or text: by distance, then by item id; k of them. The parts must have one metric, and one
      model where they have one. This is checked once, at the first call.
    - Items of an ID or a prefix, and IDs around one: in the order of the rule. Items of one ID stand part after part. Totals
      add up.
    - Items are put into, and deleted from, the part of their id.

    Exact search and expansions over parts give the items that the whole index gives, but for the order of items at the same
    distance. A search that is not exact looks at more items: each part spends `candidates` and `scan` on its own.

    A fault of one part is the fault of the call. A put or delete may then have changed other parts; sent again, it leaves
    the same items.

    What takes all IDs at once is not here: trees, constraints, recall and IDs in texts. An index of codes alone (``semid
    index build --codes``) is small, and one server answers for all of it.

    Args:
        parts: a url, or a `Client`, for each part, in the order of the parts.
        token, index, timeout, retries, context: of the clients that are made of urls, as `Client` takes them.

    These mean the same in all methods:

    Keyword arguments:
        vector, vectors: one vector, or a row per query: numbers of the index's dimension. They are sent as 32-bit floats.
        item: the id of an item.
        text, texts: what the server's encoder turns into vectors; needs `--encoder`.
        semantic_id, semantic_ids: IDs, such as ``<a_3><b_9><c_1>`` or ``3-9-1``.
        prefix: the beginning of IDs; empty for the root of the tree.
        k: items wanted of a query.
        candidates: items that are compared exactly, best estimate first; 200 by default.
        scan: items that get an estimated distance; 32 times `candidates` by default.
        exact: whether every vector is compared.
        expand: the rule that widens an ID: ``exact``, ``prefix``, ``hamming:1``, ``per-level:4``, ``product:2``.
        budget: items wanted of all IDs together.
        filter: a condition as text, or an object of ``must``, ``should`` and ``must_not``.
        attributes: True for all, or their names; of items that are put: values by name, one per item.
        explain: whether the answer says what the search did.
        limit, offset: entries of a page, and those before it.
        timeout: seconds of this call; those of the client by default.
    """

    def __init__(
        self,
        parts: Sequence[str | Client],
        token: str | None = None,
        index: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 2,
        context: ssl.SSLContext | None = None,
    ) -> None:
        if isinstance(parts, str) or not parts:
            raise InputError("parts", expected="a url or a client for each part", found=repr(parts))
        #: The client of each part.
        self.parts: tuple[Client, ...] = tuple(
            part
            if isinstance(part, Client)
            else Client(part, token, index, timeout=timeout, retries=retries, context=context)
            for part in parts
        )
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0
        self._lock, self._pool_lock = threading.Lock(), threading.Lock()
        self._checked = False

    def __repr__(self) -> str:
        return f"ShardedClient({[part.url for part in self.parts]})"

    def __enter__(self) -> ShardedClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the threads, and closes the connections of all parts."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.shutdown()
        self._pool = None
        for part in self.parts:
            part.close()

    def part_of(self, item: str) -> Client:
        """The client of an item's part."""
        return self.parts[part_of(item, len(self.parts))]

    # ---- All parts at once ----

    def _all(self, ask: Callable[[Client], Value]) -> list[Value]:
        """An answer per part, in their order."""
        self._check()
        return self._each([(part, part) for part in self.parts], lambda part, _: ask(part))

    def _each(self, asked: Sequence[tuple[Client, Other]], ask: Callable[[Client, Other], Value]) -> list[Value]:
        if len(asked) == 1:
            return [ask(*asked[0])]
        pool = self._workers()
        running = [pool.submit(ask, part, what) for part, what in asked]
        found: list[Value] = []
        fault: BaseException | None = None
        # All are waited for, so that nothing of this call goes on behind it.
        for future in running:
            try:
                found.append(future.result())
            except Exception as error:
                fault = fault or error
        if fault is not None:
            raise fault
        return found

    def _workers(self) -> ThreadPoolExecutor:
        """A thread waits for each part. Calls of several threads share them; a forked process has none of them."""
        with self._pool_lock:
            if self._pool is None or self._process != os.getpid():
                self._pool = ThreadPoolExecutor(8 * len(self.parts), thread_name_prefix="semid-part")
                self._process = os.getpid()
            return self._pool

    def _check(self) -> None:
        """Whether distances and IDs of the parts compare."""
        with self._lock:
            if self._checked:
                return
            infos = self._each([(part, None) for part in self.parts], lambda part, _: part.info())
            first = infos[0]
            for part, info in zip(self.parts, infos, strict=True):
                for name in ("metric", "dimension", "level_sizes", "model", "has_vectors"):
                    if getattr(info, name) != getattr(first, name):
                        raise InputError(
                            part.url, kind="mismatch", expected=f"{name} {getattr(first, name)}, as in the first part",
                            found=str(getattr(info, name)),
                            remedy="build all parts with one model, metric and --codebook-size, by --part",
                        )
            self._checked = True

    def info(self) -> list[IndexInfo]:
        """What each part is."""
        return self._each([(part, None) for part in self.parts], lambda part, _: part.info())

    def __len__(self) -> int:
        return sum(info.items for info in self.info())

    # ---- Search ----

    def query(
        self,
        vector: ArrayLike | None = None,
        *,
        item: str | None = None,
        text: str | None = None,
        semantic_id: SemanticID | None = None,
        prefix: SemanticID | None = None,
        k: int | None = None,
        expand: str | None = None,
        **options: Any,
    ) -> Hits:
        """What `Client.query` gives of the whole index. `options` are the others that it takes.

        Of an `item`, the vector is fetched from its part first. `explain` adds up what the parts did; its ``path`` names all
        their ways.
        """
        wanted = _DEFAULT_K if k is None else k
        if item is not None and vector is None and text is None and semantic_id is None and prefix is None:
            own = self.part_of(item)
            found = own.item(item, vector=True).vector
            if found is None:
                raise InputError(own.url, kind="unsupported", expected="an index with vectors", found="one without")

            def near(part: Client) -> Hits:
                # Its own part leaves the item out by itself.
                if part is own:
                    return part.query(item=item, k=wanted, **options)
                return part.query(found, k=wanted, **options)

            return _nearest(self._all(near), wanted)
        parts = self._all(
            lambda part: part.query(
                vector, item=item, text=text, semantic_id=semantic_id, prefix=prefix, k=k, expand=expand, **options
            )
        )
        if prefix is not None:
            return _by_id(parts, wanted)
        if semantic_id is not None:
            return _around(parts, wanted, id_text(semantic_id), expand)
        return _nearest(parts, wanted)

    def query_batch(self, queries: ArrayLike, *, k: int | None = None, **options: Any) -> list[Hits]:
        """The nearest items to each row of `queries`, Q × d. `options` are the others of `Client.query_batch`."""
        rows = matrix(queries, "queries")
        parts = self._all(lambda part: part.query_batch(rows, k=k, **options))
        return [_nearest(found, _DEFAULT_K if k is None else k) for found in zip(*parts, strict=True)]

    def candidates(
        self,
        semantic_id: SemanticID | None = None,
        *,
        item: str | None = None,
        expand: str | None = None,
        budget: int | None = None,
        **options: Any,
    ) -> Candidates:
        """The semantic IDs around one, with their items. `options` are the others of `Client.candidates`."""
        if (semantic_id is None) == (item is None):
            raise InputError("request", expected="one of semantic_id and item", found="both" if item else "neither")
        if item is not None:
            asked = self.part_of(item).item(item).semantic_id
        else:
            assert semantic_id is not None
            asked = id_text(semantic_id)
        parts = self._all(lambda part: part.candidates(asked, expand=expand, budget=budget, **options))
        by_prefix = "*" in asked or _rule(expand) == "prefix"
        limit = _DEFAULT_BUDGET if budget is None else budget

        def order(of: _OfID) -> tuple[Any, ...]:
            return _order(of.entry.codes, of.entry.prefix, of.entry.differing, of.entry.distance, by_prefix)

        entries: list[CandidateEntry] = []
        count, more = 0, any(part.budget_exhausted for part in parts)
        merged = heapq.merge(*(_by_ids(part) for part in parts), key=order)
        for _, same in groupby(merged, key=lambda of: of.entry.codes):
            if count >= limit:
                more = True
                break
            group = list(same)
            items = tuple(item for of in group for item in of.entry.items)
            entries.append(replace(group[0].entry, items=items[:limit]))
            count += sum(of.size for of in group)
        return Candidates(tuple(entries), count, any(part.is_in_catalogue for part in parts), more)

    # ---- The model ----

    def encode(self, vectors: ArrayLike | None = None, *, texts: Sequence[str] | None = None) -> list[EncodedID]:
        """The semantic IDs of vectors or texts. `items` adds up."""
        parts = self._all(lambda part: part.encode(vectors, texts=texts))
        return [replace(of[0], items=sum(one.items for one in of)) for of in zip(*parts, strict=True)]

    def decode(self, semantic_ids: Iterable[SemanticID]) -> Float32:
        """The vectors that semantic IDs stand for, by the first part."""
        self._check()
        return self.parts[0].decode(semantic_ids)

    # ---- Items ----

    def item(self, item: str, *, vector: bool = False) -> Item:
        """One item, of its part: `levels` counts the items of that part."""
        return self.part_of(item).item(item, vector=vector)

    def items_of(self, semantic_id: SemanticID, *, limit: int = 100, offset: int = 0) -> ItemsOfID:
        """The items of a semantic ID, part after part."""
        found: list[Hit] = []
        total = 0
        self._check()
        for part in self.parts:
            wanted = limit - len(found)
            try:
                page = part.items_of(semantic_id, limit=max(wanted, 1), offset=max(offset - total, 0))
            except ServerError as error:
                # No item of this part has the ID.
                if error.status != 404:
                    raise
                continue
            found += page.items[:wanted] if wanted > 0 else ()
            total += page.total
        return ItemsOfID(tuple(found), total)

    # ---- Changes ----

    def _rows_by_part(self, ids: Sequence[str]) -> list[tuple[Client, list[int]]]:
        rows: list[list[int]] = [[] for _ in self.parts]
        for row, item in enumerate(ids):
            rows[part_of(item, len(self.parts))].append(row)
        return [(part, own) for part, own in zip(self.parts, rows, strict=True) if own]

    def put(
        self,
        ids: Sequence[str],
        vectors: ArrayLike | None = None,
        *,
        semantic_ids: Sequence[SemanticID] | None = None,
        attributes: Mapping[str, Sequence[Any]] | None = None,
        timeout: float | None = None,
    ) -> Update:
        """Adds items, or replaces those with the same id, each in its part.

        Where all is in one part, the answer's `items` and `segments` are those of that part; else of the parts that changed.
        """
        self._check()
        names = list(ids)
        table = None if vectors is None else matrix(vectors, "vectors")
        for name, values in {"vectors": table, "semantic_ids": semantic_ids, **(attributes or {})}.items():
            if values is not None and len(values) != len(names):
                raise InputError(
                    name, kind="mismatch", expected=f"one for each of {len(names)} ids", found=str(len(values))
                )

        def change(part: Client, rows: list[int]) -> Update:
            return part.put(
                [names[row] for row in rows], None if table is None else table[rows],
                semantic_ids=None if semantic_ids is None else [semantic_ids[row] for row in rows],
                attributes=None
                if attributes is None
                else {name: [values[row] for row in rows] for name, values in attributes.items()},
                timeout=timeout,
            )

        return _sum(self._each(self._rows_by_part(names), change))

    def delete(
        self, ids: Sequence[str] | None = None, *, filter: Filter | None = None, timeout: float | None = None
    ) -> Update:
        """Deletes items by id, each from its part; or those that a filter allows, from all parts."""
        if ids is None or filter is not None:
            return _sum(self._all(lambda part: part.delete(ids, filter=filter, timeout=timeout)))
        self._check()
        names = list(ids)
        return _sum(
            self._each(
                self._rows_by_part(names),
                lambda part, rows: part.delete([names[row] for row in rows], timeout=timeout),
            )
        )

    def compact(self, *, timeout: float | None = None) -> Update:
        """Compacts every part."""
        return _sum(self._all(lambda part: part.compact(timeout=timeout)))

    def reload(self) -> list[IndexInfo]:
        """Has every part serve what stands at its path now. Checks anew whether the parts go together."""
        found = self._each([(part, None) for part in self.parts], lambda part, _: part.reload())
        with self._lock:
            self._checked = False
        self._check()
        return found


# ---- Merging ----


def _padded(codes: tuple[int, ...]) -> tuple[int, ...]:
    return (*codes, _BEHIND)


@dataclass(frozen=True)
class _OfID:
    """An ID of a part, and how many items it has there: its entry has no more than the budget."""

    entry: CandidateEntry
    size: int


def _by_ids(part: Candidates) -> list[_OfID]:
    """A part's IDs. An ID whose items lie in several segments has several entries, one after the other."""
    found: list[_OfID] = []
    left = part.count
    for _, same in groupby(part.entries, key=lambda entry: entry.codes):
        group = list(same)
        items = tuple(item for entry in group for item in entry.items)
        found.append(_OfID(replace(group[0], items=items), len(items)))
        left -= len(items)
    # Only the last ID can have more items than the budget, for it has filled it.
    if found:
        found[-1] = replace(found[-1], size=found[-1].size + left)
    return found


def _rule(expand: str | None) -> str:
    return "exact" if expand is None else expand.partition(":")[0]


def _order(
    codes: tuple[int, ...], prefix: int, differing: int, distance: float | None, by_prefix: bool
) -> tuple[Any, ...]:
    """Where an ID stands among those of a rule."""
    if by_prefix:
        return (-prefix, _padded(codes))
    return (differing, 0.0 if distance is None else distance, -prefix, _padded(codes))


def _nearest(parts: Sequence[Hits], k: int) -> Hits:
    def order(hit: Hit) -> tuple[float, str]:
        return (np.inf if hit.distance is None else hit.distance, hit.item)

    hits = heapq.nsmallest(k, (hit for part in parts for hit in part.hits), key=order)
    return Hits(tuple(hits), _total(parts), _explanation(parts))


def _by_id(parts: Sequence[Hits], k: int) -> Hits:
    merged = heapq.merge(*(part.hits for part in parts), key=lambda hit: _padded(hit.codes))
    return Hits(tuple(merged)[:k], _total(parts), _explanation(parts))


def _around(parts: Sequence[Hits], k: int, asked: str, expand: str | None) -> Hits:
    own = _codes(asked)
    by_prefix = _rule(expand) == "prefix" or None in own

    def order(hit: Hit) -> tuple[Any, ...]:
        levels = max(len(own), len(hit.codes))
        mine = own + (_BEHIND,) * (levels - len(own))
        theirs = hit.codes + (_BEHIND,) * (levels - len(hit.codes))
        same = [a is None or a == b for a, b in zip(mine, theirs, strict=True)]
        prefix = next((level for level, code in enumerate(mine) if code is None or not same[level]), levels)
        return _order(hit.codes, prefix, same.count(False), hit.distance, by_prefix)

    merged = heapq.merge(*(part.hits for part in parts), key=order)
    return Hits(tuple(merged)[:k], _total(parts), _explanation(parts))


def _codes(text: str) -> tuple[int | None, ...]:
    """The codes of an ID in either form; None for `*`. The server has checked the text."""
    if text.lstrip().startswith("<"):
        return tuple(None if code == "*" else int(code) for code in re.findall(r"_(\d+|\*)>", text))
    return tuple(None if code == "*" else int(code) for code in re.findall(r"\d+|\*", text))


def _total(parts: Sequence[Hits]) -> int | None:
    totals = [part.total for part in parts if part.total is not None]
    return sum(totals) if totals else None


def _explanation(parts: Sequence[Hits]) -> Explanation | None:
    told = [part.explain for part in parts if part.explain is not None]
    if not told:
        return None

    def added(name: str) -> int | None:
        values = [getattr(one, name) for one in told if getattr(one, name) is not None]
        return sum(values) if values else None

    exhausted = [one.budget_exhausted for one in told if one.budget_exhausted is not None]
    seconds: dict[str, float] = {}
    for one in told:
        for name, value in one.seconds.items():
            seconds[name] = max(value, seconds.get(name, 0.0))
    return Explanation(
        path="+".join(sorted({one.path for one in told})), scanned=added("scanned"), sifted=added("sifted"),
        reranked=added("reranked"), budget_exhausted=any(exhausted) if exhausted else None, allowed=added("allowed"),
        query_semantic_id=next((one.query_semantic_id for one in told if one.query_semantic_id is not None), None),
        segments=added("segments"), seconds=seconds,
    )


def _sum(updates: Sequence[Update]) -> Update:
    return Update(
        *(
            sum(getattr(one, name) for one in updates)
            for name in ("added", "replaced", "deleted", "unknown", "items", "segments")
        )
    )
