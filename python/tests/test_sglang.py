"""What SGLang calls, on its own classes where its sources are installed, and otherwise on classes by their signatures."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import semid
from semid.catalogues import Catalogues

torch = pytest.importorskip("torch")

from made_engines import (  # noqa: E402
    BEGIN, CLOSE, EOS, FIRST, INSTALLED, PAD, TRIGGER, VOCABULARY, allowed_next, engine, write_catalogues,
)

COLUMNS = VOCABULARY + 30


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("catalogues")
    return {"folder": folder, **write_catalogues(folder)}


@pytest.fixture(scope="module")
def sglang() -> Iterator[Any]:
    stubs = []
    if INSTALLED["sglang"] and importlib.util.find_spec("torchvision") is None:
        # SGLang's sources import it for images; nothing here has any.
        import transformers  # noqa: F401, which asks whether it is there

        for name in ("torchvision", "torchvision.transforms", "torchvision.io"):
            module = types.ModuleType(name)
            module.__path__ = []
            module.__spec__ = importlib.machinery.ModuleSpec(name, None)
            module.__getattr__ = lambda key: _part(key)  # type: ignore[method-assign]
            sys.modules[name] = module
            stubs.append(name)
    with engine("sglang") as module:
        yield module
    for name in stubs:
        sys.modules.pop(name, None)


def _part(key: str) -> Any:
    if key.startswith("__"):
        raise AttributeError(key)
    return type(key, (), {})


@pytest.fixture(autouse=True)
def environment(ids: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMID_CONSTRAINTS", str(ids["folder"]))
    monkeypatch.setenv("SEMID_DEFAULT_CONSTRAINT", "films")


def backend_of(sglang: Any) -> Any:
    return sglang._make_backend(None, None, COLUMNS, {EOS})


def grammar_of(sglang: Any, backend: Any, name: str, prompt: list[int], kind: str = "ebnf") -> Any:
    """As SGLang's manager makes a request's grammar."""
    key = backend.get_request_grammar_key((kind, f"semid:{name}"), input_ids=prompt, thinking_budget=None)
    made = getattr(backend, f"dispatch_{key[0]}")(key[1])
    made.maybe_init_reasoning(False)
    return made.copy()


def entries_of(grammars: list[Any]) -> list[Any]:
    return [
        SimpleNamespace(row=row, grammar=grammar) for row, grammar in enumerate(grammars)
        if grammar and not grammar.finished and not grammar.is_terminated()
    ]


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS + 64])
def test_requests_with_grammars_write_ids(sglang: Any, ids: dict[str, Any], columns: int) -> None:
    torch.manual_seed(0)
    backend = backend_of(sglang)
    random = np.random.default_rng(0)
    names = ["films", "songs", "books"] * 8
    begin = {"films": [BEGIN], "songs": [70, 71], "books": [TRIGGER]}
    # Every second prompt ends where an ID begins; behind the others the model begins it.
    prompts = [[5, 6, *(begin[name] if row % 2 else [])] for row, name in enumerate(names)]
    grammars: list[Any] = [
        grammar_of(sglang, backend, name, prompt, ["ebnf", "regex"][row % 2])
        for row, (name, prompt) in enumerate(zip(names, prompts))
    ]
    grammars.append(None)  # a request without a grammar
    written: list[list[int]] = [[] for _ in names]
    for _ in range(12):
        first = next(grammar for grammar in grammars if grammar)
        mask = first.allocate_vocab_mask(vocab_size=COLUMNS, batch_size=len(grammars), device="cpu")
        first.fill_vocab_mask_batched(entries_of(grammars), mask)
        mask = first.move_vocab_mask(mask, "cpu")
        logits = torch.from_numpy(random.normal(size=(len(grammars), columns))).float()
        logits[:, TRIGGER] += 9  # so that the free text comes to its trigger
        first.apply_vocab_mask(logits=logits, vocab_mask=mask)
        assert torch.isfinite(logits[-1]).all()
        for row, (grammar, name) in enumerate(zip(grammars, names)):
            if grammar.is_terminated():
                continue
            if name != "books":
                found = set(torch.nonzero(torch.isfinite(logits[row])).flatten().tolist())
                text = prompts[row] + written[row]
                missing = begin[name][len(written[row]) : len(written[row]) + 1] if row % 2 == 0 else []
                assert found == (set(missing) or allowed_next(ids[name], text, begin[name], [EOS], []))
            token = int(torch.softmax(logits[row], 0).multinomial(1))
            grammar.accept_token(token)
            written[row].append(token)
    for row, name in enumerate(names):
        text = prompts[row] + written[row]
        if name == "books":
            place = text.index(TRIGGER)
            assert tuple(text[place + 1 : place + 4]) in ids["books"] and text[place + 4] == CLOSE
            assert not grammars[row].is_terminated()
        else:
            assert text[2:-4] == begin[name] and tuple(text[-4:-1]) in ids[name] and text[-1] == EOS
            assert grammars[row].is_terminated()


def test_tokens_are_refused_and_taken_back(sglang: Any, ids: dict[str, Any]) -> None:
    grammar = grammar_of(sglang, backend_of(sglang), "films", [5, BEGIN])
    one = sorted(ids["films"])[7]
    with pytest.raises(ValueError):
        grammar.accept_token(EOS)
    for token in (*one, EOS):
        grammar.accept_token(token)
    assert grammar.current_token == EOS and grammar.is_terminated()
    grammar.accept_token(5)  # ignored, for the request is done
    grammar.rollback(2)
    grammar.accept_token(one[2])
    with pytest.raises(ValueError):
        grammar.rollback(9)
    fresh = grammar.copy()
    assert fresh.state == grammar._start and grammar.try_jump_forward(None) is None
    mask = grammar.allocate_vocab_mask(COLUMNS, 2)
    grammar.fill_vocab_mask(mask, 1)
    assert (mask[0] == -1).all()
    grammar.reset_vocab_mask(mask)
    assert (mask == -1).all()
    with pytest.raises(ValueError, match="tokens"):
        grammar.allocate_vocab_mask(VOCABULARY - 60, 1)


def test_other_grammars_are_refused(sglang: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = backend_of(sglang)
    for kind in ("ebnf", "regex", "json", "structural_tag"):
        for text in ("semid:plays", "films", '{"type": "object"}', "semid:", "semid:films\x1fbegun\x1fbegun"):
            key = backend.get_request_grammar_key((kind, text), input_ids=[5, BEGIN], thinking_budget=3)
            made = getattr(backend, f"dispatch_{kind}")(key[1])
            assert isinstance(made, sglang.InvalidGrammarObject) and "films" in made.error_message
    with pytest.raises(semid.InputError, match="at most 100 tokens"):
        sglang._make_backend(None, None, 100)
    monkeypatch.delenv("SEMID_CONSTRAINTS")
    with pytest.raises(semid.InputError, match="--grammar-backend semid"):
        backend_of(sglang)


class Request(SimpleNamespace):
    """What the processor reads of SGLang's Req."""


def request_of(prompt: list[int], written: list[int]) -> Any:
    return Request(origin_input_ids=prompt, output_ids=written, eos_token_ids={EOS})


def test_the_logit_processor_keeps_requests_inside(sglang: Any, ids: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(sglang, "_lagging", lambda: None)
    processor = sglang.ConstraintLogitProcessor()
    random = np.random.default_rng(0)
    names: list[Any] = ["films", None, "songs", "off"] * 5
    requests = [request_of([5, *([70, 71] if name == "songs" else [BEGIN])], []) for name in names]
    params = [{"__req__": request} | ({} if name is None else {"semid": name}) for name, request in zip(names, requests)]
    for _ in range(4):
        logits = torch.from_numpy(random.normal(size=(len(names), COLUMNS))).float()
        before = logits.clone()
        after = processor(logits, params)
        assert after.shape == before.shape
        for row, (name, request) in enumerate(zip(names, requests)):
            found = set(torch.nonzero(torch.isfinite(after[row])).flatten().tolist())
            text = [*request.origin_input_ids, *request.output_ids]
            wanted = set(range(COLUMNS)) if name == "off" else allowed_next(
                ids[name or "films"], text, [70, 71] if name == "songs" else [BEGIN], [EOS], [EOS])
            assert found == wanted
            request.output_ids.append(int(torch.softmax(after[row], 0).multinomial(1)))
    for name, request in zip(names, requests):
        if name != "off":
            assert tuple(request.output_ids[:3]) in ids[name or "films"] and request.output_ids[3] == EOS


def test_the_logit_processor_fails_closed(sglang: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(processor: Any, *params: Any) -> bool:
        after = processor(torch.zeros(len(params), COLUMNS), list(params))
        return all(torch.nonzero(torch.isfinite(row)).flatten().tolist() == [EOS] for row in after)

    def good() -> Any:
        return {"semid": "films", "__req__": request_of([5, BEGIN], [])}

    # By default SGLang samples before it has noted the token before.
    assert sglang._lagging() is not None
    assert ends(sglang.ConstraintLogitProcessor(), good())
    monkeypatch.setattr(sglang, "_lagging", lambda: None)
    processor = sglang.ConstraintLogitProcessor()
    assert not ends(processor, good())
    twice = good()
    assert ends(processor, twice, twice)
    assert ends(processor, {"semid": "plays", "__req__": request_of([5, BEGIN], [])})
    assert ends(processor, {"semid": "films", "__req__": request_of([5, 6], [])})
    assert ends(processor, {"semid": "films"})
    assert ends(processor, None)
    for params in ([good()], None, []):
        logits = torch.zeros(2, COLUMNS)
        with pytest.raises(semid.InputError):
            processor(logits, params)
        assert torch.isneginf(logits).all()
    monkeypatch.delenv("SEMID_CONSTRAINTS")
    logits = torch.zeros(1, COLUMNS)
    with pytest.raises(semid.InputError, match="SEMID_CONSTRAINTS"):
        sglang.ConstraintLogitProcessor()(logits, [good()])
    assert torch.isneginf(logits).all()


def test_the_plugin_registers_itself_where_catalogues_are_named(sglang: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sglang.srt.arg_groups.choices import GRAMMAR_BACKEND_CHOICES
    from sglang.srt.constrained.base_grammar_backend import GRAMMAR_BACKEND_REGISTRY

    with monkeypatch.context() as patch:
        patch.delenv("SEMID_CONSTRAINTS")
        sglang.register()
        assert "semid" not in GRAMMAR_BACKEND_CHOICES and "semid" not in GRAMMAR_BACKEND_REGISTRY
    sglang.register()
    sglang.register()
    assert GRAMMAR_BACKEND_CHOICES.count("semid") == 1
    backend = GRAMMAR_BACKEND_REGISTRY["semid"](None, None, COLUMNS, {EOS})
    assert isinstance(backend, sglang.ConstraintGrammarBackend)


def test_beam_search_refuses_constraints(sglang: Any) -> None:
    class Coordinator:
        def validate_and_init(self, req: Any, recv_req: Any) -> Any:
            return "validated"

    def ask(**options: Any) -> Any:
        request = SimpleNamespace(
            sampling_params=SimpleNamespace(custom_params=options.get("params")), custom_logit_processor=options.get("processor")
        )
        return sglang._refuse_beams(Coordinator.validate_and_init, Coordinator(), request, None)

    assert ask() == "validated" == ask(params={"other": 1}, processor='{"callable": "00"}')
    assert "beam search" in ask(params={"semid": "films"})
    name = b"semid.sglang ConstraintLogitProcessor".hex()
    assert "beam search" in ask(processor=f'{{"callable": "{name}"}}')


needs_sources = pytest.mark.skipif(
    not INSTALLED["sglang"], reason="SEMID_VLLM=1 scripts/python-test runs it on SGLang's own sources"
)


@needs_sources
def test_it_is_made_of_sglang_s_own_classes(sglang: Any, ids: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    import inspect

    from sglang.srt.constrained.base_grammar_backend import BaseGrammarBackend, BaseGrammarObject
    from sglang.srt.plugins.hook_registry import HookRegistry
    from sglang.srt.sampling.custom_logit_processor import CustomLogitProcessor

    assert issubclass(sglang.ConstraintGrammar, BaseGrammarObject)
    assert issubclass(sglang.ConstraintGrammarBackend, BaseGrammarBackend)
    # Every method that must be there is ours, with the parameters by which SGLang calls it.
    for theirs, ours in ((BaseGrammarObject, sglang.ConstraintGrammar), (BaseGrammarBackend, sglang.ConstraintGrammarBackend)):
        for key, method in inspect.getmembers(ours, inspect.isfunction):
            base = getattr(theirs, key, None)
            if base is None or base is method or key == "__init__":
                continue
            names = list(inspect.signature(base).parameters)
            given = inspect.signature(method).parameters
            if any(kind.kind is kind.VAR_KEYWORD for kind in given.values()):
                names = names[: len(given) - 1]
            assert [name for name in given][: len(names)] == names, key
    for key in ("accept_token", "rollback", "allocate_vocab_mask", "fill_vocab_mask", "reset_vocab_mask", "move_vocab_mask",
                "apply_vocab_mask", "try_jump_forward"):
        assert getattr(sglang.ConstraintGrammar, key) is not getattr(BaseGrammarObject, key)

    # A request's processor travels as text; the server makes it from that.
    sys.modules["semid.sglang"] = sglang
    text = sglang.ConstraintLogitProcessor.to_str()
    made = CustomLogitProcessor.from_str(text)
    assert type(made) is sglang.ConstraintLogitProcessor and b"semid.sglang".hex() in text
    assert sglang._refuse_beams(
        None, None, SimpleNamespace(sampling_params=SimpleNamespace(custom_params=None), custom_logit_processor=text), None
    )

    # SGLang's own dispatch, cache and NUL check.
    backend = backend_of(sglang)
    for prompt in ([5, BEGIN], [5]):
        key = backend.get_request_grammar_key(("ebnf", "semid:films"), input_ids=prompt, thinking_budget=None)
        value, hit = backend.get_cached_or_future_value(key, False)
        assert not hit
        grammar = value.result(timeout=60)
        backend.set_cache(key, grammar.copy())
        cached, hit = backend.get_cached_or_future_value(key, False)
        assert hit and cached.state == grammar.state == (1 if prompt[-1] == BEGIN else 0)

    # The hook goes around what SGLang calls, by the name that its sources have.
    spec = importlib.util.find_spec("sglang")
    assert spec is not None and spec.submodule_search_locations is not None
    from pathlib import Path

    source = (Path(spec.submodule_search_locations[0]) / "srt" / "beam_search" / "coordinator.py").read_text()
    assert "class BeamCoordinator" in source and "def validate_and_init(self, req: Req, recv_req)" in source
    standing = types.ModuleType("sglang.srt.beam_search.coordinator")

    class BeamCoordinator:
        def validate_and_init(self, req: Any, recv_req: Any) -> Any:
            return None

    standing.BeamCoordinator = BeamCoordinator  # type: ignore[attr-defined]
    package = types.ModuleType("sglang.srt.beam_search")
    package.coordinator = standing  # type: ignore[attr-defined]
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "sglang.srt.beam_search", package)
    monkeypatch.setitem(sys.modules, "sglang.srt.beam_search.coordinator", standing)
    HookRegistry.reset()
    sglang.register()
    HookRegistry.apply_hooks()
    request = SimpleNamespace(sampling_params=SimpleNamespace(custom_params={"semid": "films"}), custom_logit_processor=text)
    assert "beam search" in BeamCoordinator().validate_and_init(request, None)
    free = SimpleNamespace(sampling_params=SimpleNamespace(custom_params=None), custom_logit_processor=None)
    assert BeamCoordinator().validate_and_init(free, None) is None
    HookRegistry.reset()
