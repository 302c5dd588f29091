"""Stores of unique IDs: files that are damaged, gone or no stores; and the rule by which IDs are given."""

from __future__ import annotations

import os
import pickle
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import semid
from semid.compat.semantic_id import (
    InMemoryCollisionStore,
    RQKMeans,
    SemanticIdEngine,
    SQLiteCollisionStore,
    UniqueIdResolver,
)
from semid.compat.semantic_id.uniqueness import stores

VECTORS = np.random.default_rng(1).normal(size=(200, 8)).astype(np.float32)
KEYS = [f"{row % 7}-{row % 3}" for row in range(60)]
NAMES = [f"sku-{row}" for row in range(60)]


def engine(store: Any) -> SemanticIdEngine:
    made = SemanticIdEngine(RQKMeans(2, 4, random_state=1, n_init=1), UniqueIdResolver(store))
    return made.fit(VECTORS)


def refused(call: Any, path: Path, kind: str) -> semid.InputError:
    with pytest.raises(stores.StoreError) as error:
        call()
    found = error.value
    assert isinstance(found, semid.InputError) and isinstance(found, sqlite3.DatabaseError)
    assert found.source == str(path) and found.kind == kind and found.expected and found.found and found.remedy
    assert str(path) in str(found)
    return found


def test_a_file_that_is_no_store_is_named_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database at all, but long enough to be looked at" * 20)
    before = text.read_bytes()
    refused(lambda: SQLiteCollisionStore(str(text)), text, "malformed")
    assert text.read_bytes() == before
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE collisions (something TEXT)")
    connection.close()
    assert "no such column" in str(refused(lambda: SQLiteCollisionStore(str(other)), other, "malformed").found)
    refused(lambda: SQLiteCollisionStore(str(tmp_path)), tmp_path, "io")
    nowhere = tmp_path / "no" / "folder" / "ids.db"
    refused(lambda: SQLiteCollisionStore(str(nowhere)), nowhere, "io")


@pytest.mark.parametrize("cut", ["half", "page", "header"])
def test_a_damaged_store_is_named(tmp_path: Path, cut: str) -> None:
    path = tmp_path / "ids.db"
    store = SQLiteCollisionStore(str(path))
    many = [f"{row}-{row}" for row in range(5000)]
    UniqueIdResolver(store).assign(many, item_ids=many)
    data = bytearray(path.read_bytes())
    if cut == "half":
        data = data[: len(data) // 2]
    elif cut == "page":
        for page in range(2, len(data) // 4096):
            data[page * 4096 : page * 4096 + 200] = os.urandom(200)
    else:
        data[:100] = bytes(100)
    path.write_bytes(data)
    refused(lambda: UniqueIdResolver(store).assign(many, item_ids=many), path, "malformed")
    assert path.read_bytes() == data


def test_a_store_that_was_removed_is_not_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "ids.db"
    store = SQLiteCollisionStore(str(path))
    UniqueIdResolver(store).assign(KEYS, item_ids=NAMES)
    path.unlink()
    for call in (lambda: UniqueIdResolver(store).assign(KEYS), lambda: store.next_suffix("1-1")):
        assert "a second time" in str(refused(call, path, "missing"))
    assert not path.exists()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_an_engine_whose_store_is_gone_is_not_opened(tmp_path: Path, kind: str) -> None:
    store = InMemoryCollisionStore() if kind == "memory" else SQLiteCollisionStore(str(tmp_path / "own.db"))
    made = engine(store)
    before = made.unique_ids(VECTORS, item_ids=range(200))  # type: ignore[arg-type]
    made.save(str(tmp_path / "engine"))
    assert SemanticIdEngine.load(str(tmp_path / "engine")).unique_ids(VECTORS, item_ids=range(200)) == before  # type: ignore[arg-type]
    database = tmp_path / "engine" / "resolver" / "collisions.db"
    kept = database.read_bytes()
    database.unlink()
    refused(lambda: SemanticIdEngine.load(str(tmp_path / "engine")), database, "missing")
    assert not database.exists()
    database.write_bytes(kept[:3000])
    refused(lambda: SemanticIdEngine.load(str(tmp_path / "engine")), database, "malformed")
    database.write_bytes(kept)
    assert SemanticIdEngine.load(str(tmp_path / "engine")).unique_ids(VECTORS, item_ids=range(200)) == before  # type: ignore[arg-type]


def test_an_engine_in_memory_of_semantic_id_has_no_store_and_needs_none(tmp_path: Path) -> None:
    made = engine(InMemoryCollisionStore())
    made.save(str(tmp_path / "engine"))
    meta = tmp_path / "engine" / "engine_meta.json"
    meta.write_text('{"encoder_type": "RQKMeans", "store_type": "in_memory", "store_config": {}}')
    (tmp_path / "engine" / "resolver" / "collisions.db").unlink()
    assert len(SemanticIdEngine.load(str(tmp_path / "engine")).unique_ids(VECTORS)) == 200


def test_names_of_files_that_mean_something_in_an_address(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=memory#x%20.db"
    store = SQLiteCollisionStore(str(path))
    first = UniqueIdResolver(store).assign(KEYS, item_ids=NAMES)
    assert path.exists() and UniqueIdResolver(SQLiteCollisionStore(str(path))).assign(KEYS, item_ids=NAMES) == first


def by_the_rule(calls: list[tuple[list[str], list[str] | None, bool]]) -> list[list[str]]:
    """The rule row by row, as `_give` has it."""
    counts: dict[str, int] = {}
    owners: dict[str, str] = {}
    taken: set[str] = set()
    results = []
    for keys, names, with_suffix in calls:
        items = None if names is None else [key + "\x1f" + name for key, name in zip(keys, names, strict=True)]
        given = stores._give(keys, items, names if with_suffix else None, "-", counts, owners, taken, lambda _: False)
        results.append([name for name, _, _ in given])
    return results


keys = st.text("12-", min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.tuples(keys, st.sampled_from(["1", "2", "1-1", "x"])), max_size=12), max_size=4), st.sampled_from(["names", "suffixes", "none"]))
def test_ids_in_memory_are_given_by_the_rule(rows: list[list[tuple[str, str]]], mode: str) -> None:
    calls = [([key for key, _ in part], None if mode == "none" else [name for _, name in part], mode == "suffixes") for part in rows]
    store = InMemoryCollisionStore()
    found = []
    for number, (own, names, with_suffix) in enumerate(calls):
        found.append(store.assign(own, names, names if with_suffix else None, "-"))
        if number == 1:
            store = pickle.loads(pickle.dumps(store))
    assert found == by_the_rule(calls)
    if mode == "none":
        flat = [name for part in found for name in part]
        assert len(set(flat)) == len(flat)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.tuples(keys, st.sampled_from(["1", "2", "x"])), max_size=8), max_size=3))
def test_both_stores_give_the_same(rows: list[list[tuple[str, str]]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file, memory = SQLiteCollisionStore(folder + "/ids.db"), InMemoryCollisionStore()
        for part in rows:
            own, names = [key for key, _ in part], [name for _, name in part]
            assert file.assign(own, names, names, "-") == memory.assign(own, names, names, "-")
        copy = SQLiteCollisionStore(folder + "/copy.db")
        memory._write(copy)
        again = InMemoryCollisionStore()
        again._read(copy)
        for part in rows:
            own, names = [key for key, _ in part], [name for _, name in part]
            assert again.assign(own, names, names, "-") == memory.assign(own, names, names, "-")
