"""Vocabulary and constraint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semid
from semid import _library as library


def test_vocabulary(tmp_path: Path, model: semid.RQKMeans, vectors: Any) -> None:
    words = semid.Vocabulary([3, 2], specials=["<sep>"])
    assert words.tokens == ["<a_0>", "<a_1>", "<a_2>", "<b_0>", "<b_1>", "<sep>"]
    assert words.offsets == [0, 3] and words.texts([[2, 1]]) == ["<a_2><b_1>"]
    assert words.numbers([[2, 1]], first=10).tolist() == [[12, 14]]
    other = semid.Vocabulary([3, 2], spelling="openonerec")
    assert other.texts([[2, 1]]) == ["<|sid_begin|><s_a_2><s_b_1><|sid_end|>"]
    words.write(tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_text().split() == words.tokens
    words.write(tmp_path / "added.json", "added-tokens", first=100)
    assert [token["id"] for token in json.loads((tmp_path / "added.json").read_text())] == list(range(100, 106))
    for wrong in (lambda: semid.Vocabulary([]), lambda: semid.Vocabulary([0]), lambda: semid.Vocabulary([3.5]),
                  lambda: semid.Vocabulary([3], spelling="{oops}"), lambda: words.texts([[3, 0]]),
                  lambda: words.texts([[0, 0, 0]]), lambda: words.write(tmp_path / "x", "poem")):
        with pytest.raises(semid.InputError):
            wrong()


def brute(codes: Any, written: list[int]) -> set[int]:
    rows = codes
    for level, code in enumerate(written):
        rows = rows[rows[:, level] == code]
    return set(rows[:, len(written)].tolist()) if len(written) < codes.shape[1] else set()


def test_masks_are_the_trie(index: semid.Index, vectors: Any, model: semid.RQKMeans) -> None:
    codes = model.encode(vectors).astype(int)
    first, end, padding = 100, 5, 6
    constraint = semid.Constraint(index, first_token=first, vocabulary_size=200, end=end, padding=padding)
    assert constraint.vocabulary_size == 200 and constraint.words == 7
    random = np.random.default_rng(0)
    items = random.integers(0, len(codes), 64)
    states = constraint.start(64)
    for level in range(3):
        expected = [{first + 16 * level + code for code in brute(codes, codes[item, :level].tolist())} for item in items]
        assert [set(found.tolist()) for found in constraint.allowed(states)] == expected
        states = constraint.advance(states, first + 16 * level + codes[items, level])
    assert [found.tolist() for found in constraint.allowed(states)] == [[end]] * 64
    assert (constraint.flags(states) & 2).all()
    states = constraint.advance(states, np.full(64, end))
    assert [found.tolist() for found in constraint.allowed(states)] == [[padding]] * 64
    np.testing.assert_array_equal(constraint.advance(states, np.full(64, padding)), states)

    texts = first + 16 * np.arange(3) + codes[items]
    np.testing.assert_array_equal(
        constraint.states(texts), constraint.states(np.pad(texts, ((0, 0), (2, 0))), starts=np.full(64, 2))
    )
    by_step = constraint.start(64)
    for level in range(3):
        by_step = constraint.advance(by_step, texts[:, level])
    np.testing.assert_array_equal(constraint.states(texts), by_step)
    strided = np.zeros((64, 9), np.int64)
    strided[:, :3] = texts
    np.testing.assert_array_equal(constraint.states(strided[:, :3]), by_step)
    np.testing.assert_array_equal(constraint.states(np.asfortranarray(texts)), by_step)


def test_beams_that_leave_are_lost(index: semid.Index) -> None:
    constraint = semid.Constraint(index, first_token=100, end=5, padding=6)
    states = constraint.start(3)
    with pytest.raises(semid.InputError, match="beam 1"):
        constraint.advance(states, [100, 7, 101])
    after = constraint.advance(states, [100, 7, 101], strict=False)
    assert (after == semid.NO_STATE).tolist() == [False, True, False]
    assert constraint.mask(after)[1].tolist() == [0] * constraint.words
    assert constraint.flags(after)[1] == 8
    assert (constraint.advance(after, [0, 0, 0], strict=False) == semid.NO_STATE).all()
    assert constraint.states([[7], [2**40], [-1]], strict=False).tolist() == [semid.NO_STATE] * 3
    # States of nobody are named by their row, and the engine by itself takes any number at all.
    wild = np.random.default_rng(0).integers(0, 2**32, 5000, dtype=np.uint64).astype(np.uint32)
    for call in (constraint.mask, constraint.flags):
        with pytest.raises(semid.InputError, match="states: row 0"):
            call(wild)
    number, words = constraint._handle.number, np.empty((len(wild), constraint.words), np.int32)
    flags = np.empty(len(wild), np.uint8)
    library.call("semid_beams_mask", number, library.address(wild), len(wild), library.address(words), constraint.words)
    library.call("semid_beams_flags", number, library.address(wild), len(wild), library.address(flags))
    assert not words[flags == 8].any() and (flags == 8).any()
    tokens = np.random.default_rng(1).integers(-(2**31), 2**31, len(wild)).astype(np.int32)
    library.call(
        "semid_beams_advance", number, library.address(wild), library.address(tokens), len(wild), library.address(wild), None
    )
    constraint.mask(np.arange(constraint.info["states"], dtype=np.uint32))


def test_triggers_leave_text_free(index: semid.Index, vectors: Any, model: semid.RQKMeans) -> None:
    codes = model.encode(vectors).astype(int)
    constraint = semid.Constraint(index, first_token=100, vocabulary_size=200, end=5, triggers=9)
    free = constraint.start(1)
    assert len(constraint.allowed(free)[0]) == 200
    spelled = [100 + 16 * level + codes[0, level] for level in range(3)]
    inside = constraint.states([[1, 2, 9, spelled[0]]])
    assert set(constraint.allowed(inside)[0]) == {116 + code for code in brute(codes, [codes[0, 0]])}
    assert constraint.states([[9, *spelled, 5]]).tolist() == free.tolist()
    assert constraint.states([[3, 4]]).tolist() == free.tolist()


def test_codes_tables_and_filters(index: semid.Index, vectors: Any, model: semid.RQKMeans, tmp_path: Path) -> None:
    codes = model.encode(vectors)
    random = np.random.default_rng(0)
    numbers = random.permutation(48) + 7
    table = [numbers[:16], numbers[16:32], numbers[32:]]
    of_codes = semid.Constraint(codes=codes, tokens=table)
    allowed = of_codes.allowed(of_codes.start(1))[0]
    assert set(allowed) == {int(table[0][code]) for code in brute(codes.astype(int), [])}
    plain = semid.Constraint(codes=codes, level_sizes=[16, 16, 16])
    assert plain.vocabulary_size == 16
    cheap = semid.Constraint(index, filter="price < 3")
    expected = {int(codes[row, 0]) for row in range(len(codes)) if row % 50 < 3}
    assert set(cheap.allowed(cheap.start(1))[0]) == expected
    lengths = np.full(len(codes), 3)
    lengths[0] = 2
    short = semid.Constraint(codes=codes, level_sizes=[16] * 3, lengths=lengths, first_token=0, end=60)
    two = short.states([[int(codes[0, 0]), 16 + int(codes[0, 1])]])
    assert 60 in short.allowed(two)[0]
    (tmp_path / "tokens.json").write_text(json.dumps({f"<{'abc'[n // 16]}_{n % 16}>": n + 3 for n in range(48)}))
    named = semid.Constraint(index, tokenizer=tmp_path / "tokens.json", end=1)
    assert named.allowed(named.start(1))[0].min() >= 3
    for wrong in (
        lambda: semid.Constraint(), lambda: semid.Constraint(index, codes=codes),
        lambda: semid.Constraint(codes=codes, filter="price < 3"), lambda: semid.Constraint(codes=codes, first_token=3),
        lambda: semid.Constraint(index, tokens=[[1]]), lambda: semid.Constraint(index, tokens=[[0] * 16] * 3, first_token=1),
        lambda: semid.Constraint(index, first_token=-1), lambda: semid.Constraint(index, first_token=2**40),
        lambda: semid.Constraint(index, end="</s>"), lambda: semid.Constraint(index, end=[1.5]),
        lambda: semid.Constraint(codes=codes, lengths=[1]), lambda: semid.Constraint(codes=np.empty((0, 3), np.uint16)),
        lambda: semid.Constraint(index, tokenizer=tmp_path / "none"), lambda: plain.mask([0], out=np.empty((1, 0), np.int32)),
        lambda: plain.mask([[0]]), lambda: plain.advance([0], [0, 1]), lambda: plain.states([[0]], starts=[5]),
    ):
        with pytest.raises(semid.InputError):
            wrong()


def test_a_mask_is_written_where_asked(index: semid.Index) -> None:
    constraint = semid.Constraint(index, first_token=100)
    states = constraint.start(4)
    wide = np.full((4, constraint.words + 3), -1, np.int32)
    assert constraint.mask(states, out=wide) is wide
    np.testing.assert_array_equal(wide[:, : constraint.words], constraint.mask(states))
    assert (wide[:, constraint.words :] == 0).all()
