"""Training, encoding, decoding and files."""

from __future__ import annotations

import pickle
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid


def nearest(vectors: Any, codebooks: list[Any]) -> Any:
    """Greedy codes by brute force in double precision."""
    rest = vectors.astype(np.float64)
    codes = []
    for book in codebooks:
        distances = ((rest[:, None, :] - book[None].astype(np.float64)) ** 2).sum(axis=2)
        code = distances.argmin(axis=1)
        codes.append(code)
        rest = rest - book[code]
    return np.stack(codes, axis=1)


def test_codes_are_the_nearest_codewords(vectors: Any, model: semid.RQKMeans) -> None:
    codes = model.encode(vectors)
    assert codes.dtype == np.uint16 and codes.shape == (len(vectors), 3)
    np.testing.assert_array_equal(codes, nearest(vectors, model.codebooks))


def test_decoding_adds_codewords(vectors: Any, model: semid.RQKMeans) -> None:
    codes = model.encode(vectors)
    expected = sum(book[codes[:, level]] for level, book in enumerate(model.codebooks))
    np.testing.assert_allclose(model.decode(codes), expected, rtol=1e-5, atol=1e-5)


def test_the_number_of_threads_changes_nothing(vectors: Any) -> None:
    a = semid.RQKMeans(2, 16, seed=3).fit(vectors, threads=1)
    b = semid.RQKMeans(2, 16, seed=3).fit(vectors, threads=4)
    assert a.fingerprint == b.fingerprint
    np.testing.assert_array_equal(a.encode(vectors, threads=1), b.encode(vectors, threads=3))
    assert semid.RQKMeans(2, 16, seed=4).fit(vectors).fingerprint != a.fingerprint


def test_files_round_trip(tmp_path: Path, vectors: Any, model: semid.RQKMeans) -> None:
    model.save(tmp_path / "model")
    again = semid.load(tmp_path / "model")
    assert isinstance(again, semid.RQKMeans) and again.fingerprint == model.fingerprint
    np.testing.assert_array_equal(again.encode(vectors), model.encode(vectors))
    assert semid.RQKMeans.load(tmp_path / "model").level_sizes == [16, 16, 16]
    with pytest.raises(semid.InputError, match="rq-vae"):
        semid.RQVAE.load(tmp_path / "model")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(semid.InputError):
        model.save(tmp_path / "other")
    assert (tmp_path / "other" / "mine.txt").read_text() == "mine"


def test_codebooks_of_others(vectors: Any, model: semid.RQKMeans) -> None:
    made = semid.RQKMeans.from_codebooks(model.codebooks)
    np.testing.assert_array_equal(made.encode(vectors), model.encode(vectors))
    with pytest.raises(semid.InputError, match="one width"):
        semid.RQKMeans.from_codebooks([np.zeros((2, 3)), np.zeros((2, 4))])


@pytest.mark.parametrize("made", range(6))
def test_every_kind_trains_and_returns(tmp_path: Path, vectors: Any, made: int) -> None:
    kinds: list[semid.Tokenizer] = [
        semid.RQVAE(2, 16, hidden=[32], code_dimension=8, epochs=4),
        semid.VQVAE(32, hidden=[32], code_dimension=8, epochs=4),
        semid.RQKMeansPlus(2, 16, hidden=[32], epochs=3),
        semid.RQKMeans(2, 16, balance="strict"),
        semid.RQKMeans(2, 16, beam=4, refinement=2),
        semid.RQKMeans(codebook_size=[16, 8], metric="cosine"),
    ]
    tokenizer: Any = kinds[made]
    events: list[dict[str, Any]] = []
    tokenizer.fit(vectors, progress=events.append)
    codes = tokenizer.encode(vectors)
    assert codes.shape == (len(vectors), tokenizer.levels) and events and tokenizer.report
    assert all((codes[:, level] < size).all() for level, size in enumerate(tokenizer.level_sizes))
    assert tokenizer.decode(codes).shape == vectors.shape
    assert tokenizer.latents(vectors).shape[0] == len(vectors)
    tokenizer.save(tmp_path / "model")
    np.testing.assert_array_equal(semid.load(tmp_path / "model").encode(vectors), codes)


AUTOENCODERS: dict[str, Any] = {
    "rq-vae": lambda: semid.RQVAE(3, 16, hidden=[32, 20], code_dimension=8, activation="gelu", batch_norm=True, epochs=3),
    "vq-vae": lambda: semid.VQVAE(32, hidden=[], code_dimension=8, epochs=2),
    "rq-kmeans-plus": lambda: semid.RQKMeansPlus(2, 16, hidden=[16], epochs=2),
}


@pytest.mark.parametrize("kind", AUTOENCODERS)
def test_an_autoencoder_of_its_weights(kind: str, vectors: Any, tmp_path: Path) -> None:
    trained = AUTOENCODERS[kind]().fit(vectors)
    trained.save(tmp_path / "model")
    safetensors = pytest.importorskip("safetensors.numpy")
    stored = safetensors.load_file(tmp_path / "model" / "model.safetensors")
    weights = trained.weights
    assert weights.keys() == stored.keys()
    for name, values in weights.items():
        np.testing.assert_array_equal(values, stored[name].reshape(values.shape))
    activation = trained.info["autoencoder"]["network"]["activation"]
    for given in (stored, weights, {name: values.astype(np.float64) for name, values in weights.items()}):
        made = type(trained).from_weights(given, activation=activation)
        np.testing.assert_array_equal(made.encode(vectors), trained.encode(vectors))
        np.testing.assert_array_equal(made.latents(vectors), trained.latents(vectors))
        np.testing.assert_array_equal(made.decode(made.encode(vectors)), trained.decode(made.encode(vectors)))
        assert made.level_sizes == trained.level_sizes and made.dimension == 24
    made.save(tmp_path / "again")
    again = semid.load(tmp_path / "again")
    assert again.fingerprint == made.fingerprint and type(again) is type(trained)
    np.testing.assert_array_equal(again.encode(vectors), trained.encode(vectors))


def test_an_autoencoder_of_torchs_layers(vectors: Any) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    def linear(a: int, b: int) -> Any:
        return torch.nn.Linear(a, b)

    encoder = torch.nn.Sequential(linear(24, 16), torch.nn.ReLU(), linear(16, 4))
    decoder = torch.nn.Sequential(linear(4, 16), torch.nn.ReLU(), linear(16, 24))
    books = torch.randn(2, 8, 4) / 4
    weights = {"codebooks.0": books[0], "codebooks.1": books[1]}
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        for place, layer in enumerate(network[::2]):
            weights |= {f"{name}.{place}.weight": layer.weight, f"{name}.{place}.bias": layer.bias}
    model = semid.RQVAE.from_weights(weights)
    rows = torch.from_numpy(vectors)
    with torch.no_grad():
        latents = encoder(rows).double()
        rest, codes = latents, []
        for book in books.double():
            code = torch.cdist(rest, book).argmin(1)
            rest = rest - book[code]
            codes.append(code)
        decoded = decoder((latents - rest).float())
    np.testing.assert_allclose(model.latents(vectors), latents.numpy(), atol=1e-5)
    found = model.encode(vectors)
    expected = torch.stack(codes, 1).numpy()
    # Equal but for vectors that lie as near to one codeword as to another.
    assert (found == expected).all(axis=1).mean() > 0.999
    same = (found == expected).all(axis=1)
    np.testing.assert_allclose(model.decode(found)[same], decoded.numpy()[same], atol=1e-5)


def test_weights_that_do_not_fit_are_named(vectors: Any) -> None:
    weights = semid.RQVAE(2, 8, hidden=[12], code_dimension=4, epochs=1).fit(vectors).weights

    def fault(changes: dict[str, Any], **options: Any) -> str:
        given = {name: values for name, values in {**weights, **changes}.items() if values is not None}
        with pytest.raises(semid.InputError) as error:
            semid.RQVAE.from_weights(given, **options)
        return str(error.value)

    assert "decoder.1.bias" in fault({"decoder.1.bias": None})
    assert "encoder.0.weight" in fault({"encoder.0.weight": None})
    assert "codebooks.0" in fault({"codebooks.0": None})
    assert "input.scale" in fault({"input.scale": None})
    assert "encoder.2.bias" in fault({"encoder.2.bias": np.zeros(4)})
    assert "decoder.0.weight" in fault({"decoder.0.weight": weights["decoder.0.weight"].T})
    assert "12 × 4" in fault({"decoder.0.weight": weights["decoder.0.weight"].T})
    assert "encoder.0.norm.shift" in fault({"encoder.0.norm.scale": np.ones(12)})
    assert "finite" in fault({"codebooks.1": np.full((8, 4), np.nan)})
    assert "finite" in fault({"encoder.1.weight": np.full((4, 12), np.inf)})
    assert "numbers" in fault({"encoder.1.weight": np.full((4, 12), "a")})
    assert "positive" in fault({"input.scale": np.zeros(1)})
    assert "network.hidden" in fault({}, hidden=[13])
    assert "network.hasBatchNorm" in fault({}, batch_norm=True)
    assert "24" in fault({}, skip="both")
    for wrong in (None, [], {}, {1: np.zeros((2, 2))}, weights["codebooks.0"]):
        with pytest.raises(semid.InputError):
            semid.RQVAE.from_weights(wrong)  # type: ignore[arg-type]
    with pytest.raises(semid.InputError, match="one"):
        semid.VQVAE.from_weights(weights)
    made = semid.RQVAE.from_weights(weights, hidden=[12], code_dimension=4, learning="gradient", learning_rate=0.5)
    assert made.info["autoencoder"]["optimizer"]["learningRate"] == 0.5


def test_codebooks_with_prices(vectors: Any) -> None:
    trained = semid.RQKMeans(2, [16, 8], balance="price").fit(vectors)
    weights = trained.weights
    prices = [weights["prices.0"], weights["prices.1"]]
    made = semid.RQKMeans.from_codebooks(trained.codebooks, prices=prices)
    for balance in (None, "price", "strict", "none"):
        np.testing.assert_array_equal(
            made.encode(vectors, balance=balance), trained.encode(vectors, balance=balance)
        )
    plain = semid.RQKMeans.from_codebooks(trained.codebooks)
    assert (plain.encode(vectors) != made.encode(vectors)).any()
    np.testing.assert_array_equal(plain.encode(vectors), made.encode(vectors, balance="none"))
    for wrong in (prices[:1], [prices[1], prices[0]], [np.full(16, np.nan), prices[1]], [], ["a", "b"]):
        with pytest.raises(semid.InputError, match="prices"):
            semid.RQKMeans.from_codebooks(trained.codebooks, prices=wrong)
    with pytest.raises(semid.InputError, match="balance"):
        semid.RQKMeans.from_codebooks(trained.codebooks, balance="strict")


def test_balance_is_kept(vectors: Any) -> None:
    model = semid.RQKMeans(1, 20, balance="strict").fit(vectors)
    counts = np.bincount(model.encode(vectors)[:, 0], minlength=20)
    assert counts.min() == counts.max() == len(vectors) // 20
    with pytest.raises(semid.InputError):
        semid.RQKMeans(1, 20).fit(vectors).encode(vectors, balance="price")


def test_an_autoencoder_starts_from_a_model(vectors: Any, model: semid.RQKMeans) -> None:
    made = semid.RQKMeansPlus(3, 16, hidden=[16], epochs=2).fit(vectors, start=model)
    assert made.level_sizes == [16, 16, 16]


def test_out_is_the_callers(vectors: Any, model: semid.RQKMeans) -> None:
    out = np.empty((len(vectors), 3), np.uint16)
    assert model.encode(vectors, out=out) is out
    np.testing.assert_array_equal(out, model.encode(vectors))
    for wrong in (out[:-1], out.astype(np.int32), np.asfortranarray(out), out[:, ::-1]):
        with pytest.raises(semid.InputError, match="out"):
            model.encode(vectors, out=wrong)
    out.flags.writeable = False
    with pytest.raises(semid.InputError, match="may be written"):
        model.encode(vectors, out=out)


def test_pickling_brings_the_files(vectors: Any, model: semid.RQKMeans) -> None:
    again = pickle.loads(pickle.dumps(model))
    assert again.fingerprint == model.fingerprint
    np.testing.assert_array_equal(again.encode(vectors), model.encode(vectors))
    assert not pickle.loads(pickle.dumps(semid.RQKMeans(2, 8))).is_fitted


def test_what_is_not_there(vectors: Any, tmp_path: Path) -> None:
    with pytest.raises(semid.NotFittedError):
        semid.RQKMeans(2, 8).encode(vectors)
    with pytest.raises(semid.FileError) as error:
        semid.load(tmp_path / "nothing")
    assert error.value.kind == "missing" and isinstance(error.value, OSError) and "nothing" in error.value.source
    closed = semid.RQKMeans(1, 8).fit(vectors)
    closed.close()
    closed.close()
    with pytest.raises(semid.ClosedError):
        closed.encode(vectors)


def test_options_are_checked(vectors: Any) -> None:
    for made in (
        lambda: semid.RQKMeans(2, 8, iterations=-1),
        lambda: semid.RQKMeans(2, 8, metric="manhattan"),
        lambda: semid.RQKMeans(2, 8, tolerance="much"),  # type: ignore[arg-type]
        lambda: semid.RQKMeans(2, 8, tolerance=float("nan")),
        lambda: semid.RQKMeans(2, 5000),
    ):
        with pytest.raises(semid.InputError):
            made().fit(vectors)
    for wrong in (0, -1, True, 2.5, "3", 70_000):
        with pytest.raises(semid.InputError):
            semid.RQKMeans(2, wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        semid.RQVAE(2, 8, colour="red")
    with pytest.raises(semid.InputError, match="threads"):
        semid.RQKMeans(2, 8).fit(vectors, threads=0)


def test_a_progress_function_ends_training(vectors: Any) -> None:
    seen = []

    def stop(event: dict[str, Any]) -> None:
        seen.append(event)
        raise RuntimeError("enough")

    model = semid.RQKMeans(3, 16)
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(vectors, progress=stop)
    assert len(seen) == 1 and not model.is_fitted


def test_ctrl_c_ends_training() -> None:
    import _thread
    import signal

    # A shell starts what runs behind it with the signal ignored; then nothing would end.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    rows = np.random.default_rng(0).normal(size=(20_000, 64)).astype(np.float32)
    model = semid.RQVAE(3, 256, epochs=5000)
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(rows)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 60 and not model.is_fitted


def test_dominant_rows_are_told(vectors: Any) -> None:
    odd = vectors.copy()
    odd[3] *= 1e6
    with pytest.warns(semid.SemidWarning, match="row"):
        semid.RQKMeans(1, 8).fit(odd)


def test_measurements(vectors: Any, model: semid.RQKMeans) -> None:
    codes = model.encode(vectors)
    alone = semid.evaluate(codes, level_sizes=[16, 16, 16])
    distinct = len(np.unique(codes, axis=0))
    assert alone["statistics"]["ids"] == distinct
    full = semid.evaluate(codes, vectors, tokenizer=model, k=5)
    assert full["neighbors"]["k"] == 5
    error = ((vectors - model.decode(codes)) ** 2).sum(axis=1).mean()
    assert full["reconstruction"]["squaredErrorPerItem"] == pytest.approx(error, rel=1e-4)
    theirs = semid.evaluate(codes, vectors, tokenizer=model, definitions="semantic-id")
    assert theirs["collision_rate"] == pytest.approx(1 - distinct / len(codes))
    with pytest.raises(semid.InputError):
        semid.evaluate(codes[:-1], vectors)


@pytest.mark.parametrize("sample", [1, 50, 5000, None])
@pytest.mark.parametrize("distance", ["prefix", "hamming"])
def test_sample_and_distance_of_semantic_ids_definitions(
    vectors: Any, model: semid.RQKMeans, sample: int | None, distance: str
) -> None:
    from semid.compat.semantic_id.utils import metrics

    codes = model.encode(vectors)
    found = semid.evaluate(codes, vectors, definitions="semantic-id", k=5, sample=sample, distance=distance)
    given: dict[str, Any] = {"metric": "hierarchical" if distance == "prefix" else "hamming"}
    size = len(codes) if sample is None else sample
    assert found["recall_at_5"] == pytest.approx(metrics.recall_at_k(vectors, codes, 5, size, **given), abs=1e-9)
    assert found["ndcg_at_5"] == pytest.approx(metrics.ndcg_at_k(vectors, codes, 5, size, **given), abs=1e-9)
    assert found["distance_correlation"] == pytest.approx(metrics.distance_correlation(vectors, codes, **given), abs=1e-6)
    with pytest.raises(semid.InputError, match="distance"):
        semid.evaluate(codes, vectors, distance=distance)
    with pytest.raises(semid.InputError):
        semid.evaluate(codes, vectors, definitions="semantic-id", distance="euclid")


def test_defaults_are_the_engines() -> None:
    assert semid.defaults("rq-kmeans")["levelSizes"] == [256, 256, 256]
    assert semid.defaults("vq-vae", rows=1000)["levelSizes"] == [128]
    with pytest.raises(semid.InputError):
        semid.defaults("nothing")
