"""`semid.compat.semantic_id`: encoders, their files, their errors."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid
from semid.compat.semantic_id import RQVAE, NotFittedError, RQKMeans, ShapeMismatchError
from semid.compat.semantic_id.core import codes_to_ids


@pytest.fixture(scope="module")
def fitted(vectors: Any) -> RQKMeans:
    return RQKMeans(3, 16, random_state=42, n_init=2).fit(vectors)


def test_codes_are_the_greedy_nearest_codewords(fitted: RQKMeans, vectors: Any) -> None:
    rest = vectors.astype(np.float64)
    for level, code in enumerate(fitted.encode(vectors).T):
        book = fitted.codebooks_[level].astype(np.float64)
        distances = ((rest[:, None] - book[None]) ** 2).sum(2)
        chosen = distances[np.arange(len(rest)), code]
        np.testing.assert_allclose(chosen, distances.min(1), rtol=1e-5)
        rest = rest - book[code]
    np.testing.assert_allclose(fitted.decode(fitted.encode(vectors)), vectors - rest, atol=1e-5)


def test_the_same_seed_gives_the_same_model(vectors: Any) -> None:
    a, b = (RQKMeans(2, 8, random_state=7, n_init=1).fit(vectors) for _ in range(2))
    assert all(np.array_equal(x, y) for x, y in zip(a.codebooks_, b.codebooks_, strict=True))
    np.random.seed(5)
    c = RQKMeans(2, 8, n_init=1).fit(vectors)
    np.random.seed(5)
    d = RQKMeans(2, 8, n_init=1).fit(vectors)
    e = RQKMeans(2, 8, n_init=1).fit(vectors)
    assert np.array_equal(c.codebooks_[0], d.codebooks_[0])
    assert not np.array_equal(c.codebooks_[0], e.codebooks_[0])


def test_codebooks_may_be_set_and_written_to(vectors: Any) -> None:
    random = np.random.default_rng(1)
    model = RQKMeans(2, [5, 7])
    model.codebooks_ = [random.normal(size=(size, 24)).astype(np.float32) for size in (5, 7)]
    first = model.encode(vectors)
    assert first.max(axis=0).tolist() <= [4, 6]
    # Codewords that change places change the codes with them.
    model.codebooks_[0][:] = model.codebooks_[0][::-1].copy()
    second = model.encode(vectors)
    assert np.array_equal(second[:, 0], 4 - first[:, 0])
    assert np.array_equal(second[:, 1], first[:, 1])


def test_constrained_codes_are_even_and_stay_so_in_files(vectors: Any, tmp_path: Path) -> None:
    model = RQKMeans(2, 10, implementation="constrained", random_state=1).fit(vectors)
    codes = model.encode(vectors)
    even = len(vectors) / 10
    for column in codes.T:
        counts = np.bincount(column, minlength=10)
        assert counts.min() >= 0.85 * even and counts.max() <= 1.15 * even, counts
    plain = RQKMeans(2, 10, random_state=1).fit(vectors).encode(vectors)
    assert np.bincount(plain[:, 0]).max() > 1.15 * even
    model.save(str(tmp_path / "model"))
    loaded = RQKMeans.load(str(tmp_path / "model"))
    assert np.array_equal(loaded.encode(vectors), codes)
    # One row alone gets the code that it gets among others.
    assert np.array_equal(np.concatenate([loaded.encode(row[None]) for row in vectors[:50]]), codes[:50])
    # Files of another program take the place of ours.
    np.savez(tmp_path / "model" / "codebooks.npz", **{f"codebook_{level}": book[::-1] for level, book in enumerate(model.codebooks_)})
    assert np.array_equal(RQKMeans.load(str(tmp_path / "model")).codebooks_[0], model.codebooks_[0][::-1])


def test_files_of_kmeans(fitted: RQKMeans, vectors: Any, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "model"
    fitted.save(str(path))
    assert sorted(file.name for file in path.iterdir()) == ["codebooks.npz", "metadata.json"]
    metadata = json.loads((path / "metadata.json").read_text())
    assert list(metadata) == [
        "type", "n_levels", "n_clusters", "metric", "implementation", "max_iter", "tol", "random_state", "n_init", "D",
    ]  # fmt: skip
    assert metadata["n_clusters"] == [16, 16, 16] and metadata["D"] == 24 and metadata["n_init"] == 2
    loaded = RQKMeans.load(str(path))
    assert np.array_equal(loaded.encode(vectors), fitted.encode(vectors))
    assert (loaded.n_init, loaded.random_state, loaded.D_) == (2, 42, 24)
    # The engine reads the directory as it is.
    assert np.array_equal(semid.load(path).encode(vectors), fitted.encode(vectors))
    # Once more over the same directory.
    loaded.save(str(path))
    assert np.array_equal(RQKMeans.load(str(path)).encode(vectors), fitted.encode(vectors))
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).encode(vectors), fitted.encode(vectors))


def _metadata(path: Path, **changes: Any) -> None:
    values = {**json.loads((path / "metadata.json").read_text()), **changes}
    (path / "metadata.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda p: (p / "metadata.json").unlink(), FileNotFoundError),
        (lambda p: (p / "codebooks.npz").unlink(), FileNotFoundError),
        (lambda p: (p / "metadata.json").write_text("{"), ValueError),
        (lambda p: (p / "metadata.json").write_text("[]"), ValueError),
        (lambda p: _metadata(p, n_levels="3"), ValueError),
        (lambda p: _metadata(p, n_clusters=[16, 16, 17]), ShapeMismatchError),
        (lambda p: _metadata(p, n_levels=4, n_clusters=[16] * 4), ValueError),
        (lambda p: (p / "codebooks.npz").write_bytes(b"PK no archive"), ValueError),
        (lambda p: (p / "codebooks.npz").write_bytes((p / "codebooks.npz").read_bytes()[:900]), ValueError),
        (lambda p: np.savez(p / "codebooks.npz", codebook_0=np.array([{}], object)), ValueError),
        (lambda p: np.savez(p / "codebooks.npz", **{f"codebook_{i}": np.full((16, 24), np.nan) for i in range(3)}), ValueError),
    ],
)
def test_damaged_directories_are_refused(fitted: RQKMeans, tmp_path: Path, damage: Any, error: type[Exception]) -> None:
    path = tmp_path / "model"
    fitted.save(str(path))
    damage(path)
    with pytest.raises(error):
        RQKMeans.load(str(path))


def test_errors_of_encoders(fitted: RQKMeans, vectors: Any) -> None:
    with pytest.raises(ShapeMismatchError, match=r"Expected 2-D input \(N, D\), got 1-D array with shape \(24,\)"):
        fitted.encode(vectors[0])
    with pytest.raises(ShapeMismatchError, match="Expected D=24, got D=5"):
        fitted.encode(vectors[:, :5])
    with pytest.raises(ShapeMismatchError, match="at least one sample"):
        fitted.encode(vectors[:0])
    with pytest.raises(ValueError, match="Input contains NaN or Inf values"):
        fitted.encode(np.where(np.arange(24) == 3, np.inf, vectors[:4]))
    with pytest.raises(ValueError, match="Input contains NaN or Inf values"):
        fitted.encode(np.full((2, 24), 1e300))
    with pytest.raises(IndexError):
        fitted.decode([[0, 0, 16]])
    with pytest.raises(IndexError):
        fitted.decode([[0, -1, 0]])
    with pytest.raises(ShapeMismatchError):
        fitted.decode([[0, 0]])
    with pytest.raises(ValueError, match="n_samples=10 should be >= n_clusters=16"):
        RQKMeans(1, 16).fit(vectors[:10])
    with pytest.raises(ValueError, match="device"):
        fitted.encode(vectors, device="toaster")
    for model in (RQKMeans(2, 4), RQVAE(in_dim=24)):
        with pytest.raises(NotFittedError):
            model.encode(vectors)
        with pytest.raises(NotFittedError):
            model.save("nowhere")
    # Large values whose sum overflows are still numbers.
    assert fitted.encode(np.full((2, 24), 3e37, np.float32)).shape == (2, 3)


def test_devices_do_not_change_codes(fitted: RQKMeans, vectors: Any) -> None:
    codes = fitted.encode(vectors)
    for device in ("cuda", "cuda:1", "mps", "cpu"):
        assert np.array_equal(fitted.encode(vectors, device=device, batch_size=3), codes)


def test_texts_of_codes() -> None:
    codes = np.array([[3, 9, 1], [0, 5, 2]])
    assert codes_to_ids(codes, sep="%") == ["3%9%1", "0%5%2"]
    assert codes_to_ids(np.zeros((1, 27), int), fmt="token")[0].endswith("<z_0><a_0>")
    with pytest.raises(ValueError, match="fmt"):
        codes_to_ids(codes, fmt="words")  # type: ignore[arg-type]


def _vae(**more: Any) -> RQVAE:
    options: dict[str, Any] = {
        "in_dim": 24, "num_emb_list": [8, 8], "e_dim": 8, "layers": [16], "lr": 2e-3, "epochs": 12, "batch_size": 128,
    }  # fmt: skip
    return RQVAE(**{**options, **more})


def test_rqvae_learns_and_keeps_its_codes_in_files(vectors: Any, tmp_path: Path) -> None:
    np.random.seed(3)
    model = _vae(epochs=40).fit(vectors + 3)
    history = model.history_
    assert list(history) == ["loss", "recon_loss", "collision_rate", "lr"]
    assert all(len(values) == 40 for values in history.values())
    # More than the first epoch's weights.
    assert history["recon_loss"][-1] < 0.8 * history["recon_loss"][0]
    codes = model.encode(vectors + 3)
    assert codes.dtype == np.int32 and codes.shape == (1500, 2)
    error = np.mean((model.decode(codes) - vectors - 3) ** 2)
    assert error < 0.8 * np.var(vectors, axis=0).mean()
    model.save(str(tmp_path / "model"))
    assert sorted(file.name for file in (tmp_path / "model").iterdir()) == ["metadata.json", "model.pt"]
    loaded = RQVAE.load(str(tmp_path / "model"))
    assert np.array_equal(loaded.encode(vectors + 3), codes)
    assert np.array_equal(loaded.decode(codes), model.decode(codes))
    assert loaded.e_dim == 8 and loaded.layers == [16] and loaded.sk_epsilons is None
    assert np.array_equal(pickle.loads(pickle.dumps(loaded)).encode(vectors + 3), codes)


@pytest.mark.parametrize(
    ("more", "first", "last"),
    [
        ({}, 2e-3, 2e-3),
        ({"lr_scheduler": "cosine"}, None, 0.0),
        ({"lr_scheduler": "step", "lr_step_size": 6, "lr_gamma": 0.5}, None, 5e-4),
        ({"lr_scheduler": "constant_with_warmup", "warmup_epochs": 4}, 5e-4, 2e-3),
    ],
)
def test_learning_rates(vectors: Any, more: dict[str, Any], first: float | None, last: float) -> None:
    rates = _vae(**more).fit(vectors).history_["lr"]
    assert first is None or rates[0] == pytest.approx(first, rel=0.1)
    assert rates[-1] == pytest.approx(last, rel=0.01, abs=1e-6)


def test_rqvae_with_fewer_vectors_than_codes(vectors: Any) -> None:
    model = _vae(num_emb_list=[64, 64]).fit(vectors[:10])
    assert model.encode(vectors[:10]).shape == (10, 2)
    with pytest.raises(ValueError, match="nothing to learn"):
        _vae().fit(np.ones((10, 24)))


def test_rqkmeans_plus_keeps_its_codes_in_files(fitted: RQKMeans, vectors: Any, tmp_path: Path) -> None:
    fitted.save(str(tmp_path / "start"))
    model = _vae(num_emb_list=[16] * 3, e_dim=24, lr=1e-4, epochs=3)
    model.fit(vectors, pretrained_codebook_path=str(tmp_path / "start" / "codebooks.npz"))
    codes = model.encode(vectors)
    # It begins as the residual k-means, and a few small steps do not lead far away.
    assert (codes[:, 0] == fitted.encode(vectors)[:, 0]).mean() > 0.9
    model.save(str(tmp_path / "model"))
    assert np.array_equal(RQVAE.load(str(tmp_path / "model")).encode(vectors), codes)
    with pytest.raises(ValueError, match="e_dim"):
        _vae(num_emb_list=[16] * 3).fit(vectors, pretrained_codebook_path=str(tmp_path / "start" / "codebooks.npz"))


def test_an_rqvae_becomes_a_plus_and_back_in_one_directory(fitted: RQKMeans, vectors: Any, tmp_path: Path) -> None:
    fitted.save(str(tmp_path / "start"))
    model = _vae(num_emb_list=[16] * 3, e_dim=24, epochs=2)
    path, start = str(tmp_path / "model"), str(tmp_path / "start" / "codebooks.npz")
    for how in ({}, {"pretrained_codebook_path": start}, {}):
        model.fit(vectors, **how).save(path)
        assert np.array_equal(RQVAE.load(path).encode(vectors), model.encode(vectors))


def test_the_module_shows_and_changes_the_weights(vectors: Any, fitted: RQKMeans, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    rows = torch.from_numpy(vectors + 3)
    for more in ({}, {"bn": True, "dropout_prob": 0.1}):
        model = _vae(**more)
        held = model.module
        model.fit(vectors + 3)
        codes = model.encode(rows)
        assert model.module is held and not held.training
        agree = (held.get_indices(rows).numpy() == codes).all(axis=1).mean()
        assert agree > 0.999, agree
        with torch.no_grad():
            held.rq.vq_layers[0].embedding.weight.copy_(held.rq.vq_layers[0].embedding.weight.flip(0))
        changed = model.encode(rows)
        assert np.array_equal(changed[:, 0], 7 - codes[:, 0])
        model.save(str(tmp_path / "model"))
        assert np.array_equal(RQVAE.load(str(tmp_path / "model")).encode(rows), changed)
    fitted.save(str(tmp_path / "start"))
    plus = _vae(num_emb_list=[16] * 3, e_dim=24)
    plus.fit(vectors, pretrained_codebook_path=str(tmp_path / "start" / "codebooks.npz"))
    agree = (plus.module.get_indices(torch.from_numpy(vectors)).numpy() == plus.encode(vectors)).all(axis=1).mean()
    assert agree > 0.999, agree


@pytest.mark.parametrize("more", [{}, {"bn": True, "kmeans_init": True}, {"sk_epsilons": [0.0, 0.05], "lr_scheduler": "step"}])
def test_training_by_torch(vectors: Any, tmp_path: Path, more: dict[str, Any]) -> None:
    """What a GPU does, on torch's processor."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    torch.manual_seed(1)
    model = _vae(epochs=30, lr_step_size=10, **more)
    model.history_ = {"loss": [], "recon_loss": [], "collision_rate": [], "lr": []}
    model._fit_torch(vectors, "cpu")
    assert model.history_["recon_loss"][-1] < 0.8 * model.history_["recon_loss"][0]
    codes = model.encode(vectors)
    # The codes are the engine's, of the epoch that was kept.
    assert (model.module.get_indices(torch.from_numpy(vectors)).numpy() == codes).all(axis=1).mean() > 0.999
    rate = 1 - len(np.unique(codes, axis=0)) / len(codes)
    assert rate == pytest.approx(min(model.history_["collision_rate"]), abs=2e-3)
    if more.get("lr_scheduler") == "step":
        assert model.history_["lr"][-1] == pytest.approx(2e-3 / 8)
    model.save(str(tmp_path / "model"))
    assert np.array_equal(RQVAE.load(str(tmp_path / "model")).encode(vectors), codes)
