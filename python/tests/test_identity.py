"""One ID per item, and the registry."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid


def test_ids_are_unique_and_of_the_vocabulary(vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    found = semid.resolve(model, vectors, ids=ids)
    assert len(np.unique(found.codes, axis=0)) == len(vectors)
    assert found.level_sizes == model.level_sizes and found.tail is None
    assert found.report["after"]["collisionRate"] == 0
    assert len(set(found.ids())) == len(vectors) and found.ids("plain")[0].count("-") == 2


def test_order_of_rows_does_not_matter(vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    order = np.random.default_rng(0).permutation(len(ids))
    a = dict(zip(ids, semid.resolve(model, vectors, ids=ids).ids(), strict=True))
    shuffled = [ids[row] for row in order]
    b = dict(zip(shuffled, semid.resolve(model, vectors[order], ids=shuffled).ids(), strict=True))
    assert a == b


@pytest.mark.parametrize("strategy", ["sinkhorn", "extra-level", "suffix"])
def test_other_strategies(vectors: Any, ids: list[str], model: semid.RQKMeans, strategy: str) -> None:
    found = semid.resolve(model, vectors, ids=ids, strategy=strategy)
    texts = found.ids()
    if strategy != "sinkhorn":
        assert len(set(texts)) == len(ids)
    if strategy == "suffix":
        assert isinstance(found.tail, list) and any(found.tail) and not all(found.tail)
    with pytest.raises(semid.InputError):
        semid.resolve(model, vectors, strategy="luck")
    with pytest.raises(semid.InputError):
        semid.resolve(model, vectors, ids=ids[:-1])
    with pytest.raises(semid.InputError):
        semid.resolve(model, vectors, ids=[ids[0]] * len(ids))


def test_a_registry_keeps_ids(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    with semid.Registry(tmp_path / "ids.db") as registry:
        first = registry.add(ids[:1000], vectors[:1000], model)
        assert (first.added, first.known) == (1000, 0)
        order = np.random.default_rng(1).permutation(len(ids))
        second = registry.add([ids[row] for row in order], vectors[order], model)
        assert (second.added, second.known) == (500, 1000)
        codes = np.empty_like(second.codes)
        codes[order] = second.codes
        np.testing.assert_array_equal(codes[:1000], first.codes)
        assert len(np.unique(codes, axis=0)) == len(ids)

        found = registry.lookup([ids[3], "nobody"])
        assert found.found.tolist() == [True, False]
        np.testing.assert_array_equal(found.codes[0], codes[3])
        removed = registry.remove([ids[3]])
        assert removed["removed"] == 1
        assert registry.lookup([ids[3]]).removed.tolist() == [3]
        assert registry.lookup([ids[3]], generation=2).found.tolist() == [True]
        back = registry.add([ids[3]], vectors[3:4], model)
        assert back.restored == 1
        np.testing.assert_array_equal(back.codes[0], codes[3])

        snapshot = registry.snapshot()
        assert snapshot.ids == sorted(ids) and snapshot.generation is not None
        under = registry.items(prefix=codes[5, :1].tolist())
        expected = {ids[row] for row in np.flatnonzero(codes[:, 0] == codes[5, 0])}
        assert set(under.ids) == expected
        assert len(registry.items(limit=7).ids) == 7
        registry.verify()
        registry.copy(tmp_path / "copy.db")
        assert [g["number"] for g in registry.generations] == [1, 2, 3, 4]
    with pytest.raises(semid.ClosedError):
        registry.verify()
    with semid.Registry(tmp_path / "copy.db", access="read") as again:
        assert again.snapshot().ids == sorted(ids)
        with pytest.raises(semid.InputError):
            again.remove(ids[:1])
    # Python's own sqlite3 reads the file.
    assert sqlite3.connect(tmp_path / "ids.db").execute("SELECT count(*) FROM generation").fetchone() == (4,)


def test_a_registry_refuses(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    with pytest.raises(semid.FileError):
        semid.Registry(tmp_path / "none.db", access="read")
    with pytest.raises(semid.InputError):
        semid.Registry(access="steal")
    registry = semid.Registry()
    registry.add(ids[:10], vectors[:10], model)
    other = semid.RQKMeans(2, 8).fit(vectors)
    with pytest.raises(semid.InputError, match="model"):
        registry.add(ids[:10], vectors[:10], other)
    with pytest.raises(semid.InputError):
        registry.add(ids[:10], vectors[:9], model)
    with pytest.raises(semid.InputError):
        registry.lookup([None])
    assert registry.lookup([]).found.size == 0
    assert [g["number"] for g in registry.generations] == [1]


def test_ids_may_be_numbers(vectors: Any, model: semid.RQKMeans) -> None:
    registry = semid.Registry()
    registry.add(np.arange(5), vectors[:5], model)
    assert registry.snapshot().ids == ["0", "1", "2", "3", "4"]
    for wrong in ("abc", [1.5], [b"a"], [True], [None], ["\ud800"], [""]):
        with pytest.raises(semid.InputError):
            registry.add(wrong, vectors[: len(wrong)], model)
