"""Constrained generation with vLLM.

    SEMID_CONSTRAINTS=films.npz vllm serve MODEL --logits-processors semid.vllm:ConstraintProcessor \\
        --logprobs-mode processed_logprobs

`semid.catalogues` says how catalogues are named, and Documentation/Engines/vLLM.md what to look out for.
"""

from __future__ import annotations

import logging
import math
import os
from typing import Any

import numpy as np

try:
    from vllm.v1.sample.logits_processor import LogitsProcessor as _FirstRunner
    from vllm.v1.sample.logits_processor import MoveDirectionality
except ImportError as error:
    raise ImportError(
        "semid.vllm needs vLLM 0.30 or later: install the extra [vllm] of swift-semantic-id"
    ) from error

try:
    # The processors of the second model runner have an interface of their own, and the same entry points.
    from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcessor as _SecondRunner
except ImportError:

    class _SecondRunner:  # type: ignore[no-redef]
        """Versions that have the first model runner alone."""


import torch

from . import _logits
from .catalogues import CONSTRAINTS, Catalogue, Catalogues
from .decoding import NO_STATE
from .errors import InputError
from .tensors import ConstraintTensors

__all__ = ["ConstraintProcessor", "EntryPoint", "valid_beams"]

#: ``off`` says that nobody uses beam search on this server.
BEAM_SEARCH = "SEMID_BEAM_SEARCH"
#: The most beams of a request, where it is known.
BEAMS = "SEMID_BEAMS"
#: Under this name a request names its catalogue, in ``extra_args`` or ``vllm_xargs``.
ARGUMENT = "semid"

_FULL_NAME = "semid.vllm:ConstraintProcessor"
_log = logging.getLogger("vllm.semid")


class ConstraintProcessor(_SecondRunner, _FirstRunner):  # type: ignore[misc]
    """Keeps requests inside their catalogues, under both of vLLM's model runners.

    A request belongs to the catalogue that its argument ``semid`` names, or to the default of `semid.catalogues`; ``off``
    sets it free. The beginning of an ID is looked for in the prompt and in what was written, since vLLM's beam search makes a
    new request of each beam at each step.

    A row that left the catalogue may only end: by the model's own tokens for that, or by padding.

    Raises:
        InputError: at the start, where a constraint would be ignored or could not be kept: beam search that would score
            tokens without the mask, tokens that the model does not have, and others. The message has the remedy.
    """

    #: Whether `SEMID_CONSTRAINTS` must be set.
    _needed = True

    def __init__(self, vllm_config: Any, where: Any, is_pin_memory: bool | None = None) -> None:
        second = hasattr(where, "all_token_ids")
        self._catalogues = self._configured(vllm_config)
        self._requests: dict[int, _Request] = {}
        if self._catalogues is None:
            return
        ends = _end_tokens(vllm_config)
        _check_start(vllm_config, self._catalogues, second)
        self._order = list(self._catalogues.values())
        self._closing = [catalogue.closing(ends) for catalogue in self._order]
        if second:
            self._state = where
            self._tensors = [ConstraintTensors(catalogue.arrays, where.device) for catalogue in self._order]
            self._closing_rows: dict[tuple[int, int], Any] = {}
            # The number of each slot's catalogue; −1: none.
            self._slots = np.full(where.max_num_reqs, -1, np.int32)
            self._slots_there = torch.full((where.max_num_reqs,), -1, dtype=torch.int32, device=where.device)
            self._changed = False
        else:
            for catalogue in self._order:
                catalogue.constraint
        _log.info("constraints: %s; default: %s", self._order, self._catalogues.default)

    @classmethod
    def _configured(cls, vllm_config: Any) -> Catalogues | None:
        found = Catalogues.from_environment()
        if found is None and cls._needed:
            raise InputError(
                CONSTRAINTS, expected="the file of a constraint, or a folder of them", found="nothing",
                remedy=f"set {CONSTRAINTS}, or start without {_FULL_NAME}",
            )
        return found

    @classmethod
    def validate_params(cls, sampling_params: Any) -> None:
        """Refuses a request that names no catalogue of the server, or that asks for tokens a constraint would forbid."""
        given = (sampling_params.extra_args or {}).get(ARGUMENT)
        catalogues = _names()
        if catalogues is None:
            if given is not None:
                raise InputError(
                    ARGUMENT, expected=f"a server with {CONSTRAINTS}", found="one without", remedy="set it, and start again"
                )
            return
        name = catalogues.named(given)
        if name is None:
            return
        for option in ("structured_outputs", "allowed_token_ids", "bad_words"):
            if getattr(sampling_params, option, None):
                raise InputError(
                    option, expected=f"none beside the constraint {name}", found="one",
                    remedy=f"leave it out, or set {ARGUMENT} to off for the request",
                )
        # It would forbid the token that ends an ID.
        if getattr(sampling_params, "min_tokens", 0) and not catalogues[name].triggered:
            raise InputError(
                "min_tokens", expected=f"0 beside the constraint {name}", found=str(sampling_params.min_tokens)
            )

    def is_argmax_invariant(self) -> bool:
        """False: the best token may be one that is not allowed."""
        return False

    def _number(self, sampling_params: Any) -> int:
        """The place of a request's catalogue; −1 where it has none."""
        assert self._catalogues is not None
        name = self._catalogues.named((sampling_params.extra_args or {}).get(ARGUMENT))
        return -1 if name is None else list(self._catalogues).index(name)

    # ---- The first model runner: rows are requests, tokens are on the host ---------------------------------------------

    def update_state(self, batch_update: Any) -> None:
        """Follows the requests of the batch."""
        if self._catalogues is None or batch_update is None:
            return
        for row in batch_update.removed:
            self._requests.pop(row, None)
        for row, sampling_params, prompt, written in batch_update.added:
            number = self._number(sampling_params)
            self._requests.pop(row, None)
            if number >= 0:
                self._requests[row] = _Request(number, self._order[number], prompt, written)
        for source, target, direction in batch_update.moved:
            moved = self._requests.pop(source, None)
            if direction == MoveDirectionality.SWAP and target in self._requests:
                self._requests[source] = self._requests[target]
            self._requests.pop(target, None)
            if moved is not None:
                self._requests[target] = moved

    def apply(self, logits: Any, context: Any = None) -> Any:
        """Writes −∞ over the tokens that rows may not write next, in place."""
        if self._catalogues is None:
            return logits
        if context is not None:
            return self._apply_on_device(logits, context)
        for number, catalogue in enumerate(self._order):
            rows = [row for row, request in self._requests.items() if request.number == number]
            if rows:
                # Read here and no sooner: what was written last may be filled in after `update_state`.
                requests = [self._requests[row] for row in rows]
                states = catalogue.states([request.text() for request in requests])
                for request, state in zip(requests, states):
                    request.report(catalogue, state == NO_STATE)
                _logits.forbid(logits, catalogue.words(states, logits.shape[1], self._closing[number]), rows)
        return logits

    # ---- The second model runner: rows have slots, tokens are on the device ---------------------------------------------

    def add_request(self, req_idx: int, sampling_params: Any) -> bool:
        """Whether the request in a slot is to be constrained."""
        if self._catalogues is None:
            return False
        number = self._number(sampling_params)
        self._changed |= bool(self._slots[req_idx] != number)
        self._slots[req_idx] = number
        return number >= 0

    def apply_staged_writes(self) -> None:
        """Brings the slots' catalogues to the device."""
        if self._catalogues is not None and self._changed:
            # A copy, since the host goes on writing while the device may still read.
            self._slots_there.copy_(torch.from_numpy(self._slots.copy()), non_blocking=True)
            self._changed = False

    def _apply_on_device(self, logits: Any, context: Any) -> Any:
        numbers = {int(number) for number in self._slots[np.asarray(context.idx_mapping_np)]} - {-1}
        if not numbers:
            return logits
        slots = context.expanded_idx_mapping.long()
        own = self._slots_there[slots]
        for number in sorted(numbers):
            tensors = self._tensors[number]
            tokens, lengths = self._texts(context, slots, tensors.window)
            states = tensors.states(tokens, lengths)
            mask = tensors.mask(states, logits.shape[1])
            mask = torch.where(mask.any(dim=1, keepdim=True), mask, self._closing_row(number, logits))
            logits.masked_fill_(~mask & (own == number).unsqueeze(-1), -torch.inf)
        return logits

    def _closing_row(self, number: int, logits: Any) -> Any:
        key = (number, int(logits.shape[1]))
        if key not in self._closing_rows:
            row = torch.zeros(key[1], dtype=torch.bool)
            row[list(self._closing[number])] = True
            self._closing_rows[key] = row.to(logits.device)
        return self._closing_rows[key]

    def _texts(self, context: Any, slots: Any, window: int) -> tuple[Any, Any]:
        """The last tokens of each row, and how many of them there are.

        Tokens of this step, such as drafts, are in `input_ids` alone, row by row; the earlier ones are in the slot.
        """
        position, behind = context.pos.long(), context.expanded_local_pos.long()
        back = torch.arange(window - 1, -1, -1, device=slots.device)
        places = position.unsqueeze(-1) - back
        held = self._state.all_token_ids.gpu
        stored = held[slots.unsqueeze(-1), places.clamp(0, held.shape[1] - 1)].long()
        rows = torch.arange(slots.shape[0], device=slots.device)
        fed = context.input_ids[(rows.unsqueeze(-1) - back).clamp(min=0)].long()
        tokens = torch.where(back <= behind.unsqueeze(-1), fed, stored)
        return tokens, (position + 1).clamp(max=window)


class EntryPoint(ConstraintProcessor):
    """What vLLM finds by itself once the package is installed.

    It does nothing where `SEMID_CONSTRAINTS` is not set, and where the server was started with `ConstraintProcessor` by name.
    """

    _needed = False

    @classmethod
    def _configured(cls, vllm_config: Any) -> Catalogues | None:
        return None if _is_named(vllm_config) else super()._configured(vllm_config)


class _Request:
    """A request of the first model runner."""

    __slots__ = ("number", "_prompt", "_written", "_window", "_told")

    def __init__(self, number: int, catalogue: Catalogue, prompt: list[int] | None, written: list[int]) -> None:
        self.number = number
        self._window = catalogue.window
        self._prompt = list(prompt[-self._window :]) if prompt else []
        # The engine's own list, which grows.
        self._written = written
        self._told = False

    def text(self) -> list[int]:
        missing = self._window - len(self._written)
        return self._prompt[-missing:] + self._written if missing > 0 else self._written[-self._window :]

    def report(self, catalogue: Catalogue, lost: bool) -> None:
        if lost and not self._told and not self._written:
            self._told = True
            _log.warning(
                "a prompt ends in no beginning of an ID of %s, and its request ends without one: %s", catalogue.name,
                f"the last tokens are {self._prompt}, and tokens {list(catalogue.arrays.triggers or catalogue.arrays.begin)} "
                "begin an ID",
            )


def valid_beams(output: Any) -> list[Any]:
    """The beams of a result of vLLM's beam search that are IDs.

    Where fewer IDs are left than there are beams, vLLM fills the others with tokens that were not allowed. Their score is −∞.

    Args:
        output: one of the results of ``LLM.beam_search``.
    """
    return [beam for beam in output.sequences if math.isfinite(beam.cum_logprob)]


_cached: dict[tuple[str | None, ...], Catalogues | None] = {}


def _names() -> Catalogues | None:
    """The catalogues that the environment names, for the process that checks requests."""
    key = (os.environ.get(CONSTRAINTS), os.environ.get("SEMID_DEFAULT_CONSTRAINT"))
    if key not in _cached:
        _cached[key] = Catalogues.from_environment()
    return _cached[key]


def _is_named(vllm_config: Any) -> bool:
    """Whether the server was started with the processor by name."""
    given = getattr(vllm_config.model_config, "logits_processors", None) or ()
    return any(entry is ConstraintProcessor or entry == _FULL_NAME for entry in given)


def _end_tokens(vllm_config: Any) -> tuple[int, ...]:
    """The tokens that end a text of the model, as far as its configuration names them."""
    model = vllm_config.model_config
    found: set[int] = set()
    for config in (getattr(model, "hf_text_config", None), getattr(model, "hf_config", None)):
        value = getattr(config, "eos_token_id", None)
        values = value if isinstance(value, (list, tuple)) else [value]
        found |= {token for token in values if isinstance(token, int) and token >= 0}
    return tuple(sorted(found))


def _check_start(vllm_config: Any, catalogues: Catalogues, second: bool) -> None:
    """Refuses what would leave requests unconstrained in silence."""
    model = vllm_config.model_config
    if os.environ.get(BEAM_SEARCH, "").lower() != "off":
        mode = getattr(model, "logprobs_mode", None)
        if mode != "processed_logprobs":
            raise InputError(
                "logprobs_mode", expected="processed_logprobs, since beam search chooses by log-probabilities",
                found=str(mode),
                remedy=f"start with --logprobs-mode processed_logprobs; or, where nobody uses beam search, set {BEAM_SEARCH}=off",
            )
        beams, most = os.environ.get(BEAMS), getattr(model, "max_logprobs", None)
        if beams:
            if not beams.isdecimal() or int(beams) < 1:
                raise InputError(BEAMS, expected="a number of beams", found=beams)
            if most is not None and 0 <= most < 2 * int(beams):
                raise InputError(
                    "max_logprobs", expected=f"{2 * int(beams)} or more, two for each beam", found=str(most),
                    remedy=f"start with --max-logprobs {2 * int(beams)}",
                )
    named = getattr(model, "logits_processors", None)
    scheduler = getattr(vllm_config, "scheduler_config", None)
    if not second and not named and getattr(scheduler, "async_scheduling", False):
        # vLLM fills in what was written last only for processors that it was started with.
        raise InputError(
            "logits_processors", expected=f"{_FULL_NAME}, with asynchronous scheduling and the first model runner",
            found="none", remedy=f"start with --logits-processors {_FULL_NAME}, or with --no-async-scheduling",
        )
    size = int(model.get_vocab_size())
    for catalogue in catalogues.values():
        arrays = catalogue.arrays
        largest = max(int(arrays.token.max()), *arrays.begin, *arrays.end, *arrays.padding, *arrays.triggers, 0)
        if largest >= size:
            raise InputError(
                os.fspath(catalogue.path), kind="mismatch", expected=f"tokens below {size}, as the model has",
                found=f"token {largest}", remedy="resize the model's embeddings, or use its own tokenizer",
            )
