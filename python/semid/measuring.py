"""Measurements of codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import _arrays as arrays
from . import _library as library
from ._arrays import ArrayLike
from ._library import Progress
from .tokenizers import Tokenizer


def evaluate(
    codes: ArrayLike,
    vectors: ArrayLike | None = None,
    *,
    tokenizer: Tokenizer | None = None,
    level_sizes: Sequence[int] | None = None,
    k: int = 10,
    sample: int | None = 1000,
    pairs: int | None = None,
    metric: str = "l2",
    seed: int = 42,
    definitions: str = "own",
    distance: str | None = None,
    name: str = "codes",
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Collisions, usage, reconstruction and neighbors of codes, as ``semid evaluate codes`` measures them.

    Args:
        vectors: of the codes' items. Without them: what the codes alone tell.
        tokenizer: says what codes decode to.
        level_sizes: codebook sizes of codes without a tokenizer.
        sample: items whose neighbors are looked at; None for all.
        k: neighbors of an item that are looked at.
        pairs: pairs of items whose distances are compared; chosen by the engine by default.
        metric: what near means, ``"l2"``, ``"cosine"`` or ``"ip"``.
        seed: of the samples, 0 to 2^64-1.
        name: what the result calls the codes.
        definitions: ``own``, or ``semantic-id`` for what that package's evaluate() gives, by its formulas and names.
        distance: of codes, with the definitions of semantic-id: ``prefix`` (which it calls hierarchical) or ``hamming``;
            by default the one that its evaluate() takes.
    """
    given = arrays.codes(codes)
    matrix = None if vectors is None else arrays.vectors(vectors)
    sizes = arrays.sizes(level_sizes)
    values: dict[str, Any] = {
        "name": name, "k": k, "pairs": pairs, "metric": metric, "seed": library.seed(seed), "definitions": definitions,
        "distance": distance,
        # JSON's null takes the place of the default; what is None elsewhere is left to the engine.
        "sample": library.whole(sample, "sample", 1) if sample is not None else ALL,
    }
    model = 0 if tokenizer is None else tokenizer._number
    text, wide = library.options(values), library.thread_count(threads)

    def work(watch: library.Watch) -> dict[str, Any]:
        with library.result(
            "semid_evaluate", arrays.code_struct(given, sizes), arrays.matrix(matrix), model, text, wide, watch
        ) as result:
            found: dict[str, Any] = result.json()
            return found

    return library.watched(work, progress)


ALL = 1_000_000_000
