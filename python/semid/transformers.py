"""Constrained generation with Hugging Face's transformers.

>>> constraint = semid.Constraint(index, tokenizer="tokenizer", end=eos, padding=pad)
>>> processor = semid.transformers.ConstraintProcessor(constraint)
>>> model.generate(**inputs, num_beams=20, num_return_sequences=20, logits_processor=[processor])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    import torch
    from transformers import LogitsProcessor
except ImportError as error:  # pragma: no cover
    raise ImportError("semid.transformers needs torch and transformers: install the extra [transformers] of swift-semantic-id") from error

from .decoding import NO_STATE, Constraint
from .errors import InputError

__all__ = ["ConstraintProcessor"]


class ConstraintProcessor(LogitsProcessor):  # type: ignore[misc]
    """Keeps generation inside the catalogue: greedy, sampling and beams; decoders alone, and behind an encoder.

    It keeps no state by row, so beams may be put in any order. A step looks at what each row wrote since its prompt, in
    one call of the engine; there is no loop over rows in Python. Prompts of a batch may be padded on the left.

    Without triggers an ID begins where writing does. With triggers (`Constraint(triggers=…)`) all is free until a trigger
    is written; several such constraints, of several catalogues, may be given together.

    A beam that left the catalogue gets −∞ everywhere; when all rows of a step have left it, an `InputError` is raised.

    Args:
        constraints: one constraint, or several with triggers. Without triggers it needs `end` and `padding`, which rows
            that are done go on with.
        prompt_length: tokens before what is written, padding included; by default the length of the rows at the first
            step of a generation.
        renormalize: give log-probabilities over the allowed tokens alone. By default scores are left as they are, so that a
            beam's score is its probability without the constraint.
    """

    def __init__(
        self,
        constraints: Constraint | Sequence[Constraint],
        *,
        prompt_length: int | None = None,
        renormalize: bool = False,
    ) -> None:
        self.constraints = [constraints] if isinstance(constraints, Constraint) else list(constraints)
        if not self.constraints:
            raise InputError("constraints", expected="at least one", found="none")
        for constraint in self.constraints:
            info = constraint.info
            if not info["triggers"] and not (info["end"] and info["padding"]):
                raise InputError(
                    "constraint", expected="tokens for the end of an ID and for padding", found="none",
                    remedy="Constraint(..., end=tokenizer.eos_token_id, padding=tokenizer.pad_token_id)",
                )
            if not info["triggers"] and len(self.constraints) > 1:
                raise InputError("constraints", expected="several with triggers, or one", found="one without among several")
        self.prompt_length = prompt_length
        self.renormalize = renormalize
        self._prompt: Any = None

    def reset(self) -> None:
        """Forgets the prompt: the next step is the first of a generation."""
        self._prompt = None

    def _start(self, input_ids: Any) -> int:
        length = int(input_ids.shape[1])
        if self.prompt_length is not None:
            if self.prompt_length > length:
                raise InputError("prompt_length", expected=f"at most {length}", found=str(self.prompt_length))
            return self.prompt_length
        # All beams of an item have its prompt, in whatever order they come.
        prompt = self._prompt
        if (
            prompt is None or prompt.shape[1] >= length or prompt.shape[0] != input_ids.shape[0]
            or self._last + 1 != length or not torch.equal(prompt, input_ids[:, : prompt.shape[1]])
        ):
            self._prompt = prompt = input_ids.clone()
        self._last = length
        return int(prompt.shape[1])

    _last = -1

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Scores with −∞ for every token that may not come next."""
        start = self._start(input_ids)
        whole = np.asarray(input_ids.detach().cpu())
        result = scores
        for constraint in self.constraints:
            written = whole if constraint.info["triggers"] else whole[:, start:]
            states = constraint.states(written, strict=False)
            if len(states) and (states == NO_STATE).all():
                raise InputError(
                    "generated tokens", kind="mismatch", expected="the beginning of an ID of the catalogue in some row",
                    found="none", remedy="name prompt_length, or call reset() before another generation",
                )
            result = self._apply(constraint, states, result)
        if self.renormalize:
            allowed = torch.isfinite(result).any(dim=-1, keepdim=True)
            result = torch.where(allowed, torch.log_softmax(result, dim=-1), result)
        return result

    @staticmethod
    def _apply(constraint: Constraint, states: Any, scores: Any) -> Any:
        if scores.device.type == "cpu" and scores.dtype == torch.float32:
            return torch.from_numpy(constraint.apply(states, scores.detach().numpy()))
        mask = torch.from_numpy(constraint.mask(states)).to(scores.device)
        places = torch.arange(32, dtype=torch.int32, device=scores.device)
        bits = ((mask.unsqueeze(-1) >> places) & 1).bool().flatten(1)
        missing = scores.shape[1] - bits.shape[1]
        if missing > 0:
            bits = torch.nn.functional.pad(bits, (0, missing))
        return scores.masked_fill(~bits[:, : scores.shape[1]], -torch.inf)
