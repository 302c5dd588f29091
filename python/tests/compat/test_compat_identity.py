"""`semid.compat.semantic_id`: engine, resolvers, stores."""

from __future__ import annotations

import json
import pickle
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semid.compat.semantic_id import (
    RQVAE,
    InMemoryCollisionStore,
    RQKMeans,
    SemanticIdEngine,
    SinkhornResolver,
    SQLiteCollisionStore,
    UniqueIdResolver,
)
from semid.compat.semantic_id.uniqueness.resolver import BaseResolver
from semid.compat.semantic_id.uniqueness.stores import CollisionStore, StoreError


@pytest.fixture(scope="module")
def encoder(vectors: Any) -> RQKMeans:
    return RQKMeans(2, 12, random_state=42, n_init=1).fit(vectors)


@pytest.fixture(params=["memory", "file"])
def store(request: Any, tmp_path: Path) -> CollisionStore:
    if request.param == "memory":
        return InMemoryCollisionStore()
    return SQLiteCollisionStore(str(tmp_path / "ids.db"))


def test_counts_and_item_ids(store: CollisionStore) -> None:
    resolver = UniqueIdResolver(store)
    assert resolver.assign(["a", "b", "a", "a"]) == ["a", "b", "a-1", "a-2"]
    assert resolver.assign(["a"]) == ["a-3"]
    assert resolver.assign(["c", "c"], item_ids=["x", "y"], sep="/") == ["c", "c/y"]
    assert resolver.assign([]) == []
    with pytest.raises(ValueError, match="2 item_ids"):
        resolver.assign(["a", "a"], item_ids=["x"])


def test_no_id_is_given_twice(store: CollisionStore) -> None:
    resolver = UniqueIdResolver(store)
    given = resolver.assign(["3-9", "3-9", "3-9-1", "3-9-1", "3-9"])
    assert given == ["3-9", "3-9-1", "3-9-1-1", "3-9-1-2", "3-9-2"]
    # Suffixes that are items' own may coincide with an ID, too.
    more = resolver.assign(["7", "7", "7-x", "7"], item_ids=["w", "x", "y", "z"])
    assert more[:2] == ["7", "7-x"]
    assert len(set(given + more)) == len(given + more)


def test_items_keep_their_ids(store: CollisionStore) -> None:
    resolver = UniqueIdResolver(store)
    first = resolver.assign(["a", "a", "b", "a"], item_ids=["i", "j", "k", "l"])
    assert resolver.assign(["a", "b", "a", "a"], item_ids=["l", "k", "j", "i"]) == [first[3], first[2], first[1], first[0]]
    # The same item twice in a call, and an item whose codes changed.
    assert resolver.assign(["a", "a", "b"], item_ids=["m", "m", "i"]) == ["a-m", "a-m", "b-i"]


def test_random_calls_give_unique_and_steady_ids(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    memory, file = UniqueIdResolver(), UniqueIdResolver(SQLiteCollisionStore(str(tmp_path / "ids.db")))
    codes = {str(item): f"{random.integers(4)}-{random.integers(4)}" for item in range(300)}
    known: dict[str, str] = {}
    for _ in range(20):
        items = [str(item) for item in random.permutation(300)[: random.integers(1, 80)]]
        ids = memory.assign([codes[item] for item in items], item_ids=items)
        assert file.assign([codes[item] for item in items], item_ids=items) == ids
        for item, name in zip(items, ids, strict=True):
            assert known.setdefault(item, name) == name
    assert len(set(known.values())) == len(known)


def test_the_file_is_the_packages(tmp_path: Path) -> None:
    path = str(tmp_path / "ids.db")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE collisions (key TEXT PRIMARY KEY, count INTEGER DEFAULT 0)")
        connection.execute("INSERT INTO collisions VALUES ('x', 3)")
    store = SQLiteCollisionStore(path)
    assert UniqueIdResolver(store).assign(["x", "y", "x"]) == ["x-3", "y", "x-4"]
    assert store.next_suffix("y") == 1
    with sqlite3.connect(path) as connection:
        assert dict(connection.execute("SELECT key, count FROM collisions")) == {"x": 5, "y": 2}


def test_a_call_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = str(tmp_path / "ids.db")
    resolver = UniqueIdResolver(SQLiteCollisionStore(path))
    resolver.assign(["a"])
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON semid_ids WHEN new.id = 'c' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(sqlite3.Error, match="full"):
        resolver.assign(["a", "b", "c"])
    with pytest.raises(UnicodeEncodeError):
        resolver.assign(["a", "\ud800"])
    assert resolver.assign(["a", "b"]) == ["a-1", "b"]


def test_threads_share_a_file(tmp_path: Path) -> None:
    path = str(tmp_path / "ids.db")
    given: list[str] = []

    def work() -> None:
        resolver = UniqueIdResolver(SQLiteCollisionStore(path))
        for _ in range(10):
            given.extend(resolver.assign(["a", "b", "a"]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 120 and len(set(given)) == 120


def test_a_store_of_the_callers_own() -> None:
    class Count(CollisionStore):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def next_suffix(self, key: str) -> int:
            self.seen.append(key)
            return self.seen.count(key) - 1

    store = Count()
    assert UniqueIdResolver(store).assign(["a", "a"], item_ids=["i", "j"]) == ["a", "a-j"]
    assert store.seen == ["a", "a"]


def test_a_resolver_of_the_callers_own(encoder: RQKMeans, vectors: Any, tmp_path: Path) -> None:
    class Upper(BaseResolver):
        def assign(self, semantic_ids: list[str], **kwargs: Any) -> list[str]:
            assert set(kwargs) <= {"sep", "item_ids"}
            return [name + "!" for name in semantic_ids]

    engine = SemanticIdEngine(encoder, Upper())
    assert engine.unique_ids(vectors)[0].endswith("!")
    with pytest.raises(TypeError, match="Upper"):
        engine.save(str(tmp_path / "engine"))


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("kind", ["memory", "file"])
def test_ids_stay_after_a_reload_in_any_order(
    encoder: RQKMeans, vectors: Any, ids: list[str], tmp_path: Path, kind: str, named: bool
) -> None:
    store = InMemoryCollisionStore() if kind == "memory" else SQLiteCollisionStore(str(tmp_path / "ids.db"))
    engine = SemanticIdEngine(encoder, UniqueIdResolver(store))

    def ask(engine: SemanticIdEngine, rows: Any) -> list[str]:
        return engine.unique_ids(vectors[rows], item_ids=[ids[row] for row in rows] if named else None)

    first = ask(engine, np.arange(1000))
    assert len(set(first)) == 1000
    path = str(tmp_path / "engine")
    engine.save(path)
    # What is loaded stands on its own.
    if kind == "file":
        (tmp_path / "ids.db").unlink()
    moved = str(tmp_path / "moved")
    shutil.move(path, moved)
    loaded = SemanticIdEngine.load(moved)
    order = np.random.default_rng(1).permutation(1500)
    again = ask(loaded, order)
    assert len(set(again)) == 1500
    assert [again[place] for place in np.argsort(order)][:1000] == first
    meta = json.loads((Path(moved) / "engine_meta.json").read_text())
    assert meta["encoder_type"] == "RQKMeans"
    assert (meta["store_type"], meta["store_config"]) == (
        ("in_memory", {}) if kind == "memory" else ("sqlite", {"db_path": "collisions.db"})
    )
    # Saved over itself, and loaded once more.
    loaded.save(moved)
    assert ask(SemanticIdEngine.load(moved), order) == again


def test_equal_vectors_are_items_of_their_own(encoder: RQKMeans, vectors: Any) -> None:
    engine = SemanticIdEngine(encoder)
    twice = np.concatenate([vectors[:3], vectors[:3]])
    given = engine.unique_ids(twice)
    assert len(set(given)) == 6
    assert engine.unique_ids(twice) == given
    assert engine.unique_ids(vectors[:3]) == given[:3]
    # −0 is 0.
    zeros = np.zeros((1, 24), np.float32)
    assert engine.unique_ids(zeros) == engine.unique_ids(-zeros)


def test_a_new_model_gives_new_ids(vectors: Any, ids: list[str]) -> None:
    engine = SemanticIdEngine(RQKMeans(2, 12, random_state=1, n_init=1))
    before = engine.fit(vectors).unique_ids(vectors, item_ids=ids)
    engine.encoder = RQKMeans(2, 12, random_state=2, n_init=1)
    after = engine.fit(vectors).unique_ids(vectors, item_ids=ids)
    raw = engine.encoder.semantic_id(engine.encoder.encode(vectors))
    assert all(name.startswith(prefix) for name, prefix in zip(after, raw, strict=True))
    assert len(set(after)) == 1500 and before != after


def test_formats(encoder: RQKMeans, vectors: Any) -> None:
    engine = SemanticIdEngine(encoder)
    plain = engine.unique_ids(vectors)
    tokens = engine.unique_ids(vectors, fmt="token", sep="#")
    assert len(set(tokens)) == 1500 and all(name.startswith("<a_") for name in tokens)
    assert any(">#1" in name for name in tokens)
    assert engine.unique_ids(vectors) == plain
    own = engine.unique_ids(vectors, formatter=lambda row: "/".join(map(str, row)))
    assert own[0] == plain[0].replace("-", "/")


@pytest.mark.parametrize("kind", [RQKMeans, RQVAE])
def test_sinkhorn(kind: Any, vectors: Any, ids: list[str], tmp_path: Path) -> None:
    np.random.seed(1)
    rows = vectors[:400]
    if kind is RQKMeans:
        encoder: Any = RQKMeans(3, 8, random_state=3, n_init=1).fit(rows)
    else:
        encoder = RQVAE(
            in_dim=24, num_emb_list=[8] * 3, e_dim=8, layers=[16], epochs=20, lr=2e-3, batch_size=64, kmeans_init=True
        ).fit(rows)
    raw = encoder.semantic_id(encoder.encode(rows), fmt="token")
    engine = SemanticIdEngine(encoder, SinkhornResolver())
    given = engine.unique_ids(rows, fmt="token", item_ids=ids[:400])
    assert len(set(given)) == 400
    # One format for all, and fewer suffixes than a resolver that does not move anything needs.
    assert all(name.count("<") == 3 and name.startswith("<a_") for name in given)
    plain = UniqueIdResolver().assign(raw)
    assert sum("-" in name for name in given) < sum("-" in name for name in plain)
    # Only the last level moves.
    assert [name.split("<c_")[0] for name in given] == [name.split("<c_")[0] for name in raw]
    # Items keep their IDs: asked for again among others, and after a reload, as the resolver that it was.
    engine.save(str(tmp_path / "engine"))
    loaded = SemanticIdEngine.load(str(tmp_path / "engine"))
    resolver = loaded.unique_resolver
    assert isinstance(resolver, SinkhornResolver) and resolver.max_iterations == 20
    order = np.random.default_rng(1).permutation(600)
    again = loaded.unique_ids(vectors[order], fmt="token", item_ids=[ids[row] for row in order])
    assert [again[place] for place in np.argsort(order)][:400] == given
    assert len(set(again)) == 600


def test_sinkhorn_without_suffixes_and_with_bad_input(encoder: RQKMeans, vectors: Any) -> None:
    raw = encoder.semantic_id(encoder.encode(vectors))
    resolver = SinkhornResolver(fallback_suffix=False)
    given = resolver.assign(raw, embeddings=vectors, model=encoder)
    assert all(name.count("-") == 1 for name in given)
    assert len(set(given)) > len(set(raw))
    with pytest.raises(ValueError, match="one an ID"):
        resolver.assign(raw, embeddings=vectors[:5], model=encoder)
    with pytest.raises(ValueError, match="RQVAE or RQKMeans"):
        resolver.assign(raw, embeddings=vectors, model=object())


def test_engines_that_cannot_be_loaded(encoder: RQKMeans, tmp_path: Path) -> None:
    path = tmp_path / "engine"
    with pytest.raises(FileNotFoundError):
        SemanticIdEngine.load(str(path))
    SemanticIdEngine(encoder).save(str(path))
    meta = json.loads((path / "engine_meta.json").read_text())
    for change in ({"encoder_type": "Magic"}, {"store_type": "redis"}, {"store_type": None}):
        (path / "engine_meta.json").write_text(json.dumps({**meta, **change}))
        with pytest.raises(ValueError):
            SemanticIdEngine.load(str(path))
    # A path in a file leads nowhere else.
    outside = {"store_type": "sqlite", "store_config": {"db_path": "../../outside.db"}}
    (path / "engine_meta.json").write_text(json.dumps({**meta, **outside}))
    with pytest.raises(StoreError, match="resolver/outside.db"):
        SemanticIdEngine.load(str(path))
    assert not (tmp_path / "outside.db").exists() and not (tmp_path.parent / "outside.db").exists()


def test_stores_can_be_pickled(tmp_path: Path) -> None:
    for store in (InMemoryCollisionStore(), SQLiteCollisionStore(str(tmp_path / "ids.db"))):
        UniqueIdResolver(store).assign(["a", "a"])
        assert UniqueIdResolver(pickle.loads(pickle.dumps(store))).assign(["a"]) == ["a-2"]
