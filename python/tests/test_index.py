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


def test_lists_of_texts_and_numbers(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    count = len(ids)
    tags = [None if row % 7 == 0 else [f"t{row % 5}", "all"][: row % 3] for row in range(count)]
    years = [[1990 + row % 10, 2000] if row % 2 else [] for row in range(count)]
    scores = [np.array([row / 8, 0.5], np.float32) for row in range(count)]
    flags = [(row % 3 == 0, True) for row in range(count)]
    attributes: dict[str, Any] = {"tags": tags, "years": years, "scores": scores, "flags": flags}
    semid.Index.build(tmp_path / "index", vectors, tokenizer=model, ids=ids, attributes=attributes).close()
    with semid.Index.open(tmp_path / "index", writable=True) as index:
        def found(condition: str) -> list[int]:
            return sorted(index.search(vectors[:1], k=count, filter=condition, exact=True).rows[0].tolist())[-len(index.filter(condition)):]

        def expected(rule: Any) -> list[int]:
            return [row for row in range(count) if rule(row)]

        assert found("tags = t1") == expected(lambda row: "t1" in (tags[row] or []))
        assert found("tags in (t2, all)") == expected(lambda row: {"t2", "all"} & set(tags[row] or []))
        assert found("tags is null") == expected(lambda row: not tags[row])  # an empty list is no value
        assert found("years = 1995") == expected(lambda row: 1995 in years[row])
        assert found('scores = "0.125"') == expected(lambda row: row == 1)
        assert found("flags = false") == expected(lambda row: row % 3 != 0)
        index.add(["new"], vectors[:1], attributes={"tags": [["t1", "fresh"]], "years": [np.array([1995])]})
        assert index.search(vectors[:1], k=1, filter="tags = fresh").ids == [["new"]]
        assert len(index.filter("years = 1995")) == len(expected(lambda row: 1995 in years[row])) + 1
        with pytest.raises(semid.InputError, match="type"):
            index.add(["other"], vectors[:1], attributes={"tags": ["t1"]})
    for wrong in (
        [["a"], *([[1]] * (count - 1))], [[{}]] * count, [[["nested"]]] * count, [np.zeros((2, 2))] * count,
        [["a"], "b", *([None] * (count - 2))], [[2**70]] * count, [[b"bytes"]] * count,
    ):
        with pytest.raises(semid.InputError, match="tags"):
            semid.Index.build(tmp_path / "bad", vectors, tokenizer=model, ids=ids, attributes={"tags": wrong})


def test_lists_of_other_libraries(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    pyarrow, pandas = pytest.importorskip("pyarrow"), pytest.importorskip("pandas")
    count = len(ids)
    tags = [None if row % 7 == 0 else [f"t{row % 5}"] * (row % 3) for row in range(count)]
    scores = [[row / 10, 0.1] for row in range(count)]
    objects = np.empty(count, object)
    objects[:] = tags
    table = pyarrow.table({"tags": tags, "scores": pyarrow.array(scores, pyarrow.list_(pyarrow.float32()))})
    single = [np.array(score, np.float32) for score in scores]
    made = {
        "plain": {"tags": tags, "scores": single},
        "numpy": {"tags": objects, "scores": np.array(scores, np.float32)},
        "arrow": table,
        "chunks": pyarrow.concat_tables([table.slice(0, 10), table.slice(10)]),
        "columns": {"tags": table["tags"].combine_chunks(), "scores": table["scores"]},
        "pandas": pandas.DataFrame({"tags": objects, "scores": single}),
    }
    written = {}
    for name, attributes in made.items():
        semid.Index.build(tmp_path / name, vectors, tokenizer=model, ids=ids, attributes=attributes).close()
        written[name] = {
            str(file.relative_to(tmp_path / name)): file.read_bytes() for file in (tmp_path / name).rglob("*") if file.is_file()
        }
    assert all(files == written["plain"] for files in written.values())
