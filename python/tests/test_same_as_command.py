"""The package and the command `semid` give the same bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid


@pytest.fixture
def folder(tmp_path: Path, vectors: Any, ids: list[str]) -> Path:
    np.save(tmp_path / "v.npy", vectors)
    (tmp_path / "v.ids.json").write_text(json.dumps(ids))
    (tmp_path / "items.csv").write_text(
        "item_id,price\n" + "".join(f"{name},{row % 50}\n" for row, name in enumerate(ids))
    )
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize(
    ("made", "options"),
    [
        (lambda: semid.RQKMeans(3, 16), ["rq-kmeans", "--levels", "3", "--codebook-size", "16"]),
        (
            lambda: semid.RQKMeans(codebook_size=[16, 8], balance="price", seed=5, metric="cosine"),
            ["rq-kmeans", "--codebook-size", "16,8", "--balance", "price", "--seed", "5", "--metric", "cosine"],
        ),
        (
            lambda: semid.RQKMeans(2, 16, beam=3, refinement=2),
            ["rq-kmeans", "--levels", "2", "--codebook-size", "16", "--beam", "3", "--refine", "2"],
        ),
        (
            lambda: semid.RQVAE(2, 16, hidden=[32], code_dimension=8, epochs=3, sinkhorn_epsilons=0.01),
            ["rq-vae", "--levels", "2", "--codebook-size", "16", "--layers", "32", "--code-dimension", "8", "--epochs", "3",
             "--sinkhorn", "0.01"],
        ),
        (
            lambda: semid.VQVAE(hidden=[32], epochs=3, learning_rate=1e-3),
            ["vq-vae", "--layers", "32", "--epochs", "3", "--learning-rate", "1e-3"],
        ),
        (lambda: semid.RQKMeansPlus(2, 16, hidden=[16], epochs=2),
         ["rq-kmeans-plus", "--levels", "2", "--codebook-size", "16", "--layers", "16", "--epochs", "2"]),
    ],
)
def test_models_and_codes(folder: Path, vectors: Any, command: Any, made: Any, options: list[str]) -> None:
    command("train", *options, folder / "v.npy", "--output", folder / "theirs")
    model = made().fit(vectors)
    model.save(folder / "ours")
    assert files(folder / "ours") == files(folder / "theirs")
    assert semid.load(folder / "theirs").fingerprint == model.fingerprint
    command("encode", folder / "v.npy", "--model", folder / "theirs", "--output", folder / "codes.npy")
    codes = model.encode(vectors)
    np.testing.assert_array_equal(np.load(folder / "codes.npy"), codes)
    command("decode", folder / "codes.npy", "--model", folder / "theirs", "--output", folder / "decoded.npy")
    np.testing.assert_array_equal(np.load(folder / "decoded.npy"), model.decode(codes))


def test_everything_behind_a_model(
    folder: Path, vectors: Any, ids: list[str], model: semid.RQKMeans, command: Any
) -> None:
    model.save(folder / "model")
    command("resolve", folder / "v.npy", "--model", folder / "model", "--output", folder / "ids.npy")
    codes = semid.resolve(model, vectors, ids=ids).codes
    np.testing.assert_array_equal(np.load(folder / "ids.npy"), codes)

    command("registry", "add", folder / "ids.db", folder / "v.npy", "--model", folder / "model", "-o", folder / "r.npy")
    registered = semid.Registry().add(ids, vectors, model)
    np.testing.assert_array_equal(np.load(folder / "r.npy"), registered.codes)
    with semid.Registry(folder / "ids.db", access="read") as registry:
        theirs = registry.generations[0]
    assert {**theirs, "created": ""} == {**registered.generation, "created": ""}

    command(
        "index", "build", folder / "v.npy", "--model", folder / "model", "--codes", folder / "ids.npy", "--attributes",
        folder / "items.csv", "--output", folder / "theirs",
    )
    index = semid.Index.build(
        folder / "ours", vectors, tokenizer=model, codes=codes, ids=ids,
        attributes={"price": [row % 50 for row in range(len(ids))]},
    )
    assert files(folder / "ours") == files(folder / "theirs")

    lines = command(
        "search", folder / "theirs", "--vector", folder / "v.npy", "--k", "5", "--filter", "price < 20", "--json"
    ).splitlines()
    found = index.search(vectors, k=5, filter="price < 20")
    assert [json.loads(line)["row"] for line in lines] == [row for row in found.rows.ravel().tolist() if row >= 0]
    assert [np.float32(json.loads(line)["distance"]) for line in lines] == found.distances[found.rows >= 0].tolist()

    semid.Constraint(index, first_token=100, end=2).write(folder / "ours.npz")
    command("corpus", "constraint", folder / "theirs", "--first-token", "100", "--end", "2", "-o", folder / "theirs.npz")
    assert (folder / "ours.npz").read_bytes() == (folder / "theirs.npz").read_bytes()

    measured = json.loads(
        command("evaluate", "codes", folder / "v.npy", "--codes", folder / "ids.npy", "--model", folder / "model", "--json")
        .splitlines()[0]
    )["evaluation"]
    ours_measured = semid.evaluate(codes, vectors, tokenizer=model)
    shared = [key for key in ("neighbors", "correlation", "reconstruction") if key in measured]
    assert shared
    for key in shared:
        assert measured[key] == ours_measured[key]


def test_list_attributes(folder: Path, vectors: Any, ids: list[str], model: semid.RQKMeans, command: Any) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    model.save(folder / "model")
    numbers = [0.1, 1.0, 1e-5, 123456.789, 1e16, 1e17, 123456789012345680000.0, 1e22, 5e-324, 1.7976931348623157e308, -0.0,
               0.0001, 12.5, 100.0, 1e5, 1.25e-7, float("inf"), float("nan"), 2.0**53, 9007199254740993.0, 33554433.0]
    random = np.random.default_rng(5)
    numbers += (random.normal(size=200) * 10.0 ** random.integers(-30, 30, 200)).tolist()
    columns: dict[str, Any] = {
        "tags": [None if row % 5 == 0 else [f"t{row % 4}", 'q"'][: row % 3] for row in range(len(ids))],
        "years": [[row, -row] for row in range(len(ids))],
        "flags": [[row % 2 == 0] for row in range(len(ids))],
        "wide": [[numbers[row % len(numbers)], 0.5][: 1 + row % 2] for row in range(len(ids))],
    }
    with np.errstate(over="ignore"):
        columns["single"] = [np.array(values).astype(np.float32) for values in columns["wide"]]
    types = {
        "tags": pyarrow.string(), "years": pyarrow.int64(), "flags": pyarrow.bool_(), "wide": pyarrow.float64(),
        "single": pyarrow.float32(),
    }
    table = pyarrow.table({"item_id": ids, **{name: pyarrow.array(columns[name], pyarrow.list_(kind)) for name, kind in types.items()}})
    parquet.write_table(table, folder / "lists.parquet")
    command(
        "index", "build", folder / "v.npy", "--model", folder / "model", "--attributes", folder / "lists.parquet",
        "--attribute-columns", ",".join(types), "--output", folder / "theirs",
    )
    semid.Index.build(folder / "ours", vectors, tokenizer=model, ids=ids, attributes=columns)
    assert files(folder / "ours") == files(folder / "theirs")
    semid.Index.build(folder / "arrow", vectors, tokenizer=model, ids=ids, attributes=table.drop_columns(["item_id"]))
    assert files(folder / "arrow") == files(folder / "theirs")
