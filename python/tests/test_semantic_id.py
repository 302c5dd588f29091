"""The interface of semantic-id: its own test-suite, its files, and what is better here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid
from semid.compat.semantic_id import RQKMeans, SemanticIdEngine, SQLiteCollisionStore, UniqueIdResolver, evaluate
from semid.compat.semantic_id.utils import metrics


def test_its_own_suite() -> None:
    """All but what `run_upstream_suite.py` lists with a reason."""
    pytest.importorskip("torch")
    import _pytest

    # Where scripts/python-env lays the package's sources.
    found = sorted((Path(_pytest.__file__).parents[1] / "sdist").glob("semantic_id-0.2.5.tar.gz"))
    if not found:
        pytest.skip("scripts/python-env found no sdist of semantic-id 0.2.5")
    runner = Path(__file__).parent / "compat" / "run_upstream_suite.py"
    done = subprocess.run(
        [sys.executable, runner, "--sdist", found[0]], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_files_go_both_ways(tmp_path: Path, vectors: Any) -> None:
    theirs = pytest.importorskip("semantic_id")
    model = RQKMeans(3, 16, random_state=1).fit(vectors)
    model.save(str(tmp_path / "ours"))
    read = theirs.RQKMeans.load(str(tmp_path / "ours"))
    np.testing.assert_array_equal(read.encode(vectors), model.encode(vectors))
    np.testing.assert_array_equal(semid.load(tmp_path / "ours").encode(vectors), model.encode(vectors))
    other = theirs.RQKMeans(2, 8, random_state=3, n_init=1)
    other.fit(vectors)
    other.save(str(tmp_path / "theirs"))
    back = RQKMeans.load(str(tmp_path / "theirs"))
    np.testing.assert_array_equal(back.encode(vectors), other.encode(vectors))
    np.testing.assert_allclose(back.decode(back.encode(vectors)), other.decode(other.encode(vectors)), atol=1e-5)


def test_autoencoders_go_both_ways(tmp_path: Path, vectors: Any) -> None:
    theirs = pytest.importorskip("semantic_id")
    torch = pytest.importorskip("torch")
    from semid.compat.semantic_id import RQVAE

    torch.manual_seed(0)
    shape: dict[str, Any] = {"in_dim": 24, "num_emb_list": [8, 8], "e_dim": 8, "layers": [16], "epochs": 3, "batch_size": 256}
    model = RQVAE(**shape, lr=1e-3).fit(vectors)
    model.save(str(tmp_path / "ours"))
    codes = model.encode(vectors)
    np.testing.assert_array_equal(theirs.RQVAE.load(str(tmp_path / "ours")).encode(vectors), codes)
    np.testing.assert_array_equal(RQVAE.load(str(tmp_path / "ours")).encode(vectors), codes)
    np.testing.assert_allclose(semid.load(tmp_path / "ours").decode(codes), model.decode(codes), atol=1e-4)
    other = theirs.RQVAE(**shape, lr=1e-3)
    other.fit(vectors)
    other.save(str(tmp_path / "theirs"))
    np.testing.assert_array_equal(RQVAE.load(str(tmp_path / "theirs")).encode(vectors), other.encode(vectors))


def test_training_keeps_the_best_epoch(vectors: Any) -> None:
    torch = pytest.importorskip("torch")
    from semid.compat.semantic_id import RQVAE

    torch.manual_seed(0)
    model = RQVAE(in_dim=24, num_emb_list=[8, 8], e_dim=8, layers=[16], epochs=12, batch_size=128, lr=2e-3).fit(vectors)
    rate = 1 - len(np.unique(model.encode(vectors), axis=0)) / len(vectors)
    assert rate == pytest.approx(min(model.history_["collision_rate"]), abs=0.01)
    # Also with codebooks of residual k-means under it, and from its files.
    assert min(model.history_["collision_rate"]) < model.history_["collision_rate"][0] + 1e-9


def test_residual_encoders_survive_their_files(tmp_path: Path, vectors: Any) -> None:
    pytest.importorskip("torch")
    from semid.compat.semantic_id import RQVAE

    RQKMeans(2, 8, random_state=0).fit(vectors).save(str(tmp_path / "books"))
    model = RQVAE(in_dim=24, num_emb_list=[8, 8], e_dim=24, layers=[16], epochs=2, batch_size=256)
    model.fit(vectors, pretrained_codebook_path=str(tmp_path / "books" / "codebooks.npz"))
    model.save(str(tmp_path / "plus"))
    np.testing.assert_array_equal(RQVAE.load(str(tmp_path / "plus")).encode(vectors), model.encode(vectors))


def test_items_keep_their_ids(tmp_path: Path, vectors: Any, ids: list[str]) -> None:
    store = SQLiteCollisionStore(str(tmp_path / "c.db"))
    engine = SemanticIdEngine(RQKMeans(2, 8, random_state=0), UniqueIdResolver(store)).fit(vectors)
    first = dict(zip(ids, engine.unique_ids(vectors, item_ids=ids), strict=True))
    assert len(set(first.values())) == len(ids)
    order = np.random.default_rng(0).permutation(len(ids))
    engine.save(str(tmp_path / "engine"))
    again = SemanticIdEngine.load(str(tmp_path / "engine"))
    shuffled = [ids[row] for row in order]
    assert dict(zip(shuffled, again.unique_ids(vectors[order], item_ids=shuffled), strict=True)) == first


def test_sinkhorn_keeps_the_form_and_takes_k_means(vectors: Any) -> None:
    from semid.compat.semantic_id import SinkhornResolver

    engine = SemanticIdEngine(RQKMeans(3, 16, random_state=0), SinkhornResolver()).fit(vectors)
    names = engine.unique_ids(vectors, fmt="token")
    assert len(set(names)) == len(names) and all(name.startswith("<a_") for name in names)


def test_figures_are_theirs_where_ties_do_not_decide(vectors: Any) -> None:
    codes = RQKMeans(3, 16, random_state=0).fit(vectors).encode(vectors)
    found = evaluate(vectors, codes, k=5)
    assert found["recall_at_5"] == pytest.approx(metrics.recall_at_k(vectors, codes, k=5), abs=1e-9)
    assert found["ndcg_at_5"] == pytest.approx(metrics.ndcg_at_k(vectors, codes, k=5), abs=1e-9)
    assert found["distance_correlation"] == pytest.approx(metrics.distance_correlation(vectors, codes), abs=1e-9)
    np.testing.assert_allclose(found["code_entropy_per_level"], metrics.code_entropy_per_level(codes))
    np.testing.assert_allclose(found["collision_rate_per_level"], metrics.collision_rate_per_level(codes))
