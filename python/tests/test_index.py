"""Building, searching and changing an index."""

from __future__ import annotations

import datetime
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid


def exact(vectors: Any, query: Any, k: int, allowed: Any = None) -> list[int]:
    distances = ((vectors.astype(np.float64) - query) ** 2).sum(axis=1)
    if allowed is not None:
        distances[~allowed] = np.inf
    return np.lexsort((np.arange(len(vectors)), distances))[:k].tolist()


def test_exact_search_is_brute_force(index: semid.Index, vectors: Any, ids: list[str]) -> None:
    queries = vectors[:20] + 0.01
    found = index.search(queries, k=7, exact=True)
    for query, rows in zip(queries, found.rows.tolist(), strict=True):
        assert rows == exact(vectors, query, 7)
    assert found.ids == [[ids[row] for row in rows] for rows in found.rows.tolist()]
    distances = ((vectors[found.rows] - queries[:, None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-4)


def test_a_wide_search_is_exact(index: semid.Index, vectors: Any) -> None:
    wide = index.search(vectors[:20], k=5, candidates=len(vectors), scan=len(vectors))
    np.testing.assert_array_equal(wide.rows, index.search(vectors[:20], k=5, exact=True).rows)
    usual = index.search(vectors[:200], k=5)
    best = index.search(vectors[:200], k=5, exact=True)
    shared = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(usual.rows, best.rows, strict=True)])
    assert shared > 0.9


def test_one_vector_and_too_many_results(index: semid.Index, vectors: Any) -> None:
    found = index.search(vectors[3], k=3)
    assert found.rows.shape == (1, 3) and found.rows[0, 0] == 3
    many = index.search(vectors[:2], k=3000, candidates=3000, scan=3000)
    assert (many.rows[:, len(vectors):] == -1).all() and np.isnan(many.distances[:, len(vectors):]).all()
    assert [len(found) for found in many.ids] == [len(vectors)] * 2


def test_filters(index: semid.Index, vectors: Any, ids: list[str]) -> None:
    allowed = np.array([row % 50 < 10 and row % 2 == 1 for row in range(len(ids))])
    acme = index.filter("price < 10 and brand = Acme")
    assert len(acme) == allowed.sum()
    found = index.search(vectors[:5], k=4, filter=acme, exact=True)
    for query, rows in zip(vectors[:5], found.rows.tolist(), strict=True):
        assert rows == exact(vectors, query, 4, allowed)
    listed = index.filter(allow=[ids[1], ids[2], "nobody"], deny=[ids[2]])
    assert (listed.count, listed.unknown) == (1, 1)
    assert index.search(vectors[0], k=4, filter=listed).ids == [[ids[1]]]
    assert index.search(vectors[0], k=4, filter="brand is null").rows[0, 0] == 0
    with pytest.raises(semid.InputError, match="colour"):
        index.filter("colour = red")
    with pytest.raises(semid.InputError):
        index.filter("price <")


def test_items_and_ids(index: semid.Index, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    codes = model.encode(vectors)
    np.testing.assert_array_equal(index.codes(np.arange(len(ids))), codes)
    np.testing.assert_array_equal(index.vectors([5, 3]), vectors[[5, 3]])
    assert index.ids([5, 3]) == [ids[5], ids[3]]
    assert index.rows(ids=[ids[9], "nobody"]).tolist() == [9, -1]
    assert index.rows().tolist() == list(range(len(ids)))
    text = "-".join(map(str, codes[7]))
    assert index.semantic_ids([7], "plain") == [text]
    for given in (text, index.semantic_ids([7])[0], codes[7], codes[7].tolist()):
        found = index.with_prefix(given)
        assert sorted(found.rows.tolist()) == np.flatnonzero((codes == codes[7]).all(axis=1)).tolist()
    for given in (codes[7, :1], f"<a_{codes[7, 0]}>"):
        found = index.with_prefix(given)
        assert sorted(found.rows.tolist()) == np.flatnonzero(codes[:, 0] == codes[7, 0]).tolist()
    near = index.expand(codes[7], "hamming:1")
    assert set(near.rows.tolist()) == set(np.flatnonzero((codes != codes[7]).sum(axis=1) <= 1).tolist())
    assert near.differing.max() <= 1 and near.in_catalogue
    open_ = index.expand([-1, int(codes[7, 1]), -1], "match")
    assert set(open_.rows.tolist()) == set(np.flatnonzero(codes[:, 1] == codes[7, 1]).tolist())
    assert set(index.expand(f"<a_*><b_{codes[7, 1]}><c_*>", "match").rows) == set(open_.rows)
    assert len(index.expand(codes[7], "prefix", k=5).rows) >= 5
    assert index.expand(codes[7], "product:2").distances.size
    own = index.search_items([ids[7], ids[8]], k=4)
    assert 7 not in own.rows[0] and 8 not in own.rows[1] and (own.rows >= 0).all()
    for wrong in ("<a_99>", "zzz", "", [0, 0, 0, 0], [-5], [99], 3, ["a"], [[1]]):
        with pytest.raises(semid.InputError):
            index.with_prefix(wrong)  # type: ignore[arg-type]
    with pytest.raises(semid.InputError):
        index.expand(codes[7], "luck")
    for rows in ([-1], [len(ids)], [2**40], [0.5], "a", [[1]]):
        with pytest.raises(semid.InputError):
            index.vectors(rows)
    with pytest.raises(semid.InputError, match="nobody"):
        index.search_items(["nobody"])


def test_an_index_changes(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    semid.Index.build(
        tmp_path / "index", vectors[:1000], tokenizer=model, ids=ids[:1000], attributes={"price": list(range(1000))}
    ).close()
    with semid.Index.open(tmp_path / "index", writable=True) as index:
        with pytest.raises(semid.InputError):
            semid.Index.open(tmp_path / "index", writable=True)
        old = semid.Index.open(tmp_path / "index")
        before = index.filter("price < 5")
        report = index.add(ids[1000:], vectors[1000:], attributes={"price": [1] * 500})
        assert report["added"] == 500 and len(index) == 1500 and len(old) == 1000
        assert index.search(vectors[1200], k=1).ids == [[ids[1200]]]
        assert index.filter("price < 5").count == 505
        with pytest.raises(semid.InputError):
            index.search(vectors[0], filter=before)
        with pytest.raises(semid.InputError):
            index.add([ids[0]], vectors[:1])
        assert index.add([ids[0]], vectors[1:2], replace=True)["replaced"] == 1
        assert index.delete([ids[1]])["deleted"] == 1
        with pytest.raises(semid.InputError):
            index.delete(["nobody"])
        assert index.delete(["nobody"], ignore_unknown=True)["unknown"] == 1
        assert index.rows(ids=[ids[1]]).tolist() == [-1]
        index.compact()
        assert len(index) == 1499 and index.info["segments"] == 1
        index.verify()
        with pytest.raises(TypeError):
            pickle.dumps(index)
        old.close()
    with semid.Index.open(tmp_path / "index") as again:
        assert len(again) == 1499
        with pytest.raises(semid.InputError, match="writable"):
            again.compact()
        assert pickle.loads(pickle.dumps(again)).search(vectors[7], k=1).ids == [[ids[7]]]
        assert again.tokenizer.fingerprint == model.fingerprint
    with pytest.raises(semid.ClosedError):
        again.search(vectors[0])
    with pytest.raises(semid.FileError):
        semid.Index.open(tmp_path / "nowhere")


def test_codes_alone(tmp_path: Path, vectors: Any, model: semid.RQKMeans) -> None:
    codes = model.encode(vectors)
    with semid.Index.build(tmp_path / "index", codes=codes, level_sizes=[16, 16, 16]) as index:
        assert index.ids([4]) == ["4"] and index.with_prefix(codes[4]).rows.tolist().count(4) == 1
        with pytest.raises(semid.InputError):
            index.search(vectors[0])
        with pytest.raises(semid.InputError):
            index.vectors([0])
    with pytest.raises(semid.InputError):
        semid.Index.build(tmp_path / "index", vectors)
    with pytest.raises(semid.InputError):
        semid.Index.build(tmp_path / "index", codes=codes, level_sizes=[16, 16])
    with pytest.raises(semid.InputError):
        semid.Index.build(tmp_path / "index", codes=codes, level_sizes=[16, 16, 2])


def test_attributes_of_tables(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    columns = {
        "when": [datetime.date(2026, 1, 1 + row % 28) for row in range(len(ids))],
        "is_new": [row % 3 == 0 for row in range(len(ids))],
        "stock": [row if row % 5 else None for row in range(len(ids))],
    }
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    for table in (columns, pandas.DataFrame(columns), pyarrow.table(columns)):
        with semid.Index.build(tmp_path / "index", vectors, tokenizer=model, ids=ids, attributes=table) as index:
            assert index.filter("is_new = true").count == len(range(0, len(ids), 3))
            assert index.filter("stock < 10").count == 8
            assert index.filter("when < 2026-01-03").count == sum(row % 28 < 2 for row in range(len(ids)))
    for wrong in ({"a": [1]}, {"a": [object()] * len(ids)}, {"a": [1, "x"] * 750}, {3: [1] * len(ids)}, 5):
        with pytest.raises(semid.InputError):
            semid.Index.build(tmp_path / "index", vectors, tokenizer=model, ids=ids, attributes=wrong)


def test_a_build_tells_where_it_is(tmp_path: Path, vectors: Any, model: semid.RQKMeans) -> None:
    stages = []
    semid.Index.build(tmp_path / "index", vectors, tokenizer=model, progress=lambda event: stages.append(event["stage"]))
    assert {"sorting", "vectors"} <= set(stages)


def test_ids_are_taken_as_resolve_gives_them(tmp_path: Path, model: Any, vectors: Any, ids: list[str]) -> None:
    resolved = semid.resolve(model, vectors, ids=ids)
    one = semid.Index.build(tmp_path / "one", vectors, tokenizer=model, codes=resolved, ids=ids)
    other = semid.Index.build(tmp_path / "other", vectors, tokenizer=model, codes=resolved.codes, ids=ids)
    rows = range(len(ids))
    np.testing.assert_array_equal(one.semantic_ids(rows), other.semantic_ids(rows))
    assert repr(semid.Vocabulary([4, 4])) == "Vocabulary([4, 4], 8 tokens from <a_0>)"
    assert repr(semid.Constraint(one)).startswith("Constraint(")
