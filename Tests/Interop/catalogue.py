"""A catalogue with interactions to write corpora of: a real one from SEMID_DATA, or a small one made here."""

import dataclasses
import json
import os
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


@dataclasses.dataclass
class Catalogue:
    name: str
    embeddings: pathlib.Path
    items: pathlib.Path
    train: pathlib.Path
    valid: pathlib.Path
    test: pathlib.Path
    codebook_size: int

    @property
    def interactions(self):
        """The options of every verb that reads interactions."""
        return ["--train", self.train, "--valid", self.valid, "--test", self.test]


def real():
    data = os.environ.get("SEMID_DATA")
    folder = pathlib.Path(data, "amazon-industrial-and-scientific") if data else None
    if not folder or not (folder / "embeddings.npy").exists():
        return None
    parts = (folder / f"{part}.parquet" for part in ("train", "valid", "test"))
    return Catalogue(folder.name, folder / "embeddings.npy", folder / "items.parquet", *parts, codebook_size=256)


def made(folder, items=600, users=400, seed=3):
    """Things that differ in color, material, kind and size; users keep to a kind. Some titles are as bad as real."""
    random = np.random.default_rng(seed)
    words = [
        ["red", "blue", "green", "black"],
        ["steel", "brass", "nylon", "copper", "oak"],
        ["hammer", "bolt", "cable", "lamp", "valve", "drill"],
        ["small", "large", "5 mm", "3/8\""],
    ]
    tastes = [random.normal(size=(len(group), 48)) for group in words]
    picks = np.stack([random.integers(0, len(group), items) for group in words], 1)
    vectors = sum(taste[picks[:, i]] for i, taste in enumerate(tastes)) + random.normal(size=(items, 48)) / 4
    titles = [
        f"{words[3][d]} {words[0][a]} {words[1][b]} {words[2][c]} No. {row}" for row, (a, b, c, d) in enumerate(picks)
    ]
    titles[0], titles[1], titles[2] = "tab\there\nand a line", "says <a_3><b_9><c_1> itself", "«Müller» 日本 🦆"
    ids = [f"item/{row}" for row in range(items)]
    np.save(folder / "embeddings.npy", vectors.astype(np.float32))
    (folder / "ids.json").write_text(json.dumps(ids))
    texts = pa.table({
        "item_id": ids,
        "title": pa.array([None if row == 5 else title for row, title in enumerate(titles)]),
        "description": pa.array([None if row % 3 else f"A thing, number {row}." for row in range(items)]),
    })
    pq.write_table(texts, folder / "items.parquet")

    rows = {"train": [], "valid": [], "test": []}
    for user in range(users):
        kind = random.integers(0, len(words[2]))
        liked = np.flatnonzero(picks[:, 2] == kind)
        chosen = random.choice(liked, min(len(liked), int(random.integers(3, 12))), replace=False)
        for place, item in enumerate(chosen):
            part = "test" if place == len(chosen) - 1 else "valid" if place == len(chosen) - 2 else "train"
            rows[part].append((f"user {user}", ids[item], 1000 * user + place))
    for part, table in rows.items():
        users_, items_, times = zip(*table)
        pq.write_table(
            pa.table({"user_id": users_, "item_id": items_, "timestamp": times}), folder / f"{part}.parquet")
    parts = (folder / f"{part}.parquet" for part in ("train", "valid", "test"))
    return Catalogue("a small catalogue", folder / "embeddings.npy", folder / "items.parquet", *parts, codebook_size=32)
