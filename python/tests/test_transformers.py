"""Constrained generation under transformers, with tiny random models."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import semid

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from semid.transformers import ConstraintProcessor  # noqa: E402

FIRST, PAD, EOS, BOS, VOCABULARY = 40, 0, 1, 2, 120


@pytest.fixture(scope="module")
def codes() -> Any:
    random = np.random.default_rng(3)
    return np.unique(random.integers(0, 16, (400, 3)), axis=0).astype(np.uint16)


@pytest.fixture(scope="module")
def catalogue(codes: Any) -> set[tuple[int, ...]]:
    return {tuple(FIRST + 16 * level + int(code) for level, code in enumerate(row)) for row in codes}


def constraint_of(codes: Any, **options: Any) -> semid.Constraint:
    given: dict[str, Any] = {"end": EOS, "padding": PAD, **options}
    return semid.Constraint(
        codes=codes, level_sizes=[16] * 3, first_token=FIRST, vocabulary_size=VOCABULARY, **given
    )


@pytest.fixture(scope="module")
def decoder() -> Any:
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY + 8, n_positions=64, n_embd=32, n_layer=2, n_head=2, bos_token_id=BOS, eos_token_id=EOS,
        pad_token_id=PAD,
    )
    return transformers.GPT2LMHeadModel(config).eval()


def prompts() -> tuple[Any, Any]:
    """A batch with padding on the left."""
    random = np.random.default_rng(5)
    ids, mask = np.full((4, 7), PAD), np.zeros((4, 7), int)
    for row, length in enumerate((7, 3, 5, 1)):
        ids[row, 7 - length :] = random.integers(3, 39, length)
        mask[row, 7 - length :] = 1
    return torch.tensor(ids), torch.tensor(mask)


def written(sequences: Any, start: int) -> list[tuple[int, ...]]:
    return [tuple(token for token in row[start:].tolist() if token not in (EOS, PAD)) for row in sequences]


@pytest.mark.parametrize(
    "how",
    [
        {"num_beams": 6, "num_return_sequences": 6}, {"num_beams": 1}, {"do_sample": True, "num_return_sequences": 5},
        {"do_sample": True, "num_beams": 4, "num_return_sequences": 2},
    ],
)
def test_only_ids_are_generated(decoder: Any, codes: Any, catalogue: Any, how: dict[str, Any]) -> None:
    ids, mask = prompts()
    processor = ConstraintProcessor(constraint_of(codes))
    for _ in range(2):  # the second generation begins anew
        out = decoder.generate(
            input_ids=ids, attention_mask=mask, max_new_tokens=6, logits_processor=[processor], **how
        )
        found = written(out, ids.shape[1])
        assert len(found) == 4 * how.get("num_return_sequences", 1)
        assert set(found) <= catalogue


def test_beams_are_those_of_prefix_allowed_tokens_fn(decoder: Any, codes: Any) -> None:
    ids, mask = prompts()
    children: dict[tuple[int, ...], list[int]] = {}
    for row in codes.tolist():
        tokens = [FIRST + 16 * level + code for level, code in enumerate(row)] + [EOS]
        for depth in range(4):
            allowed = children.setdefault(tuple(tokens[:depth]), [])
            if tokens[depth] not in allowed:
                allowed.append(tokens[depth])

    def allowed(_: int, sequence: Any) -> list[int]:
        return children.get(tuple(sequence[ids.shape[1] :].tolist()), [PAD])

    common = {"input_ids": ids, "attention_mask": mask, "max_new_tokens": 6, "num_beams": 8, "num_return_sequences": 8,
              "output_scores": True, "return_dict_in_generate": True}
    a = decoder.generate(prefix_allowed_tokens_fn=allowed, **common)
    b = decoder.generate(logits_processor=[ConstraintProcessor(constraint_of(codes))], **common)
    assert a.sequences.tolist() == b.sequences.tolist()
    torch.testing.assert_close(a.sequences_scores, b.sequences_scores)


def test_an_encoder_and_begin_tokens(codes: Any, catalogue: Any) -> None:
    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=VOCABULARY, d_model=32, d_kv=16, d_ff=32, num_layers=2, num_heads=2, decoder_start_token_id=PAD,
        eos_token_id=EOS, pad_token_id=PAD,
    )
    model = transformers.T5ForConditionalGeneration(config).eval()
    ids, mask = prompts()
    processor = ConstraintProcessor(constraint_of(codes, begin=[30, 31]))
    out = model.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=8, num_beams=5, num_return_sequences=5,
        logits_processor=[processor],
    )
    found = written(out, 1)
    assert all(row[:2] == (30, 31) and row[2:] in catalogue for row in found)


def test_ids_in_the_midst_of_text(decoder: Any, codes: Any, catalogue: Any) -> None:
    ids, mask = prompts()
    first = constraint_of(codes, end=38, padding=None, triggers=37)
    second = semid.Constraint(
        codes=codes[:5], level_sizes=[16] * 3, first_token=FIRST, vocabulary_size=VOCABULARY, end=36, triggers=35
    )
    processor = ConstraintProcessor([first, second])
    small = {tuple(FIRST + 16 * level + int(code) for level, code in enumerate(row)) for row in codes[:5]}
    torch.manual_seed(1)
    out = decoder.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=50, do_sample=True, num_return_sequences=20,
        logits_processor=[processor], bad_words_ids=[[EOS]],
    )
    seen = {37: 0, 35: 0}
    for row in out[:, ids.shape[1] :].tolist():
        for place, token in enumerate(row):
            if token in seen and place + 4 < len(row):
                inside = tuple(row[place + 1 : place + 4])
                assert inside in (catalogue if token == 37 else small) and row[place + 4] == (38 if token == 37 else 36)
                seen[token] += 1
    assert min(seen.values()) > 0


def test_the_torch_way_gives_the_same(codes: Any) -> None:
    constraint = constraint_of(codes)
    states = constraint.states(FIRST + codes[:50, :1].astype(int))
    scores = torch.randn(50, VOCABULARY + 8)
    here = ConstraintProcessor._apply(constraint, states, scores)
    wide = ConstraintProcessor._apply(constraint, states, scores.double())
    torch.testing.assert_close(here.double(), wide)
    assert torch.isneginf(here).sum() > 0 and torch.isfinite(here).any(dim=1).all()
    torch.testing.assert_close(ConstraintProcessor._apply(constraint, states, scores.t().contiguous().t()), here)


def test_renormalized_scores_are_probabilities(codes: Any) -> None:
    processor = ConstraintProcessor(constraint_of(codes), renormalize=True)
    scores = torch.log_softmax(torch.randn(3, VOCABULARY), dim=-1)
    out = processor(torch.zeros((3, 4), dtype=torch.long), scores)
    torch.testing.assert_close(out.exp().sum(dim=-1), torch.ones(3))


def test_it_fails_closed(codes: Any) -> None:
    with pytest.raises(semid.InputError, match="padding"):
        ConstraintProcessor(constraint_of(codes, end=None, padding=None))
    with pytest.raises(semid.InputError):
        ConstraintProcessor([])
    with pytest.raises(semid.InputError, match="triggers"):
        ConstraintProcessor([constraint_of(codes), constraint_of(codes)])
    processor = ConstraintProcessor(constraint_of(codes), prompt_length=2)
    scores = torch.zeros(2, VOCABULARY)
    with pytest.raises(semid.InputError, match="in some row"):
        processor(torch.full((2, 4), 7), scores)
    good = FIRST + int(codes[0, 0])
    half = processor(torch.tensor([[9, 9, good], [9, 9, 7]]), scores)
    assert torch.isfinite(half[0]).any() and torch.isneginf(half[1]).all()
    with pytest.raises(semid.InputError, match="prompt_length"):
        processor(torch.full((2, 1), 7), scores)


def test_it_is_quicker_than_a_function_of_prefixes() -> None:
    random = np.random.default_rng(0)
    codes = np.unique(random.integers(0, 256, (100_000, 3)), axis=0)
    constraint = semid.Constraint(
        codes=codes, level_sizes=[256] * 3, first_token=1000, vocabulary_size=32_000, end=1, padding=0
    )
    rows = codes[random.integers(0, len(codes), 160)]
    ids = torch.tensor(np.concatenate([np.full((160, 50), 7), 1000 + rows[:, :1]], axis=1))
    scores = torch.randn(160, 32_000)
    children: dict[tuple[int, ...], list[int]] = {}
    for code in codes.tolist():
        children.setdefault((1000 + code[0],), []).append(1256 + code[1])
    children = {key: sorted(set(value)) for key, value in children.items()}
    theirs = transformers.PrefixConstrainedLogitsProcessor(lambda _, row: children[tuple(row[50:].tolist())], 20)
    ours = ConstraintProcessor(constraint, prompt_length=50)
    np.testing.assert_array_equal(
        torch.isfinite(ours(ids, scores)).numpy(), torch.isfinite(theirs(ids, scores)).numpy()
    )

    def best(processor: Any) -> float:
        times = []
        for _ in range(15):
            start = time.perf_counter()
            processor(ids, scores)
            times.append(time.perf_counter() - start)
        return min(times)

    a, b = best(ours), best(theirs)
    print(f"a step of 160 beams: {a * 1e3:.2f} ms, prefix_allowed_tokens_fn {b * 1e3:.2f} ms")
    assert a < b
