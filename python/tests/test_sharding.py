"""Parts of an index answer as the whole index does."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_part import LocalPart

import semid
from semid.client import Hits
from semid.sharding import ShardedClient, part_of

PARTS = 3
HASHES = {"item-0": "69b65bbed30ca00a", "item-1": "59908df50572502c", "ü": "607474ca475a9724"}


def test_the_part_of_an_item_is_what_the_guide_says() -> None:
    # Worked out with `printf %s ID | sha256sum`; the command's tests have the same.
    for item, digits in HASHES.items():
        assert part_of(item, 2**64) == int(digits, 16)
    for item in ("item-0", "", "ü", "日本", "a\nb"):
        digest = hashlib.sha256(item.encode()).digest()
        for parts in (1, 2, 7):
            assert part_of(item, parts) == int.from_bytes(digest[:8], "big") % parts
    counts = np.bincount([part_of(f"item-{row}", 8) for row in range(8_000)])
    assert counts.min() > 850 and counts.max() < 1_150
    for bad in (0, -1, True, 2.0):
        with pytest.raises(semid.InputError):
            part_of("a", bad)  # type: ignore[arg-type]
    with pytest.raises(semid.InputError):
        part_of("\ud800", 2)


class Both:
    """An index, and the same items in parts."""

    def __init__(self, folder: Path, vectors: Any, ids: list[str], model: Any, writable: bool = False) -> None:
        rows = np.array([part_of(item, PARTS) for item in ids])
        price = np.array([float(row % 50) for row in range(len(ids))])

        def build(name: str, kept: Any) -> LocalPart:
            path = folder / name
            semid.Index.build(
                path, vectors[kept], tokenizer=model, ids=[ids[row] for row in np.flatnonzero(kept)],
                attributes={"price": price[kept].tolist()},
            ).close()
            return LocalPart(semid.Index.open(path, writable=writable))

        self.whole = build("whole", np.ones(len(ids), bool))
        self.parts = ShardedClient([build(f"part-{part}", rows == part) for part in range(PARTS)])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, vectors: Any, ids: list[str]) -> Any:
    # Few codes, so that items share IDs; some vectors twice, so that distances tie.
    table = np.concatenate([vectors, vectors[:20]])
    model = semid.RQKMeans(3, 6).fit(table)
    made = Both(tmp_path_factory.mktemp("parts"), table, [*ids, *(f"again-{row}" for row in range(20))], model)
    yield made
    made.parts.close()


def same_nearest(merged: Hits, whole: Hits) -> None:
    """The same distances, and the same items but for which of those at the last distance are there."""
    assert merged.distances.tolist() == whole.distances.tolist()
    if whole.hits:
        last = whole.hits[-1].distance
        assert {hit for hit in merged.hits if hit.distance != last} == {hit for hit in whole.hits if hit.distance != last}
    order = [(hit.distance, hit.item) for hit in merged.hits]
    assert order == sorted(order)


ROWS = st.integers(0, 1_519)
FILTERS = st.sampled_from([None, "price < 20", "price = 7", "price < 0"])
MANY = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@MANY
@given(row=ROWS, k=st.integers(1, 60), condition=FILTERS)
def test_exact_search(both: Both, vectors: Any, row: int, k: int, condition: str | None) -> None:
    query = vectors[row % len(vectors)] + np.float32(row % 3) / 7
    same_nearest(
        both.parts.query(query, k=k, exact=True, filter=condition),
        both.whole.query(query, k=k, exact=True, filter=condition),
    )


@MANY
@given(row=ROWS, k=st.integers(1, 30))
def test_neighbors_of_an_item(both: Both, ids: list[str], row: int, k: int) -> None:
    item = ids[row % len(ids)]
    merged = both.parts.query(item=item, k=k)
    assert item not in merged.items and len(merged.hits) == k
    same_nearest(merged, both.whole.query(item=item, k=k))


def test_a_batch(both: Both, vectors: Any) -> None:
    for merged, whole in zip(
        both.parts.query_batch(vectors[:40], k=9, exact=True), both.whole.query_batch(vectors[:40], k=9, exact=True),
        strict=True,
    ):
        same_nearest(merged, whole)


CODES = st.lists(st.integers(0, 5), min_size=3, max_size=3)
RULES = st.sampled_from(
    ["exact", "prefix", "hamming:1", "hamming:2", "hamming:3", "per-level:3", "product:2", "product:6", None]
)


@MANY
@given(codes=CODES, rule=RULES, budget=st.integers(1, 2_000), condition=FILTERS)
def test_expansions(both: Both, codes: list[int], rule: str | None, budget: int, condition: str | None) -> None:
    merged = both.parts.candidates(codes, expand=rule, budget=budget, filter=condition)
    whole = both.whole.candidates(codes, expand=rule, budget=budget, filter=condition)
    same_candidates(merged, whole, budget)


@MANY
@given(codes=CODES, open_levels=st.sets(st.integers(0, 2)), budget=st.integers(1, 300))
def test_patterns(both: Both, codes: list[int], open_levels: set[int], budget: int) -> None:
    text = "".join(f"<{'abc'[level]}_{'*' if level in open_levels else codes[level]}>" for level in range(3))
    same_candidates(both.parts.candidates(text, budget=budget), both.whole.candidates(text, budget=budget), budget)


def same_candidates(merged: Any, whole: Any, budget: int) -> None:
    def plain(found: Any) -> Any:
        return [
            (entry.semantic_id, entry.codes, entry.prefix, entry.differing, entry.distance,
             len(entry.items), sorted(item.item for item in entry.items) if len(entry.items) < budget else None)
            for entry in found.entries
        ]

    assert plain(merged) == plain(whole)
    assert (merged.count, merged.is_in_catalogue, merged.budget_exhausted) == (
        whole.count, whole.is_in_catalogue, whole.budget_exhausted
    )


@MANY
@given(codes=CODES, rule=RULES, condition=FILTERS)
def test_items_around_an_id(both: Both, codes: list[int], rule: str | None, condition: str | None) -> None:
    everything = {"k": 5_000, "filter": condition}
    merged = both.parts.query(semantic_id=codes, expand=rule, **everything)
    whole = both.whole.query(semantic_id=codes, expand=rule, **everything)
    assert merged.total == whole.total
    assert [(hit.codes, hit.distance) for hit in merged.hits] == [(hit.codes, hit.distance) for hit in whole.hits]
    assert set(merged.hits) == set(whole.hits)
    first = both.parts.query(semantic_id=codes, expand=rule, k=7, filter=condition)
    assert first.hits == merged.hits[:7] and first.total == merged.total


@MANY
@given(codes=CODES, levels=st.integers(1, 3))
def test_items_of_a_prefix(both: Both, codes: list[int], levels: int) -> None:
    merged = both.parts.query(prefix=codes[:levels], k=5_000)
    whole = both.whole.query(prefix=codes[:levels], k=5_000)
    assert [hit.codes for hit in merged.hits] == [hit.codes for hit in whole.hits]
    assert set(merged.hits) == set(whole.hits) and merged.total == whole.total


def test_pages_of_an_id(both: Both) -> None:
    item = max(both.whole.engine.ids(range(1_520)), key=lambda name: len(both.whole.items_of(both.whole.item(name).codes).items))
    codes = both.whole.item(item).codes
    every = both.whole.items_of(codes, limit=10_000)
    assert every.total > 8
    pages: list[str] = []
    for offset in range(0, every.total + 3, 3):
        page = both.parts.items_of(codes, limit=3, offset=offset)
        assert page.total == every.total
        pages += [hit.item for hit in page.items]
    assert len(pages) == every.total and set(pages) == {hit.item for hit in every.items}


def test_shorter_ids_stand_behind_longer_ones() -> None:
    """As in an index of IDs of two lengths, whose shorter ones have no code at the last level."""
    from semid.sharding import _padded

    assert sorted([(1, 2), (1, 2, 5), (1, 3), (1, 2, 65_535)], key=_padded) == [(1, 2, 5), (1, 2, 65_535), (1, 2), (1, 3)]


def test_changes_go_to_the_part_of_the_item(tmp_path: Path, vectors: Any, ids: list[str], model: Any) -> None:
    both = Both(tmp_path, vectors[:300], ids[:300], model, writable=True)
    new = [f"new-{row}" for row in range(30)]
    done = both.parts.put([*new, "item-0"], vectors[300:331])
    assert (done.added, done.replaced) == (30, 1)
    both.whole.put([*new, "item-0"], vectors[300:331])
    assert len(both.parts) == 330
    for part, client in enumerate(both.parts.parts):
        assert isinstance(client, LocalPart)
        rows = client.engine.rows(ids=new)
        assert [part_of(item, PARTS) == part for item in new] == (rows >= 0).tolist()
    same_nearest(both.parts.query(vectors[310], k=20, exact=True), both.whole.query(vectors[310], k=20, exact=True))
    gone = both.parts.delete(["new-3", "new-4", "nobody"])
    both.whole.delete(["new-3", "new-4", "nobody"])
    assert (gone.deleted, gone.unknown) == (2, 1) and len(both.parts) == 328
    same_nearest(both.parts.query(vectors[303], k=20, exact=True), both.whole.query(vectors[303], k=20, exact=True))
    with pytest.raises(semid.InputError):
        both.parts.put(["a", "b"], vectors[:1])
    assert len(both.parts) == 328
    both.parts.close()


def test_parts_that_do_not_go_together(both: Both, tmp_path: Path, vectors: Any, ids: list[str]) -> None:
    other = semid.RQKMeans(3, 6, seed=9).fit(vectors)
    semid.Index.build(tmp_path / "other", vectors, tokenizer=other, ids=ids).close()
    with semid.Index.open(tmp_path / "other") as index:
        mixed = ShardedClient([both.parts.parts[0], LocalPart(index)])
        with pytest.raises(semid.InputError, match="model.*as in the first part"):
            mixed.query(vectors[0])


def test_a_part_that_fails_fails_the_call(both: Both, vectors: Any) -> None:
    missing = semid.Client("http://127.0.0.1:9", index="main")
    parts = ShardedClient([*both.parts.parts[:2], missing])
    parts._checked = True
    with pytest.raises(semid.UnreachableError, match="127.0.0.1:9"):
        parts.query(vectors[0])


def test_threads_share_the_parts(both: Both, vectors: Any) -> None:
    whole = [both.whole.query(query, k=3, exact=True) for query in vectors[:12]]
    faults: list[BaseException] = []

    def ask(first: int) -> None:
        try:
            for row in range(12):
                place = (row + first) % 12
                same_nearest(both.parts.query(vectors[place], k=3, exact=True), whole[place])
        except BaseException as error:  # noqa: BLE001: raised below
            faults.append(error)

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
