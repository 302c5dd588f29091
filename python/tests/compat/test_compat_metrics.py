"""`semid.compat.semantic_id`: measurements, against definitions written out once more, and against the package itself."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semid.compat.semantic_id import RQKMeans, SemanticIdEngine, evaluate, find_similar, hierarchical_distance, ndcg_at_k
from semid.compat.semantic_id.utils import metrics


def _brute(vectors: Any, codes: Any, k: int, query: int, metric: str) -> tuple[float, float]:
    """Recall and NDCG of one query: the mean over every order of tied items."""
    others = [row for row in range(len(codes)) if row != query]
    by_vector = {row: float(((vectors[row].astype(float) - vectors[query]) ** 2).sum()) for row in others}

    def distance(row: int) -> int:
        differ = codes[row] != codes[query]
        if metric == "hamming":
            return int(differ.sum())
        return len(differ) - int(np.argmax(differ)) if differ.any() else 0

    true = sorted(others, key=by_vector.__getitem__)[:k]
    by_code = {row: distance(row) for row in others}
    groups = [[row for row in others if by_code[row] == value] for value in sorted(set(by_code.values()))]
    recalls, gains = [], []
    for orders in itertools.product(*(itertools.permutations(group) for group in groups)):
        found = list(itertools.chain(*orders))[:k]
        recalls.append(len(set(found) & set(true)) / k)
        gains.append(sum((k - true.index(row)) / np.log2(rank + 2) for rank, row in enumerate(found) if row in true))
    ideal = sum((k - rank) / np.log2(rank + 2) for rank in range(k))
    return float(np.mean(recalls)), float(np.mean(gains)) / ideal


@pytest.mark.parametrize("metric", ["hierarchical", "hamming"])
def test_recall_and_ndcg_are_means_over_the_orders_of_ties(metric: Any) -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(8, 3)).astype(np.float32)
    codes = random.integers(0, 2, (8, 3))
    for k in (1, 3, 7):
        expected = np.mean([_brute(vectors, codes, k, query, metric) for query in range(8)], axis=0)
        assert metrics.recall_at_k(vectors, codes, k, metric=metric) == pytest.approx(expected[0])
        assert ndcg_at_k(vectors, codes, k, metric=metric) == pytest.approx(expected[1])


def test_all_parts_agree(vectors: Any) -> None:
    model = RQKMeans(3, 8, random_state=1, n_init=1).fit(vectors)
    codes = model.encode(vectors)
    found = evaluate(vectors, codes, encoder=model, k=5, seed=9)
    assert list(found) == [
        "n_samples", "n_unique_codes", "collision_rate", "collision_rate_per_level", "recall_at_5", "ndcg_at_5",
        "distance_correlation", "code_utilization_per_level", "code_entropy_per_level", "quantization_mse",
    ]  # fmt: skip
    assert found["recall_at_5"] == metrics.recall_at_k(vectors, codes, 5, seed=9)
    assert found["ndcg_at_5"] == ndcg_at_k(vectors, codes, 5, seed=9)
    assert found["distance_correlation"] == metrics.distance_correlation(vectors, codes, seed=9)
    assert found["collision_rate_per_level"] == pytest.approx(metrics.collision_rate_per_level(codes))
    assert found["code_entropy_per_level"] == pytest.approx(metrics.code_entropy_per_level(codes))
    assert found["code_utilization_per_level"] == metrics.code_utilization_per_level(codes, 8)
    assert found["n_unique_codes"] == len(np.unique(codes, axis=0))
    assert found["quantization_mse"] == pytest.approx(np.mean((vectors - model.decode(codes)) ** 2), rel=1e-5)


def test_what_is_done_here_agrees_with_the_engine(vectors: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = RQKMeans(3, 8, random_state=1, n_init=1).fit(vectors).encode(vectors)
    engines = metrics.recall_at_k(vectors, codes), ndcg_at_k(vectors, codes)
    monkeypatch.setattr(metrics, "_QUERIES", -1)
    assert metrics.recall_at_k(vectors, codes) == pytest.approx(engines[0], abs=1e-12)
    assert ndcg_at_k(vectors, codes) == pytest.approx(engines[1], abs=1e-12)
    # Far from the origin, where products cancel.
    assert metrics.recall_at_k(vectors + 50, codes) == pytest.approx(engines[0], abs=1e-3)


def test_an_encoder_of_the_callers_own(vectors: Any) -> None:
    class Sign:
        n_clusters = [4, 4]

        def decode(self, codes: Any) -> Any:
            return np.zeros((len(codes), 24), np.float32)

    codes = (vectors[:, :2] > 0).astype(np.int32)
    found = evaluate(vectors, codes, encoder=Sign())  # type: ignore[arg-type]
    assert found["code_utilization_per_level"] == [0.5, 0.5]
    assert found["quantization_mse"] == pytest.approx(np.mean(vectors**2), rel=1e-5)


def test_similar_items_come_in_order() -> None:
    random = np.random.default_rng(3)
    codes = random.integers(0, 3, (40, 3))
    for query in range(40):
        rows, distances = find_similar(codes, query, k=10)
        expected = sorted((int(hierarchical_distance(codes[query], codes[row])), row) for row in range(40) if row != query)
        assert list(zip(distances.tolist(), rows.tolist(), strict=True)) == expected[:10]
    with pytest.raises(IndexError):
        find_similar(codes, 40)
    with pytest.raises(ValueError):
        find_similar(codes, np.array([1, 2]))


def test_errors(vectors: Any) -> None:
    codes = np.zeros((1500, 2), int)
    with pytest.raises(ValueError, match="k=1500 must be less than N=1500"):
        metrics.recall_at_k(vectors, codes, 1500)
    for bad in (codes[:5], codes[:, 0]):
        with pytest.raises(ValueError, match="codes of shape"):
            evaluate(vectors, bad)
    with pytest.raises(ValueError, match="metric"):
        ndcg_at_k(vectors, codes, metric="cosine")  # type: ignore[arg-type]


def test_against_the_package(vectors: Any, tmp_path: Path) -> None:
    """Everything that should be equal is."""
    theirs = pytest.importorskip("semantic_id", reason="semantic-id is not installed, so there is nothing to compare with")
    if theirs.__version__ != "0.2.5":
        pytest.skip(f"semantic-id {theirs.__version__} is installed, and the interface is 0.2.5's")
    from semantic_id.utils import metrics as their_metrics

    their = theirs.RQKMeans(3, 16, random_state=42, n_init=1).fit(vectors)
    their.save(str(tmp_path / "theirs"))
    ours = RQKMeans.load(str(tmp_path / "theirs"))
    codes = their.encode(vectors)
    assert np.array_equal(ours.encode(vectors), codes)
    assert np.array_equal(ours.decode(codes), their.decode(codes))
    ours.save(str(tmp_path / "ours"))
    for name in ("metadata.json",):
        assert (tmp_path / "ours" / name).read_text() == (tmp_path / "theirs" / name).read_text()
    assert np.array_equal(theirs.RQKMeans.load(str(tmp_path / "ours")).encode(vectors), codes)
    items = [f"item-{row}" for row in range(len(vectors))]
    for more in ({}, {"item_ids": items}, {"fmt": "token", "sep": "/"}, {"sep": "::", "item_ids": items}):
        assert SemanticIdEngine(ours).unique_ids(vectors, **more) == theirs.SemanticIdEngine(their).unique_ids(vectors, **more)
    a, b = evaluate(vectors, codes, encoder=ours), theirs.evaluate(vectors, codes, encoder=their)
    assert list(a) == list(b)
    for key in a:
        if "_at_" not in key:  # these two depend on scikit-learn's order of ties there
            assert a[key] == pytest.approx(b[key], abs=1e-12), key
    for metric in ("hierarchical", "hamming"):
        expected = their_metrics.distance_correlation(vectors, codes, metric=metric)
        assert metrics.distance_correlation(vectors, codes, metric=metric) == pytest.approx(expected, abs=1e-12)
    pytest.importorskip("torch", reason="torch is not installed")
    vae = theirs.RQVAE(in_dim=24, num_emb_list=[16] * 2, e_dim=8, layers=[16], lr=1e-3, epochs=3, batch_size=128, bn=True)
    vae.fit(vectors).save(str(tmp_path / "vae"))
    from semid.compat.semantic_id import RQVAE

    opened = RQVAE.load(str(tmp_path / "vae"))
    assert (opened.encode(vectors) == vae.encode(vectors)).all(axis=1).mean() > 0.999
    opened.save(str(tmp_path / "vae2"))
    assert np.array_equal(theirs.RQVAE.load(str(tmp_path / "vae2")).encode(vectors), vae.encode(vectors))
