"""Training and encoding by torch. All of it runs on torch's processor device; what a GPU does differently, its sums, is simulated."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import semid

torch = pytest.importorskip("torch", reason="torch is not installed")

import semid.torch  # noqa: E402: it needs torch
from semid.torch import _devices, _encoding  # noqa: E402

Rows = np.ndarray[Any, np.dtype[np.float32]]


def clusters(rows: int, dimension: int, seed: int = 1, spread: float = 0.4) -> Rows:
    random = np.random.default_rng(seed)
    groups = random.normal(size=(40, dimension))
    return (groups[random.integers(0, 40, rows)] + spread * random.normal(size=(rows, dimension))).astype(np.float32)


def same_codes(model: semid.Tokenizer, rows: Rows, **options: Any) -> semid.torch.Encoding:
    expected = model.encode(rows, **options)
    found = semid.torch.encode(model, rows, device="cpu", **options)
    assert np.array_equal(found.codes, expected)
    return found


# ---- Codes ----


@pytest.mark.parametrize("dimension", [1, 2, 17, 64, 300])
@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_codes_are_the_engines(dimension: int, metric: str) -> None:
    rows = clusters(3000, dimension)
    rows = rows[np.abs(rows).max(axis=1) > 0]
    model = semid.RQKMeans(3, 32, metric=metric).fit(rows)
    found = same_codes(model, rows)
    assert found.device == "cpu" and found.codes.dtype == np.uint16
    assert np.array_equal(model.encode(rows, device="cpu"), found.codes)
    if dimension >= 17:
        assert len(found.decided_again) < 0.2 * len(rows)  # a bound that doubts everything would prove nothing


@pytest.mark.parametrize(
    "name, part",
    [("fashion-mnist-784-euclidean.hdf5", "train"), ("debian-packages/debian-packages-minilm-384-angular.hdf5", "train")],
)
def test_codes_of_real_vectors(name: str, part: str) -> None:
    h5py = pytest.importorskip("h5py")
    path = Path(os.environ.get("SEMID_DATA", "")) / name
    if not os.environ.get("SEMID_DATA") or not path.exists():
        pytest.skip(f"SEMID_DATA has no {name}")
    with h5py.File(path) as file:
        rows = file[part][:6000].astype(np.float32)
    model = semid.RQKMeans(3, 256, iterations=5).fit(rows)
    found = same_codes(model, rows)
    print(f"{name}: {len(found.decided_again)} of {len(rows)} rows decided by the engine")
    assert len(found.decided_again) < 0.2 * len(rows)


def hard_cases() -> dict[str, tuple[Rows, Rows]]:
    """Codewords, and rows that are hard to decide."""
    random = np.random.default_rng(3)
    words = random.normal(size=(64, 24)).astype(np.float32)
    plain = random.normal(size=(500, 24)).astype(np.float32)
    pairs = random.integers(0, 64, (500, 2))
    halfway = ((words[pairs[:, 0]] + words[pairs[:, 1]]) / 2).astype(np.float32)
    return {
        "halfway": (words, halfway),
        "halfway, moved in the last digits": (words, np.nextafter(halfway, random.normal(size=halfway.shape).astype(np.float32))),
        "equal codewords": (np.repeat(words[:8], 8, axis=0), plain),
        "nearly equal codewords": (words[:1] * (1 + 1e-7 * random.normal(size=(64, 24)).astype(np.float32)), plain),
        "rows that are codewords": (words, words[random.integers(0, 64, 500)]),
        "equal rows": (words, np.repeat(plain[:5], 100, axis=0)),
        "far from zero": (words + 1000, plain + 1000),
        "very far from zero": (words + 1e6, plain + 1e6),
        "tiny": (words * 1e-18, plain * 1e-18),
        "vanishing": (words * 1e-30, plain * 1e-30),
        "huge": (words * 1e15, plain * 1e15),
        "overflowing": (words * 1e25, plain * 1e25),
        "one long codeword": (np.concatenate([words, words[:1] * 1e6]), plain),
        "one long row": (words, np.concatenate([plain, plain[:1] * 1e8])),
        "zeros": (np.concatenate([words, np.zeros((1, 24), np.float32)]), np.zeros((50, 24), np.float32)),
        "one codeword": (words[:1], plain),
        "whole numbers": (np.round(words * 2), np.round(plain * 2)),
    }


@pytest.mark.parametrize("case", hard_cases())
@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_codes_of_hard_cases(case: str, metric: str) -> None:
    words, rows = hard_cases()[case]
    if metric == "cosine":
        rows = rows[(rows != 0).any(axis=1)]
        if not len(rows):
            pytest.skip("rows without a direction")
    model = semid.RQKMeans.from_codebooks([words, words * 0.5, words[::-1] * 0.25], metric=metric)
    found = same_codes(model, rows)
    if case == "equal codewords" or (case == "halfway" and metric == "l2"):
        assert len(found.decided_again) > 0


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 30), st.integers(1, 60), st.integers(1, 3), st.integers(0, 2**32),
    st.sampled_from(["l2", "cosine"]), st.integers(-12, 12), st.sampled_from([0.0, 1.0, 1e3]), st.integers(0, 3),
)
def test_codes_of_anything(
    dimension: int, size: int, count: int, levels: int, seed: int, metric: str, exponent: int, offset: float, digits: int
) -> None:
    random = np.random.default_rng(seed)
    # Few digits make ties.
    rows = (np.round(random.normal(size=(count, dimension)), digits) + offset) * 10.0**exponent
    books = [(np.round(random.normal(size=(size, dimension)), digits) + offset * (level == 0)) * 10.0**exponent for level in range(levels)]
    rows = rows.astype(np.float32)
    rows = rows[(rows != 0).any(axis=1)]
    if len(rows):
        same_codes(semid.RQKMeans.from_codebooks([book.astype(np.float32) for book in books], metric=metric), rows)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_sums_of_another_order_change_no_code(monkeypatch: pytest.MonkeyPatch, seed: int, metric: str) -> None:
    """A device whose scores are off by as much as the bound allows, in either direction."""
    exact = _encoding.scores
    generator = torch.Generator().manual_seed(seed)
    moved = 0

    def sloppy(rest: Any, level: Any) -> Any:
        nonlocal moved
        found = exact(rest, level)
        # Half of ε is for rounding; the other half pays for what `scores` is not to blame for.
        share = (level.words.shape[1] + 8) * 2.0**-24
        reach = torch.linalg.vector_norm(rest, dim=1) + level.longest
        wrong = (2 * torch.rand(found.shape, generator=generator) - 1).sign() * share * (reach * reach)[:, None]
        moved += int((found.argmin(1) != (found + wrong).argmin(1)).sum())
        return found + wrong

    monkeypatch.setattr(_encoding, "scores", sloppy)
    rows = clusters(1500, 48, seed)
    random = np.random.default_rng(seed)
    books = [random.normal(size=(64, 48)).astype(np.float32) / (level + 1) for level in range(3)]
    if metric == "cosine":
        books[0] /= np.linalg.norm(books[0], axis=1, keepdims=True)
    model = semid.RQKMeans.from_codebooks(books, metric=metric)
    # Rows halfway between two codewords are where the sloppy scores take another one.
    pairs = random.integers(0, 64, (1000, 2))
    same_codes(model, np.concatenate([rows, (books[0][pairs[:, 0]] + books[0][pairs[:, 1]]) / 2]))
    assert moved > 0


def test_a_bound_that_is_too_small_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above can fail: without the bound, codes of halfway rows differ."""
    exact = _encoding.scores

    def sloppy(rest: Any, level: Any) -> Any:
        found = exact(rest, level)
        return found + 1e-4 * torch.randn(found.shape, generator=torch.Generator().manual_seed(1))

    monkeypatch.setattr(_encoding, "scores", sloppy)
    monkeypatch.setattr(_encoding, "bound", lambda length, off, level: torch.zeros_like(length))
    words, rows = hard_cases()["halfway"]
    model = semid.RQKMeans.from_codebooks([words])
    assert not np.array_equal(semid.torch.encode(model, rows, device="cpu").codes, model.encode(rows))


def test_products_in_few_digits_are_switched_off_or_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = clusters(500, 32)
    model = semid.RQKMeans(2, 16).fit(rows)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = same_codes(model, rows)
        assert len(found.decided_again) < len(rows)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    # A device that does not listen: products of numbers of 11 bits, as in TF32.
    addmm = torch.addmm

    def rounded(added: Any, a: Any, b: Any, alpha: float = 1) -> Any:
        def cut(x: Any) -> Any:
            return (x.contiguous().view(torch.int32) & ~0x1FFF).view(torch.float32)

        return addmm(added, cut(a), cut(b.T.contiguous()).T, alpha=alpha)

    monkeypatch.setattr(torch, "addmm", rounded)
    assert not _devices.multiplies_in_float32(torch.device("cpu"))
    with pytest.warns(semid.SemidWarning, match="fewer digits"):
        found = semid.torch.encode(model, rows, device="cpu")
    assert len(found.decided_again) == len(rows) and np.array_equal(found.codes, model.encode(rows))


def test_models_of_every_kind(tmp_path: Path) -> None:
    rows = clusters(800, 16)
    for model in (
        semid.RQVAE(2, 16, hidden=[32], code_dimension=8, epochs=3).fit(rows),
        semid.VQVAE(16, hidden=[32], epochs=3).fit(rows),
        semid.RQKMeansPlus(2, 16, hidden=[32], epochs=3).fit(rows),
        semid.RQKMeans(2, 16, normalize_residuals=True).fit(rows),
        semid.RQKMeans(2, 16, balance="price").fit(rows),
    ):
        same_codes(model, rows)
    strict = semid.RQKMeans(2, 16, balance="strict").fit(rows)
    with pytest.raises(semid.InputError, match='balance "strict"'):
        strict.encode(rows, device="cpu")
    same_codes(strict, rows, balance="price")
    same_codes(strict, rows, balance="none")
    beam = semid.RQKMeans(2, 16, beam=4).fit(rows)
    with pytest.raises(semid.InputError, match="beam 4"):
        beam.encode(rows, device="cpu")
    same_codes(beam, rows, beam=1)


def test_what_cannot_be_encoded_is_named_as_without_a_device() -> None:
    rows = clusters(300, 8)
    model = semid.RQKMeans(2, 8, metric="cosine").fit(rows)
    for place, value in ((7, np.nan), (9, np.inf), (11, 0.0)):
        bad = rows.copy()
        bad[place] = value
        with pytest.raises(semid.InputError) as plain:
            model.encode(bad)
        with pytest.raises(semid.InputError) as found:
            model.encode(bad, device="cpu")
        assert str(found.value) == str(plain.value) and str(place) in str(plain.value)
    with pytest.raises(semid.InputError, match="dimension"):
        model.encode(rows[:, :5], device="cpu")
    with pytest.raises(semid.InputError, match="device"):
        model.encode(rows, device="abacus")
    with pytest.raises(semid.InputError, match="device"):
        model.encode(rows, device=7)
    if not torch.cuda.is_available():
        with pytest.raises(semid.InputError, match="cuda"):
            model.encode(rows, device="cuda")
    with pytest.raises(semid.NotFittedError):
        semid.RQKMeans().encode(rows, device="cpu")


def test_arrays_of_all_kinds_and_a_place_for_the_codes() -> None:
    rows = clusters(300, 8)
    model = semid.RQKMeans(2, 8).fit(rows)
    expected = model.encode(rows)
    frozen = rows.copy()
    frozen.flags.writeable = False
    for given_rows in (frozen, torch.from_numpy(rows), rows.astype(np.float64), np.asfortranarray(rows), rows.tolist()):
        assert np.array_equal(model.encode(given_rows, device="cpu"), expected)
    out = np.zeros_like(expected)
    assert model.encode(rows, device="cpu", out=out) is out and np.array_equal(out, expected)
    assert model.encode(rows[:0].reshape(0, 8), device="cpu").shape == (0, 2)


# ---- Training ----


@pytest.mark.parametrize("options", [{}, {"metric": "cosine"}, {"normalize_residuals": True}, {"start": "k-means++"}, {"restarts": 2}])
def test_k_means_learns_what_the_engine_learns(options: dict[str, Any]) -> None:
    rows = clusters(2000, 16)
    told: list[dict[str, Any]] = []
    ours = semid.RQKMeans(3, 32, **options).fit(rows)
    made = semid.RQKMeans(3, 32, **options).fit(rows, device="cpu", progress=told.append)
    assert made.report is not None and ours.report is not None
    for own, other in zip(made.report["levels"], ours.report["levels"], strict=True):
        assert own.keys() == other.keys()
    found, expected = (m.report["levels"][-1]["relativeError"] for m in (made, ours))
    assert found == pytest.approx(expected, rel=0.05)
    assert {event["level"] for event in told} == {0, 1, 2} and told[-1]["event"] == "round"
    if not options.get("normalize_residuals"):
        scaled = rows / np.linalg.norm(rows, axis=1, keepdims=True) if options.get("metric") == "cosine" else rows
        error = np.square(scaled - made.decode(made.encode(rows)).astype(np.float64)).sum(1).mean()
        assert error == pytest.approx(made.report["levels"][-1]["squaredErrorPerItem"], rel=1e-3)


def test_a_trained_model_is_a_directory_like_any_other(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rows = clusters(1000, 16)
    np.save(tmp_path / "rows.npy", rows)
    for name, model in {
        "k": semid.RQKMeans(2, 16, seed=5).fit(rows, device="cpu"),
        "v": semid.RQVAE(2, 16, hidden=[32, 24], code_dimension=8, epochs=4, batch_norm=True).fit(rows, device="cpu"),
        "p": semid.RQKMeansPlus(2, 16, hidden=[32], epochs=2).fit(rows, device="cpu"),
        "q": semid.VQVAE(16, hidden=[32], epochs=4).fit(rows, device="cpu"),
    }.items():
        model.save(tmp_path / name)
        again = semid.load(tmp_path / name)
        assert again.fingerprint == model.fingerprint and again.info == model.info
        assert np.array_equal(again.encode(rows), model.encode(rows))
        if name != "k":
            lines = (tmp_path / name / "history.jsonl").read_text().splitlines()
            assert len(lines) == model.report["epochs"] and json.loads(lines[0])["epoch"] == 1  # type: ignore[index]
        if os.environ.get("SEMID_COMMAND"):
            command = request.getfixturevalue("command")
            command("model", "verify", tmp_path / name)
            command("encode", tmp_path / "rows.npy", "--model", tmp_path / name, "--output", tmp_path / f"{name}.npy")
            assert np.array_equal(np.load(tmp_path / f"{name}.npy"), model.encode(rows))


def test_the_same_seed_makes_the_same_model() -> None:
    rows = clusters(1500, 12)
    before = torch.random.get_rng_state()
    for make in (
        lambda seed: semid.RQKMeans(2, 16, seed=seed),
        lambda seed: semid.RQVAE(2, 16, hidden=[24], code_dimension=6, epochs=3, dropout=0.1, seed=seed),
    ):
        first, again, other = (make(seed).fit(rows, device="cpu").fingerprint for seed in (1, 1, 2))
        assert first == again != other
    assert torch.equal(torch.random.get_rng_state(), before)


VARIANTS: list[dict[str, Any]] = [
    {},
    {"learning": "gradient"},
    {"estimator": "rotation"},
    {"entropy_weight": 0.1},
    {"entropy_weight": 0.1, "learning": "gradient"},
    {"sinkhorn_epsilons": 0.05},
    {"start": "uniform", "learning": "gradient"},
    {"activation": "gelu", "loss": "l1"},
    {"activation": "silu", "batch_norm": True, "dropout": 0.05},
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_autoencoders_learn_what_the_engine_learns(options: dict[str, Any]) -> None:
    rows = clusters(1200, 16)
    shape: dict[str, Any] = {"hidden": [32], "code_dimension": 8, "epochs": 30, "batch_size": 128, "collision_weight": 0.0, **options}
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", semid.SemidWarning)
        ours = semid.RQVAE(3, 16, **shape).fit(rows)
        made = semid.RQVAE(3, 16, **shape).fit(rows, device="cpu")
    found, expected = (m.report["evaluation"] for m in (made, ours))
    assert found.keys() == expected.keys() and made.report.keys() == ours.report.keys()
    # Seeds differ by some percent.
    assert found["relativeError"] == pytest.approx(expected["relativeError"], rel=0.25)


def test_a_start_from_another_model(tmp_path: Path) -> None:
    rows = clusters(1000, 16)
    start = semid.RQKMeans(2, 16).fit(rows)
    plus = semid.RQKMeansPlus(2, 16, hidden=[16], epochs=1, learning_rate=1e-9).fit(rows, start=start, device="cpu")
    # With hardly a step, RQ-KMeans+ is the residual k-means that it starts from.
    assert (plus.encode(rows) == start.encode(rows)).mean() > 0.97
    made = semid.RQVAE(2, 16, hidden=[16], code_dimension=8, epochs=2).fit(rows, start=start, device="cpu")
    assert made.level_sizes == [16, 16]
    with pytest.raises(semid.InputError, match="start"):
        semid.RQVAE(3, 16, hidden=[16], epochs=2).fit(rows, start=start, device="cpu")


def test_options_are_checked_before_training() -> None:
    rows = clusters(300, 8)
    for make, words in (
        (lambda: semid.RQKMeans(2, 16, balance="strict"), "balance: expected none"),
        (lambda: semid.RQKMeans(2, 16, refinement=3), "refinement: expected 0"),
        (lambda: semid.RQKMeans(2, 16, subspace_levels=1), "subspace_levels: expected 0"),
        (lambda: semid.RQKMeans(2, 512), "at least 512 rows"),
        (lambda: semid.RQKMeans(2, 16, iterations=-1), "iterations"),
        (lambda: semid.RQVAE(2, 16, dropout=2.0), "dropout"),
        (lambda: semid.RQVAE(2, 512), "at least 512 rows"),
    ):
        made = make()
        with pytest.raises(semid.InputError, match=words):
            made.fit(rows, device="cpu")
        assert not made.is_fitted
    with pytest.raises(semid.InputError, match="differ"):
        semid.RQVAE(2, 16, hidden=[8]).fit(np.ones((50, 4)), device="cpu")
    with pytest.raises(semid.InputError, match="row 3"):
        bad = rows.copy()
        bad[3, 3] = np.nan
        semid.RQKMeans(2, 16).fit(bad, device="cpu")


def test_an_exception_of_progress_ends_the_training() -> None:
    rows = clusters(500, 8)

    class Enough(Exception):
        pass

    def stop(_: dict[str, Any]) -> None:
        raise Enough

    for made in (semid.RQKMeans(2, 16), semid.RQVAE(2, 16, hidden=[8], epochs=3)):
        with pytest.raises(Enough):
            made.fit(rows, device="cpu", progress=stop)
        assert not made.is_fitted


def test_rows_of_few_kinds_and_rows_far_away() -> None:
    few = np.repeat(clusters(5, 8), 40, axis=0)
    made = semid.RQKMeans(2, 16).fit(few, device="cpu")
    assert made.report is not None and made.report["levels"][-1]["relativeError"] < 1e-6
    far = clusters(2000, 8)
    far[5] *= 1e4
    with pytest.warns(semid.SemidWarning, match="row 5"):
        made = semid.RQKMeans(2, 32).fit(far, device="cpu")
    near = semid.RQKMeans(2, 32)
    with pytest.warns(semid.SemidWarning, match="row 5"):
        near.fit(far)
    rest = np.delete(far, 5, axis=0)
    errors = [np.square(rest - m.decode(m.encode(rest))).sum(1).mean() for m in (made, near)]
    assert errors[0] == pytest.approx(errors[1], rel=0.1)


# ---- The engine's side ----


def test_tensors_that_make_no_model_are_refused() -> None:
    from semid.torch._models import model_of

    rows = clusters(300, 8)
    made = semid.RQVAE(2, 16, hidden=[12], code_dimension=4, epochs=1).fit(rows, device="cpu")
    options = made.info["autoencoder"]
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made.save(Path(folder) / "m")
        safetensors = pytest.importorskip("safetensors.numpy")
        tensors = safetensors.load_file(str(Path(folder) / "m" / "model.safetensors"))
    same = model_of("rq-vae", options, tensors)
    adopted = semid.Tokenizer()
    adopted._handle = same
    assert adopted.fingerprint == made.fingerprint
    for name, value, words in (
        ("codebooks.0", None, "a tensor codebooks.0"),
        ("codebooks.0", np.zeros((16, 5), np.float32), "16 × 4"),
        ("encoder.0.weight", np.full((12, 8), np.nan, np.float32), "finite"),
        ("encoder.9.weight", np.zeros((2, 2), np.float32), "tensors that the model has"),
        ("input.scale", np.zeros(1, np.float32), "positive scale"),
        ("decoder.0.bias", np.zeros(3, np.float32), "1 × 12"),
    ):
        changed = dict(tensors)
        if value is None:
            del changed[name]
        else:
            changed[name] = value
        with pytest.raises(semid.InputError, match=words):
            model_of("rq-vae", options, changed)
