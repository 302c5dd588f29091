"""Constrained generation with TensorRT-LLM, and with NVIDIA Dynamo before it.

>>> processor = semid.tensorrt_llm.ConstraintProcessor("films.npz", end=tokenizer.eos_token_id)
>>> llm.generate(prompts, SamplingParams(use_beam_search=True, n=20, logits_processor=processor))

The processors are callables with TensorRT-LLM's signatures; TensorRT-LLM itself is not imported. They can be pickled, as it does
to bring them to its processes. A process reads a file once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

try:
    import torch
except ImportError as error:  # pragma: no cover
    raise ImportError("semid.tensorrt_llm needs torch: install the extra [tensorrt-llm] of swift-semantic-id") from error

from . import _logits
from .catalogues import Catalogue
from .errors import InputError

__all__ = ["BatchedConstraintProcessor", "ConstraintProcessor", "DynamoConstraintProcessor"]

_read: dict[str, tuple[tuple[int, int], Catalogue]] = {}


def _catalogue(path: str) -> Catalogue:
    """The catalogue of a file, which is read anew when it has changed."""
    try:
        status = os.stat(path)
    except OSError:
        return Catalogue(path)  # which says what is wrong
    stamp = (status.st_mtime_ns, status.st_size)
    known = _read.get(path)
    if known is None or known[0] != stamp:
        known = _read[path] = (stamp, Catalogue(path))
    return known[1]


class _Processor:
    """What the processors have in common.

    Args:
        path: a file that `Constraint.write` or ``semid corpus constraint`` wrote. An ID begins in a text where `Catalogue` says.
        end: the tokens that end a text of the model: what a row may write that left the catalogue. By default the constraint's
            padding, or the last token of its end.

    Raises:
        InputError: the file is missing, or no constraint.
    """

    def __init__(self, path: str | os.PathLike[str], *, end: int | Sequence[int] | None = None) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self.end = () if end is None else (end,) if isinstance(end, int) else tuple(end)
        _catalogue(self.path)

    def _constrain(self, logits: Any, texts: Sequence[Sequence[int]]) -> None:
        """Writes −∞ over the tokens that may not come next.

        Should anything go wrong, it writes −∞ over all before the error leaves: a caller may go on with what it finds.
        """
        try:
            columns = logits.shape[-1]
            table = logits.reshape(-1, columns)
            if len(texts) != table.shape[0]:
                # The step behind a prompt may score all beams by one row.
                if table.shape[0] != 1 or not texts:
                    raise InputError(
                        "token_ids", kind="mismatch", expected=f"{table.shape[0]} beams, as there are rows", found=str(len(texts))
                    )
                texts = texts[:1]
            catalogue = _catalogue(self.path)
            if columns < int(catalogue.arrays.token.max()) + 1:
                raise InputError(
                    self.path, kind="mismatch", expected=f"tokens below {columns}, as there are scores",
                    found=f"token {int(catalogue.arrays.token.max())}",
                )
            window = catalogue.window
            states = catalogue.states([[int(token) for token in text[-window:]] for text in texts])
            _logits.forbid(table, catalogue.words(states, columns, catalogue.closing(self.end)))
            if table.data_ptr() != logits.data_ptr():
                logits.copy_(table.reshape(logits.shape))
        except BaseException:
            logits.fill_(-torch.inf)
            raise


def _stream(pointer: int | None) -> Any:
    return nullcontext() if pointer is None else torch.cuda.stream(torch.cuda.ExternalStream(pointer))


class ConstraintProcessor(_Processor):
    """A LogitsProcessor of TensorRT-LLM, for ``SamplingParams(logits_processor=…)``. Beams are kept inside one by one."""

    def __call__(
        self, req_id: int, logits: Any, token_ids: list[list[int]], stream_ptr: int | None, client_id: int | None
    ) -> None:
        """Constrains the scores of a request, in place.

        Args:
            logits: … × columns, a row for each beam.
            token_ids: for each beam, the prompt and what is written.
        """
        with _stream(stream_ptr):
            self._constrain(logits, token_ids)


class BatchedConstraintProcessor(_Processor):
    """A BatchedLogitsProcessor of TensorRT-LLM, for ``LLM(batched_logits_processor=…)``.

    Requests have it by ``SamplingParams(apply_batched_logits_processor=True)``.
    """

    def __call__(
        self, req_ids: list[int], logits: list[Any], token_ids: list[list[list[int]]], stream_ptr: int | None,
        client_ids: list[int | None],
    ) -> None:
        """Constrains the scores of several requests, in place."""
        if len(logits) != len(token_ids):
            for scores in logits:
                scores.fill_(-torch.inf)
            raise InputError("token_ids", kind="mismatch", expected=f"those of {len(logits)} requests", found=str(len(token_ids)))
        with _stream(stream_ptr):
            for scores, texts in zip(logits, token_ids):
                self._constrain(scores, texts)


class DynamoConstraintProcessor(_Processor):
    """A BaseLogitsProcessor of NVIDIA Dynamo. Dynamo logs errors and goes on; the scores are then −∞ throughout."""

    def __call__(self, input_ids: Sequence[int], logits: Any) -> None:
        """Constrains the scores of one row, in place."""
        self._constrain(logits, [input_ids])
