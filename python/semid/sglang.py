"""Constrained generation with SGLang.

    SEMID_CONSTRAINTS=films.npz python -m sglang.launch_server --model-path MODEL --grammar-backend semid

and with each request ``"sampling_params": {"ebnf": "semid:films"}``. `semid.catalogues` says how catalogues are named.

SGLang's own beam search (``beam_width``) takes no constraint: it refuses grammars, and it does not ask logit processors. Where
`register` has run, it refuses requests with `ConstraintLogitProcessor`, too. Documentation/Engines/SGLang.md says what else does
not work.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    from sglang.srt.constrained.base_grammar_backend import (
        BaseGrammarBackend,
        BaseGrammarObject,
        InvalidGrammarObject,
        register_grammar_backend,
    )
    from sglang.srt.sampling.custom_logit_processor import CustomLogitProcessor
except ImportError as error:
    raise ImportError("semid.sglang needs SGLang 0.5.23 or later: install the extra [sglang] of swift-semantic-id") from error

import torch

from . import _logits
from .catalogues import CONSTRAINTS, Catalogue, Catalogues
from .decoding import NO_STATE, Constraint, States
from .errors import InputError

__all__ = ["ConstraintGrammar", "ConstraintGrammarBackend", "ConstraintLogitProcessor", "register"]

#: What a request's grammar begins with, before the name of a catalogue.
PREFIX = "semid:"
#: Under this name a request's ``custom_params`` name its catalogue.
ARGUMENT = "semid"
# Behind the name in SGLang's own keys: the prompt ends with the tokens that begin an ID.
_BEGUN = "\x1fbegun"

_log = logging.getLogger(__name__)


class ConstraintGrammar(BaseGrammarObject):  # type: ignore[misc]
    """Where one request stands inside a constraint, in the shape of SGLang's grammars.

    The mask of a row that may write nothing is empty; SGLang ends such requests, for they are terminated.

    Args:
        start: the state before the first token that is written; by default that of the constraint.
    """

    def __init__(self, constraint: Constraint, start: int | None = None) -> None:
        super().__init__()
        self.constraint = constraint
        self._start = int(constraint.start(1)[0]) if start is None else start
        self._states = [self._start]

    @property
    def state(self) -> int:
        """The state behind what was accepted."""
        return self._states[-1]

    def accept_token(self, token: int) -> None:
        """Goes on by a token.

        Raises:
            InputError: it is not allowed there. It is a ValueError, at which SGLang aborts the request.
        """
        if self.is_terminated():
            return
        self.current_token = token
        self._states.append(int(self.constraint.advance([self.state], [token])[0]))

    def rollback(self, k: int) -> None:
        """Takes back the last k tokens."""
        if not 0 <= k < len(self._states):
            raise InputError("rollback", expected=f"0 to {len(self._states) - 1} tokens", found=str(k))
        if k:
            del self._states[-k:]

    def is_terminated(self) -> bool:
        """Whether the ID and the tokens behind it are written. Never where tokens trigger IDs."""
        return bool(self.constraint.flags([self.state])[0] & 4)

    def allocate_vocab_mask(self, vocab_size: int, batch_size: int, device: Any = None) -> Any:
        """batch × ⌈vocabulary / 32⌉, int32, everything allowed."""
        needed = self.constraint.vocabulary_size
        if vocab_size < needed:
            raise InputError(
                "constraint", kind="mismatch", expected=f"at most {vocab_size} tokens, as the model has", found=str(needed)
            )
        return torch.full((batch_size, -(-vocab_size // 32)), -1, dtype=torch.int32)

    def fill_vocab_mask(self, vocab_mask: Any, idx: int) -> None:
        """Writes the row of the request."""
        _fill(vocab_mask, [(idx, self)])

    @staticmethod
    def fill_vocab_mask_batched(entries: Any, vocab_mask: Any) -> None:
        """Writes the rows of all requests, in one call of the engine for each constraint."""
        ours = [(entry.row, entry.grammar) for entry in entries if isinstance(entry.grammar, ConstraintGrammar)]
        _fill(vocab_mask, ours)
        for entry in entries:
            if not isinstance(entry.grammar, ConstraintGrammar):
                entry.grammar.fill_vocab_mask(vocab_mask, entry.row)

    @staticmethod
    def reset_vocab_mask(vocab_mask: Any) -> None:
        """Allows everything."""
        vocab_mask.fill_(-1)

    @staticmethod
    def move_vocab_mask(vocab_mask: Any, device: Any) -> Any:
        """The mask on the device."""
        return vocab_mask.to(device, non_blocking=True)

    @staticmethod
    def apply_vocab_mask(logits: Any, vocab_mask: Any) -> None:
        """Writes −∞ over all that is not allowed, in place. What lies behind the mask is free only in free rows."""
        columns = logits.shape[-1]
        allowed = _logits.allowed(vocab_mask, min(columns, vocab_mask.shape[1] * 32))
        missing = columns - allowed.shape[1]
        if missing > 0:
            free = (vocab_mask == -1).all(dim=1, keepdim=True)
            allowed = torch.cat([allowed, free.expand(-1, missing)], dim=1)
        logits.masked_fill_(~allowed, -torch.inf)

    def copy(self) -> ConstraintGrammar:
        """The same constraint from its beginning."""
        return ConstraintGrammar(self.constraint, self._start)

    def try_jump_forward(self, tokenizer: Any) -> Any:
        """None: tokens of IDs have no text of their own to jump over."""
        return None


def _fill(vocab_mask: Any, entries: Sequence[tuple[int, ConstraintGrammar]]) -> None:
    for constraint in {id(grammar.constraint): grammar.constraint for _, grammar in entries}.values():
        own = [(row, grammar) for row, grammar in entries if grammar.constraint is constraint]
        states = np.array([grammar.state for _, grammar in own], np.uint32)
        words = constraint.mask(states, out=np.empty((len(own), vocab_mask.shape[1]), np.int32))
        vocab_mask[[row for row, _ in own]] = torch.from_numpy(words).to(vocab_mask.device)


class ConstraintGrammarBackend(BaseGrammarBackend):  # type: ignore[misc]
    """Grammars that are catalogues: ``semid:NAME`` as the ``ebnf`` or ``regex`` of a request.

    Any other grammar is refused, and its request with it. Where a prompt ends with the tokens that begin an ID, or with one
    that triggers it, the ID begins at once; otherwise the model writes them first.
    """

    def __init__(self, catalogues: Catalogues, vocabulary_size: int | None = None) -> None:
        super().__init__()
        self._catalogues = catalogues
        for catalogue in catalogues.values():
            constraint = catalogue.constraint
            if vocabulary_size is not None and constraint.vocabulary_size > vocabulary_size:
                raise InputError(
                    os.fspath(catalogue.path), kind="mismatch", expected=f"at most {vocabulary_size} tokens, as the model has",
                    found=str(constraint.vocabulary_size),
                )

    def get_request_grammar_key(self, key: tuple[str, str], *, input_ids: Sequence[int], **others: Any) -> tuple[str, str]:
        """The key of the request's grammar, which says whether the prompt begins an ID already."""
        kind, text = key
        name = text.removeprefix(PREFIX)
        if name != text and name in self._catalogues and _ends_with_mark(self._catalogues[name].arrays, input_ids):
            return kind, text + _BEGUN
        return key

    def _dispatch(self, text: str) -> Any:
        begun = text.endswith(_BEGUN)
        name = text.removesuffix(_BEGUN)
        if not name.startswith(PREFIX) or name[len(PREFIX) :] not in self._catalogues:
            return InvalidGrammarObject(
                f"expected {PREFIX}NAME with one of {', '.join(self._catalogues)}, found {name[:80]!r}"
            )
        catalogue = self._catalogues[name[len(PREFIX) :]]
        start = None
        if begun:
            # Behind the trigger is the first state; behind the tokens that begin an ID is the root.
            start = 0 if catalogue.triggered else len(catalogue.arrays.begin)
        return ConstraintGrammar(catalogue.constraint, start)

    def dispatch_ebnf(self, key_string: str) -> Any:
        """A catalogue's grammar."""
        return self._dispatch(key_string)

    def dispatch_regex(self, key_string: str) -> Any:
        """A catalogue's grammar."""
        return self._dispatch(key_string)

    def dispatch_json(self, key_string: str) -> Any:
        """Refused, unless it names a catalogue."""
        return self._dispatch(key_string)

    def dispatch_structural_tag(self, key_string: str) -> Any:
        """Refused, unless it names a catalogue."""
        return self._dispatch(key_string)


def _ends_with_mark(arrays: Any, text: Sequence[int]) -> bool:
    if arrays.triggers:
        return bool(len(text)) and int(text[-1]) in arrays.triggers
    count = len(arrays.begin)
    return count > 0 and tuple(int(token) for token in text[-count:]) == arrays.begin


class ConstraintLogitProcessor(CustomLogitProcessor):  # type: ignore[misc]
    """Keeps requests inside catalogues as a logit processor, without ``--grammar-backend``.

    A request sends ``ConstraintLogitProcessor.to_str()`` as ``custom_logit_processor`` and ``{"semid": "films"}`` as
    ``custom_params``; the server needs this package, ``--enable-custom-logit-processor``, and `SEMID_CONSTRAINTS`. Text is looked
    at as `Catalogue` says.

    By default SGLang samples before it has noted the token before (overlap schedule). A mask would then be one step behind.
    The server must run with ``--disable-overlap-schedule``, or with ``SGLANG_ENABLE_DELAY_SAMPLE=1``; otherwise, and with
    speculative decoding, each request ends at once, without an ID.
    """

    def __init__(self) -> None:
        self._catalogues: Catalogues | None = None
        self._told: set[str] = set()

    def __call__(self, logits: Any, custom_param_list: list[dict[str, Any] | None] | None = None) -> Any:
        """The scores with −∞ for every token that may not come next."""
        try:
            self._constrain(logits, custom_param_list)
        except BaseException:
            logits.fill_(-torch.inf)
            raise
        return logits

    def _constrain(self, logits: Any, given: list[dict[str, Any] | None] | None) -> None:
        if self._catalogues is None:
            self._catalogues = Catalogues.from_environment()
            if self._catalogues is None:
                raise InputError(CONSTRAINTS, expected="the file of a constraint, or a folder", found="nothing")
        params = list(given or [])
        if len(params) != logits.shape[0]:
            raise InputError("custom_params", expected=f"{logits.shape[0]}, one a row", found=str(len(params)))
        reason = _lagging()
        if reason is None and len({id(entry) for entry in params if entry is not None}) < sum(
            entry is not None for entry in params
        ):
            reason = "speculative decoding gives a request several rows"
        groups: dict[str, list[tuple[int, Any]]] = {}
        for row, entry in enumerate(params):
            request = (entry or {}).get("__req__")
            try:
                name = self._catalogues.named((entry or {}).get(ARGUMENT))
            except InputError as error:
                self._end(logits, row, request, str(error))
                continue
            if name is None:
                continue
            if reason is not None or request is None:
                self._end(logits, row, request, reason or "custom_params are no dictionary, so that there is no text", name)
                continue
            groups.setdefault(name, []).append((row, request))
        for name, rows in groups.items():
            catalogue = self._catalogues[name]
            states = catalogue.states([_text(request, catalogue.window) for _, request in rows])
            for (row, request), state in zip(rows, states):
                closing = catalogue.closing(_ends(request))
                if state == NO_STATE and not len(request.output_ids):
                    self._tell(f"a prompt ends in no beginning of an ID of {name}, and its request ends without one")
                words = catalogue.words(_one(state), logits.shape[1], closing)
                _logits.forbid(logits, words, [row])

    def _end(self, logits: Any, row: int, request: Any, reason: str, name: str | None = None) -> None:
        """Lets a row write nothing but the end of its text."""
        self._tell(f"a request ends without an ID: {reason}")
        assert self._catalogues is not None
        ends = _ends(request)
        if not ends and name is not None:
            ends = self._catalogues[name].closing()
        if not ends:
            raise InputError(ARGUMENT, expected="a request that can be ended", found=reason)
        kept = logits[row, list(ends)].clone()
        logits[row] = -torch.inf
        logits[row, list(ends)] = kept

    def _tell(self, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            _log.error(reason)


def _one(state: Any) -> States:
    return np.array([state], np.uint32)


def _text(request: Any, window: int) -> list[int]:
    written = [int(token) for token in request.output_ids[-window:]]
    missing = window - len(written)
    return [int(token) for token in request.origin_input_ids[-missing:]] + written if missing > 0 else written


def _ends(request: Any) -> tuple[int, ...]:
    found = getattr(request, "eos_token_ids", None)
    return tuple(sorted(int(token) for token in found)) if found else ()


def _lagging() -> str | None:
    """Why what requests wrote may be one token behind; None where it is not."""
    try:
        from sglang.srt.environ import envs
        from sglang.srt.runtime_context import get_schedule, get_spec

        if get_spec().speculative_algorithm:
            return "speculative decoding, for which a mask would be several tokens behind"
        if get_schedule().disable_overlap_schedule or envs.SGLANG_ENABLE_DELAY_SAMPLE.get():
            return None
    except Exception as error:
        return f"this version of SGLang does not say whether it overlaps steps ({error})"
    return "the overlap schedule, with which a mask is one token behind; start with --disable-overlap-schedule"


def _make_backend(server_args: Any, tokenizer: Any, vocab_size: int, eos_token_ids: Any = None) -> ConstraintGrammarBackend:
    catalogues = Catalogues.from_environment()
    if catalogues is None:
        raise InputError(
            CONSTRAINTS, expected="the file of a constraint, or a folder of them, for --grammar-backend semid", found="nothing"
        )
    return ConstraintGrammarBackend(catalogues, vocab_size)


def _refuse_beams(validate: Any, coordinator: Any, req: Any, recv_req: Any) -> Any:
    """Around BeamCoordinator.validate_and_init: an error for requests whose constraint the beams would not see."""
    params = getattr(req.sampling_params, "custom_params", None)
    # A processor is sent as the name of its class, in hexadecimal digits.
    processor = str(getattr(req, "custom_logit_processor", None) or "")
    if (isinstance(params, dict) and ARGUMENT in params) or b"semid.sglang".hex() in processor:
        return (
            "SGLang's beam search does not ask logit processors, and would write IDs that no item has: leave out beam_width, or "
            "the constraint semid."
        )
    return validate(coordinator, req, recv_req)


def register() -> None:
    """Makes ``--grammar-backend semid`` known, and beam search refuse constraints. SGLang calls it at its start.

    It does nothing where `SEMID_CONSTRAINTS` is not set.
    """
    if not os.environ.get(CONSTRAINTS):
        return
    from sglang.srt.arg_groups.choices import GRAMMAR_BACKEND_CHOICES, add_grammar_backend_choices
    from sglang.srt.plugins.hook_registry import HookRegistry, HookType

    register_grammar_backend("semid", _make_backend)
    if "semid" not in GRAMMAR_BACKEND_CHOICES:
        add_grammar_backend_choices(["semid"])
    HookRegistry.register(
        "sglang.srt.beam_search.coordinator.BeamCoordinator.validate_and_init", _refuse_beams, HookType.AROUND
    )
