"""The processor for vLLM: on its interfaces, and with SEMID_VLLM=1 in vLLM itself (scripts/python-env --vllm)."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import semid

torch = pytest.importorskip("torch")

if os.environ.get("SEMID_VLLM") == "1":
    # In this process, on a processor without bound threads, with a small cache. vLLM reads these when it is imported.
    os.environ |= {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_LOGGING_LEVEL": "ERROR", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1",
    }

from made_engines import INSTALLED, BEGIN, CLOSE, EOS, FIRST, PAD, TRIGGER, VOCABULARY, allowed_next, engine, write_catalogues  # noqa: E402

COLUMNS = VOCABULARY + 24


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("catalogues")
    return {"folder": folder, **write_catalogues(folder)}


@pytest.fixture(scope="module")
def vllm() -> Iterator[Any]:
    with engine("vllm") as module:
        yield module


@pytest.fixture(autouse=True)
def environment(ids: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMID_CONSTRAINTS", str(ids["folder"]))
    monkeypatch.setenv("SEMID_DEFAULT_CONSTRAINT", "films")


def config(**model: Any) -> Any:
    given = {
        "logprobs_mode": "processed_logprobs", "max_logprobs": 20, "logits_processors": None,
        "hf_text_config": SimpleNamespace(eos_token_id=EOS), "get_vocab_size": lambda: COLUMNS,
    }
    return SimpleNamespace(
        model_config=SimpleNamespace(**{**given, **model}), scheduler_config=SimpleNamespace(async_scheduling=False)
    )


def params(semid_name: Any = None, **options: Any) -> Any:
    given: dict[str, Any] = {
        "extra_args": None if semid_name is None else {"semid": semid_name}, "structured_outputs": None,
        "allowed_token_ids": None, "bad_words": None, "min_tokens": 0,
    }
    return SimpleNamespace(**{**given, **options})


def expected(ids: dict[str, Any], name: str | None, text: list[int]) -> set[int]:
    """By search through the IDs."""
    if name is None:
        return set(range(COLUMNS))
    if name == "books":
        last = max((place for place, token in enumerate(text) if token == TRIGGER), default=None)
        if last is None or CLOSE in text[last:]:
            return set(range(VOCABULARY))
        return allowed_next(ids["books"], text, [TRIGGER], [CLOSE], [EOS])
    begin = [BEGIN] if name == "films" else [70, 71]
    # Behind a whole ID there is padding; a row that is lost, or padded already, ends.
    whole = text[-4 - len(begin) : -4] == begin and tuple(text[-4:-1]) in ids[name] and text[-1] == EOS
    return allowed_next(ids[name], text, begin, [EOS], [PAD if name == "songs" and whole else EOS])


def made_text(random: Any, ids: dict[str, Any], name: str | None) -> tuple[list[int], list[int]]:
    """A prompt, and what was written behind it; split anywhere, as beam search does."""
    begin = {"films": [BEGIN], "songs": [70, 71], "books": [TRIGGER], None: []}[name]
    end = [CLOSE] if name == "books" else [EOS]
    found = list(ids[name or "films"])[random.integers(100) % len(ids[name or "films"])]
    text = [*random.integers(3, 49, random.integers(1, 9)).tolist(), *begin]
    least = len(text)
    text += [*found, *end][: random.integers(0, 5)]
    if random.random() < 0.15:
        text = text[: -1 - len(begin)] or [5]
        least = min(least, len(text))
    split = int(random.integers(least, len(text) + 1))
    return text[:split], text[split:]


def check(after: Any, before: Any, wanted: list[set[int]]) -> None:
    for row, tokens in enumerate(wanted):
        found = set(torch.nonzero(torch.isfinite(after[row])).flatten().tolist())
        assert found == tokens, row
        assert (after[row, sorted(tokens)] == before[row, sorted(tokens)]).all()


def test_one_class_is_of_both_model_runners(vllm: Any) -> None:
    from vllm.v1.sample.logits_processor import LogitsProcessor as First
    from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcessor as Second

    for made in (vllm.ConstraintProcessor, vllm.EntryPoint):
        assert issubclass(made, First) and issubclass(made, Second)
    with engine("vllm", second=False, real=False) as old:
        made = old.ConstraintProcessor(config(), torch.device("cpu"), False)
        assert not made.is_argmax_invariant() and [base.__name__ for base in old.ConstraintProcessor.__mro__[1:3]] == [
            "_SecondRunner", "FirstRunner"
        ]


def test_the_entry_point_is_the_package_s(vllm: Any) -> None:
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    module, _, name = project["entry-points"]["vllm.logits_processors"]["semid"].partition(":")
    assert module == "semid.vllm" and getattr(vllm, name) is vllm.EntryPoint
    assert {"vllm", "sglang", "xgrammar", "tensorrt-llm"} <= set(project["optional-dependencies"])


def test_requests_of_the_first_runner_stay_inside(vllm: Any, ids: dict[str, Any]) -> None:
    from vllm.v1.sample.logits_processor import BatchUpdate, MoveDirectionality

    random = np.random.default_rng(0)
    processor = vllm.ConstraintProcessor(config(), torch.device("cpu"), False)
    names = ["films", "songs", "books", None]
    rows: dict[int, tuple[str | None, list[int], list[int]]] = {}
    for step in range(60):
        removed, added, moved = [], [], []
        for row in [row for row in rows if random.random() < 0.15]:
            removed.append(row)
            del rows[row]
        for row in range(12):
            if row not in rows and random.random() < 0.4 or random.random() < 0.05:
                name = names[random.integers(4)]
                prompt, written = made_text(random, ids, name)
                rows[row] = (name, prompt, written)
                word = "off" if name is None else None if name == "films" and random.random() < 0.5 else name
                added.append((row, params(word), prompt, written))
        for _ in range(random.integers(0, 3)):
            source, target = (int(row) for row in random.choice(14, 2, replace=False))
            if random.random() < 0.5:
                moved.append((source, target, MoveDirectionality.SWAP))
                here, there = rows.pop(source, None), rows.pop(target, None)
                rows |= {row: kept for row, kept in ((target, here), (source, there)) if kept}
            elif source in rows:
                moved.append((source, target, MoveDirectionality.UNIDIRECTIONAL))
                rows[target] = rows.pop(source)
        update = BatchUpdate(batch_size=14, removed=removed, added=added, moved=moved)
        processor.update_state(update if removed or added or moved or random.random() < 0.5 else None)
        # What was written last comes in behind `update_state`.
        for name, _, written in rows.values():
            if written and random.random() < 0.3:
                written.append(written.pop())
        before = torch.randn(14, COLUMNS)
        after = processor.apply(before.clone())
        wanted = [set(range(COLUMNS))] * 14
        for row, (name, prompt, written) in rows.items():
            wanted[row] = expected(ids, name, prompt + written)
        check(after, before, wanted)
        for row, (name, prompt, written) in rows.items():
            written.append(int(random.choice(sorted(wanted[row]))))


def made_context(vllm: Any, texts: list[list[int]], slots: list[int], random: Any, drafts: list[int] | None = None) -> Any:
    """The real classes of vLLM where it is installed. Rows of a request lie together; its drafts are no part of its slot."""
    from vllm.v1.worker.gpu.sample.logits_processor import LogitsContext, LogitsProcRequestState

    count, longest = 24, 40
    stored = torch.from_numpy(random.integers(0, VOCABULARY, (count, longest))).to(torch.int32)
    drafts = drafts or [0] * len(texts)
    mapping, behind, fed, place = [], [], [], []
    for text, slot, draft in zip(texts, slots, drafts):
        stored[slot, : len(text) - draft] = torch.tensor(text[: len(text) - draft])
        for step in range(draft + 1):
            length = len(text) - draft + step
            mapping.append(slot)
            behind.append(step)
            fed.append(text[length - 1])
            place.append(length - 1)
    state = LogitsProcRequestState(
        device=torch.device("cpu"), max_num_reqs=count, vocab_size=COLUMNS, all_token_ids=SimpleNamespace(gpu=stored),
        prompt_len=None, prefill_len=None, total_len=None,
    )
    context = LogitsContext(
        expanded_idx_mapping=torch.tensor(mapping, dtype=torch.int32), idx_mapping=torch.tensor(slots, dtype=torch.int32),
        idx_mapping_np=np.array(slots, np.int32), expanded_local_pos=torch.tensor(behind, dtype=torch.int32),
        input_ids=torch.tensor(fed, dtype=torch.int32), pos=torch.tensor(place),
        seq_lens_upper_bound_np=np.array([len(text) for text in texts], np.int32),
    )
    return state, context


@pytest.mark.parametrize("with_drafts", [False, True])
def test_requests_of_the_second_runner_stay_inside(vllm: Any, ids: dict[str, Any], with_drafts: bool) -> None:
    random = np.random.default_rng(1)
    names = ["films", "songs", "books", None]
    processor: Any = None
    for _ in range(25):
        chosen = [names[random.integers(4)] for _ in range(9)]
        texts = [sum(made_text(random, ids, name), []) for name in chosen]
        slots = random.permutation(24)[:9].tolist()
        drafts = [int(random.integers(0, min(4, len(text)))) if with_drafts else 0 for text in texts]
        state, context = made_context(vllm, texts, slots, random, drafts)
        if processor is None:
            processor = vllm.ConstraintProcessor(config(), state)
        processor._state = state
        for slot, name in zip(slots, chosen):
            assert processor.add_request(slot, params("off" if name is None else name)) is (name is not None)
        processor.apply_staged_writes()
        rows = sum(drafts) + len(texts)
        before = torch.randn(rows, COLUMNS)
        after = processor.apply(before.clone(), context)
        wanted = [
            expected(ids, name, text[: len(text) - draft + step])
            for name, text, draft in zip(chosen, texts, drafts) for step in range(draft + 1)
        ]
        check(after, before, wanted)
    # Slots of the last step that nobody is in now.
    assert processor.apply(before, SimpleNamespace(idx_mapping_np=np.array([], np.int32))) is before


def test_generation_by_the_second_runner_s_interface_writes_ids(vllm: Any, ids: dict[str, Any]) -> None:
    torch.manual_seed(0)
    random = np.random.default_rng(2)
    texts = [[*random.integers(3, 49, 4).tolist(), BEGIN] for _ in range(16)]
    slots = list(range(16))
    state, _ = made_context(vllm, texts, slots, random)
    processor = vllm.ConstraintProcessor(config(), state)
    for slot in slots:
        processor.add_request(slot, params())
    processor.apply_staged_writes()
    for _ in range(4):
        processor._state, context = made_context(vllm, texts, slots, random)
        scores = processor.apply(torch.from_numpy(random.normal(size=(16, COLUMNS))).float(), context)
        for text, token in zip(texts, torch.softmax(scores, dim=1).multinomial(1).flatten().tolist()):
            text.append(token)
    assert {tuple(text[-4:-1]) for text in texts} <= ids["films"] and {text[-1] for text in texts} == {EOS}


def test_requests_that_cannot_be_constrained_are_refused(vllm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check_params = vllm.ConstraintProcessor.validate_params
    for good in (params(), params("songs"), params("off", structured_outputs=object()), params("books", min_tokens=5)):
        check_params(good)
    for wrong in (params("plays"), params(3), params(["films"]), params(min_tokens=3), params(structured_outputs=object()),
                  params(allowed_token_ids=[5]), params("songs", bad_words=["a"])):
        with pytest.raises(ValueError, match="semid|min_tokens|structured|allowed|bad_words"):
            check_params(wrong)
    monkeypatch.delenv("SEMID_CONSTRAINTS")
    check_params(params())
    with pytest.raises(ValueError, match="SEMID_CONSTRAINTS"):
        check_params(params("films"))


def test_it_refuses_to_start_where_it_would_be_ignored(
    vllm: Any, ids: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def start(made: Any = None, kind: Any = vllm.ConstraintProcessor) -> Any:
        return kind(made or config(), torch.device("cpu"), False)

    for mode in ("raw_logprobs", "raw_logits", "processed_logits", None):
        with pytest.raises(semid.InputError, match="--logprobs-mode processed_logprobs.*SEMID_BEAM_SEARCH=off"):
            start(config(logprobs_mode=mode))
        with monkeypatch.context() as patch:
            patch.setenv("SEMID_BEAM_SEARCH", "off")
            start(config(logprobs_mode=mode))
    with monkeypatch.context() as patch:
        patch.setenv("SEMID_BEAMS", "20")
        with pytest.raises(semid.InputError, match="--max-logprobs 40"):
            start()
        start(config(max_logprobs=40))
        start(config(max_logprobs=-1))
        patch.setenv("SEMID_BEAMS", "many")
        with pytest.raises(semid.InputError, match="number of beams"):
            start()
    asynchronous = config()
    asynchronous.scheduler_config.async_scheduling = True
    for kind in (vllm.ConstraintProcessor, vllm.EntryPoint):
        with pytest.raises(semid.InputError, match="--logits-processors semid.vllm:ConstraintProcessor"):
            start(asynchronous, kind)
    asynchronous.model_config.logits_processors = ["semid.vllm:ConstraintProcessor"]
    start(asynchronous)
    with pytest.raises(semid.InputError, match="token 147"):
        start(config(get_vocab_size=lambda: 140))
    with monkeypatch.context() as patch:
        patch.setenv("SEMID_DEFAULT_CONSTRAINT", "")
        with pytest.raises(semid.InputError, match="several catalogues"):
            start()
    with monkeypatch.context() as patch:
        patch.delenv("SEMID_CONSTRAINTS")
        with pytest.raises(semid.InputError, match="SEMID_CONSTRAINTS"):
            start()


def test_the_entry_point_stands_aside(vllm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from vllm.v1.sample.logits_processor import BatchUpdate

    for named in ("semid.vllm:ConstraintProcessor", vllm.ConstraintProcessor):
        aside = vllm.EntryPoint(config(logits_processors=[named]), torch.device("cpu"), False)
        scores = torch.randn(2, COLUMNS)
        aside.update_state(BatchUpdate(batch_size=1, removed=[], added=[(0, params(), [5, BEGIN], [])], moved=[]))
        assert aside.apply(scores) is scores and torch.isfinite(scores).all() and aside.add_request(0, params()) is False
    alone = vllm.EntryPoint(config(logits_processors=["other:Processor"]), torch.device("cpu"), False)
    alone.update_state(BatchUpdate(batch_size=1, removed=[], added=[(0, params(), [5, BEGIN], [])], moved=[]))
    assert not torch.isfinite(alone.apply(scores.clone())[0, :FIRST]).any()
    monkeypatch.delenv("SEMID_CONSTRAINTS")
    monkeypatch.setenv("SEMID_DEFAULT_CONSTRAINT", "")
    unset = vllm.EntryPoint(config(logprobs_mode="raw_logprobs"), torch.device("cpu"), False)
    assert unset.apply(scores) is scores


def test_a_prompt_without_a_beginning_ends_at_once(vllm: Any, caplog: pytest.LogCaptureFixture) -> None:
    from vllm.v1.sample.logits_processor import BatchUpdate

    caplog.set_level(logging.WARNING, "vllm.semid")
    logging.getLogger("vllm").propagate = True
    processor = vllm.ConstraintProcessor(config(), torch.device("cpu"), False)
    prompts = [[5, 6], None, [BEGIN, 5, 6, 7, 8, 9]]
    added = [(row, params(), prompt, []) for row, prompt in enumerate(prompts)]
    processor.update_state(BatchUpdate(batch_size=3, removed=[], added=added, moved=[]))
    after = processor.apply(torch.zeros(3, COLUMNS))
    for row in after:
        assert torch.nonzero(torch.isfinite(row)).flatten().tolist() == [EOS]
    assert "begin an ID" in caplog.text and "films" in caplog.text


def test_beams_that_vllm_filled_up_are_left_out(vllm: Any) -> None:
    beams = [SimpleNamespace(cum_logprob=score) for score in (-1.0, -np.inf, np.nan, -3.5)]
    assert vllm.valid_beams(SimpleNamespace(sequences=beams)) == [beams[0], beams[3]]


# ---- vLLM itself ---------------------------------------------------------------------------------------------------------

needs_engine = pytest.mark.skipif(
    os.environ.get("SEMID_VLLM") != "1" or not INSTALLED["vllm"],
    reason="SEMID_VLLM=1 scripts/python-test runs it in vLLM itself, which scripts/python-env --vllm installs (3.4 GB)",
)


def make_model(folder: Path) -> None:
    """A random model, and a tokenizer with a word for each token."""
    import tokenizers
    import transformers

    torch.manual_seed(0)
    settings = transformers.Qwen3Config(
        vocab_size=512, hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        head_dim=64, max_position_embeddings=128, bos_token_id=1, eos_token_id=EOS, tie_word_embeddings=False,
    )
    transformers.Qwen3ForCausalLM(settings).to(torch.bfloat16).save_pretrained(folder)
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({f"t{token}": token for token in range(512)}, unk_token="t0"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="t1", eos_token=f"t{EOS}", pad_token="t0"
    ).save_pretrained(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("model")
    make_model(folder)
    return str(folder)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The package as installed, for vLLM looks for its entry points."""
    tomllib = pytest.importorskip("tomllib")
    source = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    points = tomllib.loads(source)["project"]["entry-points"]["vllm.logits_processors"]
    folder = tmp_path / "swift_semantic_id-0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: swift-semantic-id\nVersion: 0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (folder / "entry_points.txt").write_text("\n".join(["[vllm.logits_processors]", *lines, ""]))
    monkeypatch.syspath_prepend(str(tmp_path))
    from vllm.v1.sample import logits_processor

    logits_processor.cached_load_custom_logitsprocs.cache_clear()


def written(tokens: Any) -> tuple[int, ...]:
    return tuple(token for token in tokens if token not in (EOS, PAD))


@needs_engine
@pytest.mark.parametrize("how", ["entry point", "by name", "by name, asynchronous"])
def test_vllm_writes_ids_alone(model: str, ids: dict[str, Any], installed: None, how: str) -> None:
    from vllm import LLM, SamplingParams
    from vllm.exceptions import VLLMValidationError
    from vllm.sampling_params import BeamSearchParams

    common: dict[str, Any] = {
        "model": model, "enforce_eager": True, "max_model_len": 96, "max_num_seqs": 64, "disable_log_stats": True,
        "async_scheduling": "asynchronous" in how,
    }
    if how != "entry point":
        common["logits_processors"] = ["semid.vllm:ConstraintProcessor"]
    with pytest.raises(Exception, match="processed_logprobs"):
        LLM(**common)
    engine = LLM(**common, logprobs_mode="processed_logprobs", max_logprobs=40)
    random = np.random.default_rng(0)
    prompts = [{"prompt_token_ids": [*random.integers(3, 49, n).tolist(), BEGIN]} for n in (5, 9, 3, 20, 1, 7, 8, 9)]
    for sampling in (
        SamplingParams(temperature=0, max_tokens=8), SamplingParams(temperature=1, max_tokens=8, n=6, seed=3),
        SamplingParams(temperature=2, top_k=5, max_tokens=3, n=4, seed=4), SamplingParams(temperature=0.5, top_p=0.5, max_tokens=8),
    ):
        found = [written(one.token_ids) for result in engine.generate(prompts, sampling, use_tqdm=False) for one in result.outputs]
        assert len(found) == 8 * sampling.n and set(found) <= ids["films"]

    # Several catalogues, and requests without one, in one batch.
    names = ["films", "songs", "books", "off"] * 6
    texts = [{"prompt_token_ids": [5, 6, *{"films": [BEGIN], "songs": [70, 71], "books": [9, TRIGGER], "off": [BEGIN]}[name]]}
             for name in names]
    several = engine.generate(
        texts, [SamplingParams(temperature=1, seed=row, max_tokens=4, extra_args={"semid": name}) for row, name in enumerate(names)],
        use_tqdm=False,
    )
    for name, result in zip(names, several):
        tokens = list(result.outputs[0].token_ids)
        if name == "books":
            assert tuple(tokens[:3]) in ids["books"] and tokens[3] == CLOSE
        elif name == "off":
            assert written(tokens) not in ids["films"]
        else:
            assert written(tokens) in ids[name] and tokens[3] == EOS

    for width, steps in ((10, 4), (20, 4), (6, 3)) if how == "entry point" else ((10, 4),):
        beams = engine.beam_search(prompts, BeamSearchParams(beam_width=width, max_tokens=steps))
        found = [written(beam.tokens[len(prompt["prompt_token_ids"]) :]) for prompt, result in zip(prompts, beams)
                 for beam in result.sequences]
        assert len(found) == 8 * width and set(found) <= ids["films"]
        assert all(len({tuple(beam.tokens) for beam in result.sequences}) == width for result in beams)

    ended = engine.generate([{"prompt_token_ids": [5, 6, 7]}], SamplingParams(temperature=1, max_tokens=8), use_tqdm=False)
    assert list(ended[0].outputs[0].token_ids) == [EOS]
    for wrong in (SamplingParams(extra_args={"semid": "plays"}), SamplingParams(min_tokens=3, max_tokens=5)):
        with pytest.raises(VLLMValidationError, match="semid|min_tokens"):
            engine.generate(prompts, wrong, use_tqdm=False)


@needs_engine
def test_vllm_s_beams_beyond_the_catalogue_have_no_score(
    model: str, ids: dict[str, Any], installed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from vllm import LLM
    from vllm.sampling_params import BeamSearchParams

    from made_engines import constraint_of, ids_of, made_codes
    import semid.vllm

    few = made_codes()[:3]
    constraint_of(few).write(tmp_path / "few.npz")
    monkeypatch.setenv("SEMID_CONSTRAINTS", str(tmp_path / "few.npz"))
    monkeypatch.delenv("SEMID_DEFAULT_CONSTRAINT")
    engine = LLM(
        model=model, enforce_eager=True, max_model_len=96, disable_log_stats=True, logprobs_mode="processed_logprobs",
        max_logprobs=40, async_scheduling=False,
    )
    result = engine.beam_search([{"prompt_token_ids": [5, BEGIN]}], BeamSearchParams(beam_width=8, max_tokens=4))[0]
    kept = semid.vllm.valid_beams(result)
    assert {written(beam.tokens[2:]) for beam in kept} == ids_of(few) and len(result.sequences) > len(kept) == 3


@needs_engine
def test_the_second_runner_s_loader_takes_the_class(vllm: Any, installed: None) -> None:
    from vllm.v1.worker.gpu.sample.logits_processor import loader

    found = loader._load_v2_logitsprocs(["semid.vllm:ConstraintProcessor"])
    assert [made.__name__ for made in found] == ["EntryPoint", "ConstraintProcessor"]
