"""Corpora: the bytes that the command writes, from files and from memory."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid
from semid import corpora

USERS, ITEMS = 60, 80


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("corpora")
    random = np.random.default_rng(3)
    codes = random.integers(0, 8, (ITEMS, 3)).astype(np.uint16)
    ids = [f'it"em, {row}' if row % 9 == 0 else f"item-{row}" for row in range(ITEMS)]
    events: dict[str, list[Any]] = {"user_id": [], "item_id": [], "timestamp": []}
    for user in range(USERS):
        for place, item in enumerate(random.choice(ITEMS, random.integers(1, 14), replace=False)):
            events["user_id"].append(f"user {user}")
            events["item_id"].append(ids[item])
            events["timestamp"].append(1_600_000_000 + user * 1000 + place * 10)
    order = random.permutation(len(events["user_id"]))
    events = {name: [values[row] for row in order] for name, values in events.items()}
    items = {
        "item_id": ids[::-1], "title": [f"Thing {row} &amp; <|im_end|>" for row in range(ITEMS)],
        "description": ["two\nlines" if row % 3 else "" for row in range(ITEMS)],
        "categories": [[f"c{row % 5}", "all"] for row in range(ITEMS)],
        "price": [float(row) for row in range(ITEMS)],
    }
    np.save(folder / "codes.npy", codes)
    (folder / "ids.json").write_text(json.dumps(ids))
    with (folder / "events.jsonl").open("w") as file:
        for row in zip(*events.values(), strict=True):
            file.write(json.dumps(dict(zip(events, row, strict=True))) + "\n")
    with (folder / "items.jsonl").open("w") as file:
        for row in zip(*items.values(), strict=True):
            file.write(json.dumps(dict(zip(items, row, strict=True))) + "\n")
    return folder, codes, ids, events, items


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def without_sources(found: dict[str, bytes]) -> dict[str, Any]:
    manifest = json.loads(found["manifest.json"])
    manifest["sources"] = []
    return {**found, "manifest.json": manifest}


KINDS: list[tuple[str, Any, dict[str, Any], list[str]]] = [
    ("sequences", corpora.sequences, {}, []),
    (
        "sequences", corpora.sequences,
        {"form": "bin", "held_out": "history", "first_id": 5, "codebook_size": [8, 8, 8], "stride": 2, "max_history": 4,
         "min_history": 2},
        ["--form", "bin", "--held-out", "history", "--first-id", "5", "--codebook-size", "8,8,8", "--stride", "2",
         "--max-history", "4", "--min-history", "2"],
    ),
    (
        "sequences", corpora.sequences, {"form": "npz", "codebook_size": 8, "repeats": "keep", "last_target_only": True},
        ["--form", "npz", "--codebook-size", "8", "--repeats", "keep", "--last-target-only"],
    ),
    (
        "sequences", corpora.sequences,
        {"split": "time", "valid_share": 0.2, "test_share": 0.1, "separator": " | ", "shard_rows": 50, "spelling": "openonerec",
         "audit": False},
        ["--split", "time", "--valid-share", "0.2", "--test-share", "0.1", "--separator", " | ", "--shard-rows", "50",
         "--spelling", "openonerec", "--no-audit"],
    ),
    ("instructions", corpora.instructions, {"items": "items"}, ["--items", "items"]),
    (
        "instructions", corpora.instructions,
        {"items": "items", "tasks": {"next-item": 1.5, "item-title": 1}, "form": "prompt-completion", "system": "Be brief.",
         "name_rows": True, "seed": 7, "shuffle": False, "separator": "; ", "title_separator": " / ", "shard_rows": 100,
         "hide_held_out_texts": True, "html_entities": False, "keep_shared_titles": True, "begin": "<i>", "end": "</i>"},
        ["--items", "items", "--tasks", "next-item=1.5,item-title=1", "--form", "prompt-completion", "--system", "Be brief.",
         "--name-rows", "--seed", "7", "--no-shuffle", "--separator", "; ", "--title-separator", " / ", "--shard-rows", "100",
         "--hide-held-out-texts", "--no-html-entities", "--keep-shared-titles", "--begin", "<i>", "--end", "</i>"],
    ),
    ("pretrain", corpora.pretrain, {"items": "items", "held_out": "history"}, ["--items", "items", "--held-out", "history"]),
    ("mini-onerec", corpora.mini_onerec, {"category": "Sports", "items": "items"}, ["--category", "Sports", "--items", "items"]),
    ("lc-rec", corpora.lc_rec, {"name": "Made", "items": "items", "any_levels": True},
     ["--name", "Made", "--items", "items", "--any-levels"]),
]


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_the_bytes_of_the_command(number: int, data: Any, tmp_path: Path, command: Any) -> None:
    folder, codes, ids, events, items = data
    verb, write, options, arguments = KINDS[number]
    named = [str(folder / "items.jsonl") if word == "items" and at and arguments[at - 1] == "--items" else word
             for at, word in enumerate(arguments)]
    paths = ["--interactions", folder / "events.jsonl", "--codes", folder / "codes.npy"]
    # A corpus may speak of the name of its folder.
    command("corpus", verb, *paths, *named, "--output", tmp_path / "theirs" / "Made")
    theirs = files(tmp_path / "theirs" / "Made")

    def ours(name: str, **inputs: Any) -> dict[str, bytes]:
        given = {**options, **inputs}
        if "items" not in options:
            given.pop("items", None)
        manifest = write(tmp_path / name / "Made", **given)
        found = files(tmp_path / name / "Made")
        assert manifest == json.loads(found["manifest.json"])
        return found

    from_files = ours(
        "files", interactions=folder / "events.jsonl", codes=str(folder / "codes.npy"), items=folder / "items.jsonl"
    )
    assert from_files == theirs
    in_memory = ours("memory", interactions=events, codes=codes, ids=ids, items=items)
    assert without_sources(in_memory) == without_sources(theirs)
    assert json.loads(in_memory["manifest.json"])["sources"] == []
    arrays = {name: np.array(values) for name, values in events.items()}
    assert ours("arrays", interactions=arrays, codes=codes.tolist(), ids=np.array(ids), items=items) == in_memory

    pyarrow = pytest.importorskip("pyarrow")
    from_arrow = ours("arrow", interactions=pyarrow.table(events), codes=codes, ids=ids, items=pyarrow.table(items))
    assert from_arrow == in_memory
    pandas = pytest.importorskip("pandas")
    assert ours("pandas", interactions=pandas.DataFrame(events), codes=codes, ids=ids, items=pandas.DataFrame(items)) == in_memory


def test_parquet_and_parts(data: Any, tmp_path: Path, command: Any) -> None:
    folder, codes, ids, events, items = data
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    rows = len(events["user_id"])
    times = [datetime.datetime.fromtimestamp(time, datetime.timezone.utc) for time in events["timestamp"]]
    table = pyarrow.table({**events, "timestamp": times, "vector": [[0.5, float(row)] for row in range(rows)]})
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    cuts = {"train": (0, rows - 40), "valid": (rows - 40, 20), "test": (rows - 20, 20)}
    for name, (start, count) in cuts.items():
        parquet.write_table(table.slice(start, count), prepared / f"{name}.parquet")
    parquet.write_table(pyarrow.table(items), prepared / "items.parquet")
    lists = pyarrow.table({"item_id": ids, "codes": codes.astype(np.int64).tolist()})
    parquet.write_table(lists, tmp_path / "codes.parquet")
    (tmp_path / "parts").mkdir()
    for part in range(3):
        parquet.write_table(table.slice(part * 50, 50 if part < 2 else rows), tmp_path / "parts" / f"part-{part}.parquet")
    command(
        "corpus", "instructions", "--prepared", prepared, "--codes", tmp_path / "codes.parquet", "--no-audit", "-o",
        tmp_path / "theirs",
    )
    corpora.instructions(tmp_path / "ours", prepared=prepared, codes=tmp_path / "codes.parquet", audit=False)
    assert files(tmp_path / "ours") == files(tmp_path / "theirs")
    command(
        "corpus", "sequences", "--interactions", tmp_path / "parts", "--codes", tmp_path / "codes.parquet", "-o",
        tmp_path / "theirs-2",
    )
    corpora.sequences(tmp_path / "ours-2", interactions=tmp_path / "parts", codes=tmp_path / "codes.parquet")
    assert files(tmp_path / "ours-2") == files(tmp_path / "theirs-2")
    assert len(json.loads((tmp_path / "ours-2" / "manifest.json").read_text())["sources"]) == 4


def test_a_models_sizes(data: Any, tmp_path: Path, vectors: Any) -> None:
    _, _, _, events, _ = data
    model = semid.RQKMeans(3, 16).fit(vectors)
    codes = model.encode(vectors[:ITEMS])
    ids = data[2]
    model.save(tmp_path / "model")
    for name, given in (("object", model), ("path", tmp_path / "model")):
        manifest = corpora.sequences(tmp_path / name, interactions=events, codes=codes, ids=ids, tokenizer=given)
        assert manifest["vocabulary"]["levelSizes"] == [16, 16, 16]
    assert files(tmp_path / "object") == files(tmp_path / "path")


def test_wrong_options_and_inputs(data: Any, tmp_path: Path) -> None:
    folder, codes, ids, events, items = data
    out = tmp_path / "out"
    whole: dict[str, Any] = {"interactions": events, "codes": codes, "ids": ids}

    def fault(write: Any = corpora.sequences, **changes: Any) -> str:
        with pytest.raises(semid.InputError) as error:
            write(out, **{**whole, **changes})
        assert not out.exists()
        return str(error.value)

    with pytest.raises(TypeError, match="colour"):
        corpora.sequences(out, **whole, colour="red")
    with pytest.raises(TypeError, match="templates"):
        corpora.sequences(out, **whole, templates="x.json")
    with pytest.raises(TypeError, match="max_history"):
        corpora.lc_rec(out, **whole, name="x", max_history=3)
    assert "jsonl" in fault(form="csv")
    assert "last" in fault(split="half")
    assert "both" in fault(train=events)
    assert "neither" in fault(interactions=None)
    assert "prepared" in fault(prepared=folder)
    assert "none" in fault(codes=None)
    assert "one an item" in fault(ids=ids[:-1])
    assert "item_id" in fault(interactions={"user_id": ["a"], "thing": ["b"], "timestamp": [1]})
    assert "columns" in fault(interactions=3)
    assert "values" in fault(interactions={**events, "timestamp": [1]})
    assert "time" in fault(interactions={**events, "timestamp": [None, *events["timestamp"][1:]]})
    assert "nobody's" in fault(interactions={**events, "item_id": ["nobody's"] * len(events["user_id"])})
    assert "below 4" in fault(codebook_size=4)
    assert "tasks" in fault(corpora.instructions, tasks={"item-document": 1})
    assert "items" in fault(corpora.instructions, items_titles="title")
    assert "stride" in fault(stride=0)
    assert "minHistory" in fault(min_history=30)
    with pytest.raises(semid.FileError):
        corpora.sequences(out, **{**whole, "interactions": tmp_path / "nothing.csv"})
    with pytest.raises(semid.InputError):
        corpora.sequences(folder, **whole)
    assert (folder / "events.jsonl").exists()


def test_leaks_stop_the_run(data: Any, tmp_path: Path) -> None:
    _, codes, ids, _, _ = data
    rows = {"user_id": ["u", "u", "u", "u"], "item_id": ids[:4], "timestamp": [1, 2, 3, 4]}
    again = {"user_id": ["u"], "item_id": [ids[1]], "timestamp": [9]}
    with pytest.raises(semid.InputError):
        corpora.sequences(tmp_path / "out", train=rows, test=again, codes=codes, ids=ids)
    assert not (tmp_path / "out").exists()


def test_progress_and_its_exceptions(data: Any, tmp_path: Path) -> None:
    _, codes, ids, events, items = data
    seen: list[dict[str, Any]] = []
    corpora.instructions(
        tmp_path / "out", interactions=events, codes=codes, ids=ids, items=items, progress=seen.append
    )
    assert any(event["event"] == "rows" and event["done"] > 0 for event in seen)

    def stop(event: dict[str, Any]) -> None:
        if event["event"] == "rows":
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        corpora.instructions(
            tmp_path / "other", interactions=events, codes=codes, ids=ids, items=items, progress=stop
        )
    assert not (tmp_path / "other").exists()


def test_missing_items_are_warned_of(data: Any, tmp_path: Path) -> None:
    _, codes, ids, events, _ = data
    few = {**events, "item_id": [item if row % 4 == 0 else f"new {row}" for row, item in enumerate(events["item_id"])]}
    with pytest.warns(semid.SemidWarning, match="of the rows"):
        corpora.sequences(tmp_path / "out", interactions=few, codes=codes, ids=ids)
