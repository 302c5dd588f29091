"""A part of an index that is asked in this process: what a server answers, from the same engine."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

import semid
from semid.answers import BareItem, CandidateEntry, Candidates, Hit, Hits, IndexInfo, Item, ItemsOfID, Update
from semid.client import Client, id_text
from semid.errors import ServerError


class LocalPart(Client):
    def __init__(self, index: semid.Index) -> None:
        super().__init__("http://127.0.0.1:9", index="part")
        self.engine = index

    def info(self) -> IndexInfo:
        told = self.engine.info
        return IndexInfo(
            "part", len(self.engine), len(self.engine.level_sizes), tuple(self.engine.level_sizes), self.engine.metric,
            self.engine.dimension, (), told["segments"], 0, "g", True, True, True, False, False, True, False, False,
            model=told.get("model"),
        )

    def _hits(self, rows: Any, distances: Any = None) -> tuple[Hit, ...]:
        ids, texts, codes = self.engine.ids(rows), self.engine.semantic_ids(rows), self.engine.codes(rows)
        return tuple(
            Hit(item, text, tuple(code), None if distances is None else float(distances[place]))
            for place, (item, text, code) in enumerate(zip(ids, texts, codes.tolist(), strict=True))
        )

    def query(self, vector: Any = None, **options: Any) -> Hits:  # type: ignore[override]
        k, condition = options.get("k") or 10, options.get("filter")
        if options.get("prefix") is not None:
            rows = self.engine.with_prefix(options["prefix"], filter=condition).rows
            return Hits(self._hits(rows[:k]), len(rows))
        if options.get("semantic_id") is not None:
            found = self.engine.expand(options["semantic_id"], options.get("expand") or "exact", filter=condition)
            rows = found.rows[:k]
            hits = self._hits(rows, None if np.isnan(found.distances).all() else found.distances)
            return Hits(hits, len(found.rows))
        if options.get("item") is not None:
            found_items = self.engine.search_items([options["item"]], k, filter=condition)
            kept = found_items.rows[0] >= 0
            return Hits(self._hits(found_items.rows[0][kept], found_items.distances[0][kept]))
        return self.query_batch(np.asarray(vector)[None, :], k=k, exact=options.get("exact"), filter=condition)[0]

    def query_batch(self, queries: Any, **options: Any) -> list[Hits]:  # type: ignore[override]
        found = self.engine.search(
            queries, k=options.get("k") or 10, exact=bool(options.get("exact")), filter=options.get("filter")
        )
        return [
            Hits(self._hits(rows[rows >= 0], distances[rows >= 0]))
            for rows, distances in zip(found.rows, found.distances, strict=True)
        ]

    def candidates(self, semantic_id: Any = None, **options: Any) -> Candidates:  # type: ignore[override]
        text = id_text(semantic_id)
        rule = "match" if "*" in text else options.get("expand") or "exact"
        found = self.engine.expand(text, rule, k=options.get("budget") or 100, filter=options.get("filter"))
        codes = self.engine.codes(found.rows).tolist()
        entries = []
        for _, places in groupby(range(len(codes)), key=lambda place: tuple(codes[place])):
            own = list(places)
            first = own[0]
            distance = float(found.distances[first])
            entries.append(
                CandidateEntry(
                    self.engine.semantic_ids(found.rows[first : first + 1])[0], tuple(codes[first]),
                    int(found.prefix[first]), int(found.differing[first]),
                    tuple(BareItem(found.ids[place]) for place in own[: options.get("budget") or 100]), None if np.isnan(distance) else distance,
                )
            )
        return Candidates(tuple(entries), len(codes), found.in_catalogue, found.more)

    def item(self, item: str, *, vector: bool = False) -> Item:
        rows = self.engine.rows(ids=[item])
        if rows[0] < 0:
            raise ServerError(status=404, kind="missing", source=item)
        (hit,) = self._hits(rows)
        return Item(item, hit.semantic_id, hit.codes, (), {}, None, self.engine.vectors(rows)[0] if vector else None)

    def items_of(self, semantic_id: Any, *, limit: int | None = None, offset: int | None = None) -> ItemsOfID:
        found = self.engine.expand(semantic_id, "exact")
        if not len(found.rows):
            raise ServerError(status=404, kind="missing", source=str(semantic_id))
        first = offset or 0
        return ItemsOfID(self._hits(found.rows[first : first + (limit or 100)]), len(found.rows))

    def put(self, ids: Any, vectors: Any = None, **options: Any) -> Update:
        told = self.engine.rows(ids=ids)
        self.engine.add(ids, vectors, replace=True)
        return Update(int((told < 0).sum()), int((told >= 0).sum()), 0, 0, len(self.engine), 1)

    def delete(self, ids: Any = None, **options: Any) -> Update:
        told = self.engine.rows(ids=ids)
        self.engine.delete([item for item, row in zip(ids, told.tolist(), strict=True) if row >= 0])
        return Update(0, 0, int((told >= 0).sum()), int((told < 0).sum()), len(self.engine), 1)
