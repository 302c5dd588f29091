"""What the tests of engines share: catalogues in files, and engines' interfaces by their signatures where they are not installed."""

from __future__ import annotations

import enum
import importlib
import importlib.util
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import semid

INSTALLED = {name: importlib.util.find_spec(name) is not None for name in ("vllm", "sglang")}
FIRST, BEGIN, EOS, PAD, TRIGGER, CLOSE, VOCABULARY = 100, 50, 2, 0, 60, 61, 200


def made_codes(seed: int = 3) -> Any:
    random = np.random.default_rng(seed)
    return np.unique(random.integers(0, 16, (300, 3)), axis=0).astype(np.uint16)


def constraint_of(codes: Any, **options: Any) -> semid.Constraint:
    given: dict[str, Any] = {"begin": BEGIN, "end": EOS, **options}
    return semid.Constraint(
        codes=codes, level_sizes=[16] * 3, first_token=FIRST, vocabulary_size=VOCABULARY, **given
    )


def ids_of(codes: Any) -> set[tuple[int, ...]]:
    return {tuple(FIRST + 16 * level + int(code) for level, code in enumerate(row)) for row in codes}


def write_catalogues(folder: Path) -> dict[str, set[tuple[int, ...]]]:
    """``films`` behind a token that begins an ID, ``songs`` behind two, ``books`` in the midst of text."""
    folder.mkdir(exist_ok=True)
    films, songs, books = made_codes(3), made_codes(4)[:40], made_codes(5)[:60]
    constraint_of(films).write(folder / "films.npz")
    constraint_of(songs, begin=[70, 71], padding=PAD).write(folder / "songs.npz")
    constraint_of(books, begin=[], triggers=TRIGGER, end=CLOSE).write(folder / "books.npz")
    return {"films": ids_of(films), "songs": ids_of(songs), "books": ids_of(books)}


def allowed_next(ids: set[tuple[int, ...]], text: list[int], begin: list[int], end: list[int], stuck: list[int]) -> set[int]:
    """The tokens behind a text, by search through all IDs; `stuck` where there is none."""
    places = [place for place in range(len(text) - len(begin) + 1) if text[place : place + len(begin)] == begin]
    if not places:
        return set(stuck)
    written = tuple(text[places[-1] + len(begin) :])
    whole = [found + tuple(end) for found in ids]
    after = {found[len(written)] for found in whole if len(found) > len(written) and found[: len(written)] == written}
    return after or set(stuck)


# ---- Interfaces by their signatures -----------------------------------------------------------------------------------


def _modules(**contents: dict[str, Any]) -> dict[str, types.ModuleType]:
    made = {}
    for path, values in contents.items():
        path = path.replace("__", ".")
        for depth in range(1, path.count(".") + 2):
            name = ".".join(path.split(".")[:depth])
            if name not in made:
                made[name] = types.ModuleType(name)
                made[name].__path__ = []
        vars(made[path]).update(values)
    for name, module in made.items():
        if "." in name:
            parent, _, child = name.rpartition(".")
            setattr(made[parent], child, module)
    return made


def _vllm(second: bool) -> dict[str, types.ModuleType]:
    class FirstRunner(ABC):
        @classmethod
        def validate_params(cls, sampling_params: Any) -> None:
            return None

        @abstractmethod
        def __init__(self, vllm_config: Any, device: Any, is_pin_memory: bool) -> None: ...

        @abstractmethod
        def apply(self, logits: Any) -> Any: ...

        @abstractmethod
        def is_argmax_invariant(self) -> bool: ...

        @abstractmethod
        def update_state(self, batch_update: Any) -> None: ...

    class SecondRunner(ABC):
        def __init__(self, vllm_config: Any, req_states: Any) -> None: ...

        @classmethod
        def validate_params(cls, sampling_params: Any) -> None: ...

        def add_request(self, req_idx: int, sampling_params: Any) -> bool:
            return True

        def apply_staged_writes(self) -> None: ...

        @abstractmethod
        def apply(self, logits: Any, ctx: Any) -> Any: ...

    @dataclass(frozen=True)
    class BatchUpdate:
        batch_size: int
        removed: Any
        added: Any
        moved: Any

    class MoveDirectionality(enum.Enum):
        UNIDIRECTIONAL = enum.auto()
        SWAP = enum.auto()

    @dataclass(frozen=True)
    class LogitsContext:
        expanded_idx_mapping: Any
        idx_mapping: Any
        idx_mapping_np: Any
        expanded_local_pos: Any
        input_ids: Any
        pos: Any
        seq_lens_upper_bound_np: Any

    @dataclass(frozen=True)
    class LogitsProcRequestState:
        device: Any
        max_num_reqs: int
        vocab_size: int
        all_token_ids: Any
        prompt_len: Any
        prefill_len: Any
        total_len: Any

    parts: dict[str, dict[str, Any]] = {
        "vllm__v1__sample__logits_processor": {
            "LogitsProcessor": FirstRunner, "MoveDirectionality": MoveDirectionality, "BatchUpdate": BatchUpdate,
        },
    }
    if second:
        parts["vllm__v1__worker__gpu__sample__logits_processor"] = {
            "LogitsProcessor": SecondRunner, "LogitsContext": LogitsContext, "LogitsProcRequestState": LogitsProcRequestState,
        }
    return _modules(**parts)


def _sglang() -> dict[str, types.ModuleType]:
    class BaseGrammarObject:
        def __init__(self) -> None:
            self._finished = False
            self.grammar_stats = None
            self.current_token: Any = None

        def maybe_init_reasoning(self, reasoning: bool) -> None: ...

        @property
        def finished(self) -> bool:
            return self._finished

        @finished.setter
        def finished(self, finished: bool) -> None:
            self._finished = finished

    class InvalidGrammarObject(BaseGrammarObject):
        def __init__(self, error_message: str = "Unknown grammar error") -> None:
            super().__init__()
            self.error_message = error_message

    class BaseGrammarBackend:
        def __init__(self) -> None:
            self.cache: dict[Any, Any] = {}

    class CustomLogitProcessor(ABC):
        @abstractmethod
        def __call__(self, logits: Any, custom_param_list: Any = None) -> Any: ...

    class HookType(enum.Enum):
        AROUND = "around"

    class HookRegistry:
        hooks: list[Any] = []

        @classmethod
        def register(cls, target: str, hook: Any, hook_type: Any) -> None:
            cls.hooks.append((target, hook, hook_type))

    choices = ["xgrammar"]
    registry: dict[str, Any] = {}
    return _modules(
        sglang__srt__constrained__base_grammar_backend={
            "BaseGrammarObject": BaseGrammarObject, "BaseGrammarBackend": BaseGrammarBackend,
            "InvalidGrammarObject": InvalidGrammarObject, "GRAMMAR_BACKEND_REGISTRY": registry,
            "register_grammar_backend": registry.__setitem__,
        },
        sglang__srt__sampling__custom_logit_processor={"CustomLogitProcessor": CustomLogitProcessor},
        sglang__srt__arg_groups__choices={
            "GRAMMAR_BACKEND_CHOICES": choices, "add_grammar_backend_choices": choices.extend,
        },
        sglang__srt__plugins__hook_registry={"HookRegistry": HookRegistry, "HookType": HookType},
    )


@contextmanager
def engine(name: str, *, second: bool = True, real: bool | None = None) -> Iterator[types.ModuleType]:
    """The module `semid.NAME` on the installed engine or, where there is none, on its interface by its signatures.

    Args:
        second: with the interface of vLLM's second model runner, where vLLM is not installed.
        real: whether to use the installed engine; by default where there is one.
    """
    stubs = {} if (INSTALLED[name] if real is None else real) else {"vllm": lambda: _vllm(second), "sglang": _sglang}[name]()
    before = {key: value for key, value in sys.modules.items() if stubs and key.split(".")[0] == name}
    for key in before:
        del sys.modules[key]
    sys.modules.update(stubs)
    kept = sys.modules.pop(f"semid.{name}", None)
    try:
        yield importlib.import_module(f"semid.{name}")
    finally:
        sys.modules.pop(f"semid.{name}", None)
        for key in stubs:
            sys.modules.pop(key, None)
        sys.modules.update(before)
        if kept is not None:
            sys.modules[f"semid.{name}"] = kept
