from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid


@pytest.fixture(scope="session")
def vectors() -> np.ndarray[Any, np.dtype[np.float32]]:
    random = np.random.default_rng(7)
    groups = random.normal(size=(30, 24))
    rows = groups[random.integers(0, 30, 1500)] + random.normal(size=(1500, 24)) / 3
    return rows.astype(np.float32)


@pytest.fixture(scope="session")
def ids(vectors: Any) -> list[str]:
    return [f"item-{row}" for row in range(len(vectors))]


@pytest.fixture(scope="session")
def model(vectors: Any) -> semid.RQKMeans:
    return semid.RQKMeans(3, 16).fit(vectors)


@pytest.fixture
def index(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> Any:
    attributes = {
        "price": [float(row % 50) for row in range(len(ids))],
        "brand": ["Acme" if row % 2 else None for row in range(len(ids))],
    }
    with semid.Index.build(
        tmp_path / "index", vectors, tokenizer=model, ids=ids, attributes=attributes
    ) as made:
        yield made


class Command:
    """The command `semid`, which SEMID_COMMAND names."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self, *arguments: object) -> str:
        done = subprocess.run(
            [self.path, *map(str, arguments), "--quiet"], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def command() -> Command:
    path = os.environ.get("SEMID_COMMAND")
    if not path:
        pytest.skip("SEMID_COMMAND names no command to compare with")
    return Command(path)


@pytest.fixture(scope="session")
def serving() -> str:
    command = os.environ.get("SEMID_COMMAND")
    if not command:
        pytest.skip("SEMID_COMMAND names no command that serves")
    told = subprocess.run([command, "--help"], capture_output=True, text=True)
    if not re.search(r"^\s+serve\b", told.stdout, re.M):
        pytest.skip(f"{command} does not serve")
    return command
