"""The processors for TensorRT-LLM and Dynamo, called as those call them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid

torch = pytest.importorskip("torch")

from semid.tensorrt_llm import (  # noqa: E402
    BatchedConstraintProcessor, ConstraintProcessor, DynamoConstraintProcessor,
)

from made_engines import BEGIN, EOS, VOCABULARY, allowed_next, constraint_of, made_codes, write_catalogues  # noqa: E402


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("catalogues")
    return {"folder": folder, **write_catalogues(folder)}


def texts_of(ids: set[tuple[int, ...]], count: int) -> list[list[int]]:
    random = np.random.default_rng(0)
    chosen = [sorted(ids)[random.integers(len(ids))] for _ in range(count)]
    return [[5, 6, 7, 8, 9, 10, BEGIN, *[*one, EOS][: random.integers(0, 4)]] for one in chosen]


@pytest.mark.parametrize("shape", [(1, 12, VOCABULARY + 8), (12, VOCABULARY + 8), (12, 1, VOCABULARY)])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_each_beam_of_a_request_stays_inside(ids: dict[str, Any], shape: tuple[int, ...], kind: Any) -> None:
    processor = pickle.loads(pickle.dumps(ConstraintProcessor(ids["folder"] / "films.npz", end=EOS)))
    texts = texts_of(ids["films"], 12)
    logits = torch.randn(shape).to(kind)
    before = logits.clone()
    assert processor(7, logits, texts, None, None) is None
    rows, same = logits.reshape(12, -1), before.reshape(12, -1)
    for row, text in enumerate(texts):
        found = torch.nonzero(torch.isfinite(rows[row])).flatten().tolist()
        assert set(found) == allowed_next(ids["films"], text, [BEGIN], [EOS], [EOS])
        assert (rows[row, found] == same[row, found]).all()


def test_rows_that_do_not_lie_together(ids: dict[str, Any]) -> None:
    processor = ConstraintProcessor(ids["folder"] / "films.npz")
    texts = texts_of(ids["films"], 6)
    wide = torch.randn(6, 2, VOCABULARY)
    logits = wide[:, 0].T.contiguous().T
    after = logits
    processor(1, after, texts, None, None)
    plain = wide[:, 0].contiguous()
    processor(1, plain, texts, None, None)
    torch.testing.assert_close(after, plain)
    # The first step of a beam search may score one row for all beams.
    one = torch.randn(1, 1, VOCABULARY)
    processor(1, one, [[5, BEGIN]] * 4, None, 3)
    assert set(torch.nonzero(torch.isfinite(one[0, 0])).flatten().tolist()) == {found[0] for found in ids["films"]}


def test_beam_search_by_the_signature_writes_ids(ids: dict[str, Any]) -> None:
    processor = ConstraintProcessor(ids["folder"] / "films.npz", end=EOS)
    random = np.random.default_rng(1)
    beams = [(0.0, [5, 6, BEGIN])]
    for _ in range(4):
        logits = torch.from_numpy(random.normal(size=(1, len(beams), VOCABULARY))).float()
        processor(0, logits, [text for _, text in beams], None, None)
        scores = torch.log_softmax(logits[0], dim=-1) + torch.tensor([score for score, _ in beams])[:, None]
        best = torch.topk(scores.flatten(), 20)
        beams = [
            (float(score), [*beams[place // VOCABULARY][1], place % VOCABULARY])
            for score, place in zip(best.values, best.indices.tolist()) if torch.isfinite(score)
        ]
    assert len(beams) == 20 and {tuple(text[3:6]) for _, text in beams} <= ids["films"]
    assert all(text[6] == EOS for _, text in beams)


def test_several_requests_at_once(ids: dict[str, Any]) -> None:
    processor = BatchedConstraintProcessor(ids["folder"] / "films.npz", end=EOS)
    texts = [texts_of(ids["films"], count) for count in (1, 3, 2)]
    logits = [torch.randn(1, len(beams), VOCABULARY) for beams in texts]
    processor([1, 2, 3], logits, texts, None, [None] * 3)
    for scores, beams in zip(logits, texts):
        for row, text in zip(scores[0], beams):
            assert set(torch.nonzero(torch.isfinite(row)).flatten().tolist()) == allowed_next(
                ids["films"], text, [BEGIN], [EOS], [EOS])
    with pytest.raises(semid.InputError, match="3 requests"):
        processor([1, 2, 3], logits, texts[:2], None, [None] * 3)
    assert all(torch.isneginf(scores).all() for scores in logits)


def test_dynamo_s_signature(ids: dict[str, Any]) -> None:
    processor = DynamoConstraintProcessor(ids["folder"] / "films.npz")
    for text in texts_of(ids["films"], 20):
        logits = torch.randn(1, 1, VOCABULARY + 5)
        processor(text, logits[0, 0, :])  # as Dynamo's adapter does
        found = torch.nonzero(torch.isfinite(logits[0, 0])).flatten().tolist()
        assert set(found) == allowed_next(ids["films"], text, [BEGIN], [EOS], [EOS])


def test_it_fails_closed(ids: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(semid.FileError, match="no such file"):
        ConstraintProcessor(tmp_path / "none.npz")
    constraint_of(made_codes(), begin=[]).write(tmp_path / "bare.npz")
    with pytest.raises(semid.InputError, match="begin an ID"):
        DynamoConstraintProcessor(tmp_path / "bare.npz")
    path = tmp_path / "films.npz"
    constraint_of(made_codes()).write(path)
    processor = ConstraintProcessor(path, end=EOS)
    lost = torch.zeros(1, 2, VOCABULARY)
    processor(0, lost, [[5, 6], [BEGIN, 5]], None, None)
    assert torch.nonzero(torch.isfinite(lost)).tolist() == [[0, 0, EOS], [0, 1, EOS]]
    # Whatever goes wrong, a caller that goes on finds nothing allowed.
    for call, logits in (
        (lambda scores: processor(0, scores, [[5, BEGIN]] * 3, None, None), torch.zeros(1, 2, VOCABULARY)),
        (lambda scores: processor(0, scores, [], None, None), torch.zeros(1, 1, VOCABULARY)),
        (lambda scores: processor(0, scores, [[5, BEGIN]], None, None), torch.zeros(1, 1, 100)),
        (lambda scores: processor(0, scores, [["five"]], None, None), torch.zeros(1, 1, VOCABULARY)),
        (lambda scores: DynamoConstraintProcessor(path)(None, scores), torch.zeros(VOCABULARY)),
    ):
        with pytest.raises((semid.InputError, ValueError, TypeError)):
            call(logits)
        assert torch.isneginf(logits).all()
    path.write_bytes(b"overwritten")
    logits = torch.zeros(1, 1, VOCABULARY)
    with pytest.raises(semid.FileError):
        processor(0, logits, [[5, BEGIN]], None, None)
    assert torch.isneginf(logits).all()


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "films.npz"
    constraint_of(made_codes()[:1]).write(path)
    processor = ConstraintProcessor(path)
    first = torch.zeros(1, VOCABULARY)
    processor(0, first, [[BEGIN]], None, None)
    constraint_of(made_codes()).write(path)
    second = torch.zeros(1, VOCABULARY)
    processor(0, second, [[BEGIN]], None, None)
    assert torch.isfinite(first).sum() == 1 < torch.isfinite(second).sum()
