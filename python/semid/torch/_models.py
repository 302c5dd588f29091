"""What the engine says of a training beforehand, and its models of weights that were trained here."""

from __future__ import annotations

import ctypes as c
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _arrays as arrays
from .. import _library as library
from .._arrays import Float32
from .._library import Handle


@dataclass(frozen=True)
class Plan:
    """Options that are checked and complete, and what follows from them and the vectors."""

    options: dict[str, Any]
    #: The most rows that training uses; None: all.
    row_limit: int | None
    #: Rows that make up most of the variance.
    dominant_rows: list[int]
    warning: str | None
    #: Of autoencoders.
    batch_size: int = 0
    epochs: int = 0
    evaluation_interval: int = 0
    plain_steps: int = 0
    mean: Float32 | None = None
    scale: float = 1.0


def plan(kind: str, settings: Mapping[str, Any], vectors: Float32, threads: int) -> Plan:
    """Checks options and vectors as the engine's own training does.

    Raises:
        InputError: an option is out of range, there are fewer rows than codes, or vectors that cannot be learnt from.
    """
    with library.result(
        "semid_tokenizer_plan", library.text(kind), library.options(settings), arrays.matrix(vectors),
        library.text("vectors"), threads,
    ) as result:
        found = result.json()
        common = (found.get("rowLimit"), found["dominantRows"], found.get("warning"))
        if "kMeans" in found:
            return Plan(found["kMeans"], *common)
        return Plan(
            found["autoencoder"], *common, batch_size=found["batchSize"], epochs=found["epochs"],
            evaluation_interval=found["evaluationInterval"], plain_steps=found["plainSteps"], mean=result.array("mean"),
            scale=float(result.array("scale")[0]),
        )


def model_of(
    kind: str, options: Mapping[str, Any], tensors: Mapping[str, Float32], history: str | None = None
) -> Handle:
    """The engine's model of the tensors that its file ``model.safetensors`` has."""
    names = arrays.TextArray(list(tensors))
    # A tensor of one axis is a row.
    matrices = [np.require(np.atleast_2d(value), np.float32, ["C", "A"]) for value in tensors.values()]
    structs = (library.Matrix * max(1, len(matrices)))(*map(arrays.matrix, matrices))
    return library.handle(
        "semid_tokenizer_of_tensors", library.text(kind), library.options(options), names.struct,
        c.cast(structs, c.POINTER(library.Matrix)), len(matrices), library.text(history),
    )
