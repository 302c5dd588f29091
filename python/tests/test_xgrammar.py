"""Constraints in the place of xgrammar's grammars, with the real xgrammar."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import semid

torch = pytest.importorskip("torch")
xgrammar = pytest.importorskip("xgrammar")

import semid.xgrammar  # noqa: E402

from made_engines import EOS, PAD, VOCABULARY, constraint_of, ids_of, made_codes  # noqa: E402


@pytest.fixture(scope="module")
def constraint() -> semid.Constraint:
    return constraint_of(made_codes(), begin=[], padding=PAD)


def all_states(constraint: semid.Constraint) -> Any:
    states = np.arange(constraint.info["states"] + 1, dtype=np.uint32)
    states[-1] = semid.NO_STATE
    return states


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("columns", [VOCABULARY, VOCABULARY + 1, VOCABULARY + 200])
@pytest.mark.parametrize("with_rows", [False, True])
def test_xgrammar_s_kernel_applies_the_masks(
    constraint: semid.Constraint, kind: str, columns: int, with_rows: bool
) -> None:
    states = all_states(constraint)
    bits = np.unpackbits(constraint.mask(states).view(np.uint8), axis=1, bitorder="little")[:, :VOCABULARY].astype(bool)
    bits = np.pad(bits, ((0, 0), (0, columns - VOCABULARY)))
    count = len(states) + (5 if with_rows else 0)
    logits = torch.randn(count, columns).to(getattr(torch, kind))
    rows = np.random.default_rng(0).permutation(count)[: len(states)].tolist() if with_rows else None
    after = logits.clone()
    semid.xgrammar.apply(constraint, states, after, rows)
    places = list(range(count)) if rows is None else rows
    np.testing.assert_array_equal(torch.isfinite(after[places]).numpy(), bits)
    kept = torch.isfinite(after)
    assert (after[kept] == logits[kept]).all()
    if rows is not None:
        others = sorted(set(range(count)) - set(rows))
        assert (after[others] == logits[others]).all()


def test_a_matcher_goes_through_every_id(constraint: semid.Constraint) -> None:
    columns = VOCABULARY + 40
    bitmask = xgrammar.allocate_token_bitmask(3, columns)
    for ids in sorted(ids_of(made_codes()))[:40]:
        matcher = semid.xgrammar.ConstraintMatcher(constraint)
        for token in (*ids, EOS):
            assert not matcher.is_terminated() and matcher.fill_next_token_bitmask(bitmask, 1)
            logits = torch.zeros(3, columns)
            xgrammar.apply_token_bitmask_inplace(logits, bitmask)
            np.testing.assert_array_equal(
                torch.nonzero(torch.isfinite(logits[1])).flatten().numpy(), constraint.allowed([matcher.state])[0]
            )
            assert torch.isfinite(logits[[0, 2]]).all() and torch.isfinite(logits[1, token])
            state = matcher.state
            assert not matcher.accept_token(VOCABULARY - 1) and not matcher.accept_token(-1) and matcher.state == state
            assert matcher.accept_token(token)
        assert matcher.is_terminated() and matcher.accept_token(PAD) and matcher.is_terminated()
        matcher.rollback(3)
        assert matcher.accept_token(ids[2]) and not matcher.is_terminated()
        with pytest.raises(semid.InputError, match="0 to 3"):
            matcher.rollback(4)
        matcher.reset()
        assert matcher.state == constraint.info["start"]
    short = semid.xgrammar.ConstraintMatcher(constraint, max_rollback_tokens=1)
    assert all(short.accept_token(token) for token in ids)
    short.rollback()
    with pytest.raises(semid.InputError):
        short.rollback()


def test_it_fails_closed(constraint: semid.Constraint) -> None:
    logits = torch.zeros(2, VOCABULARY + 3)
    semid.xgrammar.apply(constraint, [semid.NO_STATE, 0], logits)
    assert torch.isneginf(logits[0]).all() and torch.isfinite(logits[1]).any()
    bitmask = xgrammar.allocate_token_bitmask(2, VOCABULARY)
    for wrong in (
        lambda: semid.xgrammar.apply(constraint, [0, 0], torch.zeros(2, VOCABULARY - 1)),
        lambda: semid.xgrammar.apply(constraint, [0], torch.zeros(2, VOCABULARY)),
        lambda: semid.xgrammar.apply(constraint, [0], torch.zeros(2, VOCABULARY), [2]),
        lambda: semid.xgrammar.apply(constraint, [0], torch.zeros(2, VOCABULARY), [0, 1]),
        lambda: semid.xgrammar.fill(constraint, [0, 0], xgrammar.allocate_token_bitmask(2, 32)),
        lambda: semid.xgrammar.fill(constraint, [0, 0], bitmask.long()),
        lambda: semid.xgrammar.fill(constraint, [0, 0, 0], bitmask),
    ):
        with pytest.raises(semid.InputError):
            wrong()
    one = torch.zeros(VOCABULARY)
    semid.xgrammar.apply(constraint, [0], one)
    assert torch.nonzero(torch.isfinite(one)).flatten().tolist() == constraint.allowed([0])[0].tolist()
    before = torch.zeros(2, VOCABULARY)
    semid.xgrammar.apply(constraint, [], before, [])
    assert (before == 0).all()
