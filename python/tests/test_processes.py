"""Workers of every kind of process."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid

MODEL: dict[str, Any] = {}


def encode_rows(task: tuple[Any, Any, Any]) -> Any:
    model, index, rows = task
    codes = model.encode(rows)
    return codes, index.search(rows, k=3).rows, semid.RQKMeans(1, 4).fit(rows).fingerprint


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_give_the_same(
    tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans, method: str
) -> None:
    index = semid.Index.build(tmp_path / "index", vectors, tokenizer=model, ids=ids)
    parts = np.array_split(vectors, 6)
    expected = [encode_rows((model, index, part)) for part in parts]
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map_async(encode_rows, [(model, index, part) for part in parts]).get(timeout=240)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])
        assert a[2] == b[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_uses_what_the_parent_opened(tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans) -> None:
    """Also while other threads of the parent are inside the engine."""
    index = semid.Index.build(tmp_path / "index", vectors, tokenizer=model, ids=ids)
    expected = index.search(vectors[:40], k=3).rows
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            index.search(vectors[:200], k=3)
            semid.RQKMeans(1, 8, iterations=2).fit(vectors)

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    same = np.array_equal(index.search(vectors[:40], k=3).rows, expected)
                    own = semid.RQKMeans(2, 8).fit(vectors).encode(vectors)
                    semid.RQVAE(1, 8, hidden=[8], code_dimension=4, epochs=1).fit(vectors[:200])
                    status = 0 if same and own.shape == (1500, 2) else 2
                finally:
                    os._exit(status)
            assert wait(child, 60) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait(child: int, seconds: float) -> int:
    import signal
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_does_not_write_with_its_parents_hands(
    tmp_path: Path, vectors: Any, ids: list[str], model: semid.RQKMeans
) -> None:
    """Connections and locks of writers are of one process."""
    semid.Index.build(tmp_path / "index", vectors[:100], tokenizer=model, ids=ids[:100]).close()
    live = semid.Index.open(tmp_path / "index", writable=True)
    registry = semid.Registry(tmp_path / "ids.db")
    registry.add(ids[:10], vectors[:10], model)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            refused = 0
            for call in (
                lambda: live.add(["new"], vectors[:1]), lambda: registry.add(["new"], vectors[:1], model),
                lambda: registry.lookup(ids[:1]),
            ):
                try:
                    call()
                except semid.InputError as error:
                    refused += "after the fork" in str(error.remedy)
            registry.close()
            live.close()
            status = 0 if refused == 3 and live.path else 2
        finally:
            os._exit(status)
    assert wait(child, 60) == 0
    live.add(["new"], vectors[:1])
    assert registry.add(["new"], vectors[:1], model).added == 1
    registry.verify()
    live.verify()
    live.close()
