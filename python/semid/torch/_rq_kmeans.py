"""Residual k-means on a device."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

from .. import _library as library
from .._arrays import Float32
from .._library import Handle, Progress
from ..errors import InputError, SemidWarning
from . import _kmeans as kmeans
from ._devices import device_of, full_precision, has_doubles, to_device, torch
from ._models import Plan, model_of, plan


def train(
    settings: dict[str, Any], vectors: Float32, device: Any, threads: int, progress: Progress | None
) -> tuple[Handle, dict[str, Any]]:
    """A model of the engine, and what training measured, as `Tokenizer.report` has it."""
    where = device_of(device)
    made = plan("rq-kmeans", settings, vectors, threads)
    _check(made.options)
    if made.warning is not None:
        warnings.warn(made.warning, SemidWarning, stacklevel=4)
    with full_precision(), torch.no_grad():
        books, report = learn(made, vectors, where, progress)
    model = model_of("rq-kmeans", made.options, {f"codebooks.{level}": book for level, book in enumerate(books)})
    return model, report


def _check(options: dict[str, Any]) -> None:
    for name, key, only in (("balance", "balance", "none"), ("refinement", "refinement", 0), ("subspace_levels", "subspaceLevels", 0)):
        if options[key] != only:
            raise InputError(
                name, kind="unsupported", expected=f"{only} where a device trains", found=str(options[key]),
                remedy="leave device out: the engine trains such models",
            )


def learn(
    made: Plan, vectors: Float32, device: Any, progress: Progress | None
) -> tuple[list[Float32], dict[str, Any]]:
    """Codebooks level by level, and the report."""
    start = time.perf_counter()
    options = made.options
    sizes, k_means = options["levelSizes"], options["kMeans"]
    scales_rests = bool(options["normalizesResiduals"])
    rows, numbers = vectors, None
    if made.row_limit is not None and made.row_limit < len(vectors):
        random = np.random.default_rng([int(k_means["seed"]), 1 << 32])
        numbers = np.sort(random.choice(len(vectors), made.row_limit, replace=False))
        rows = vectors[numbers]
    rest = to_device(rows, device)
    if options["metric"] == "cosine":
        rest = directions(rest)
    origin = None
    if not scales_rests:
        # Seen from the mean, roundings are finer. A few rows far away would move it to where the others lose digits.
        kept = rest
        if made.dominant_rows:
            names = np.arange(len(vectors)) if numbers is None else numbers
            kept = rest[torch.from_numpy(~np.isin(names, made.dominant_rows)).to(device)]
        origin = kept.mean(0, dtype=torch.float64 if has_doubles(device) else torch.float32).float()
        rest = rest - origin
        variance = kmeans.total((rest - rest.mean(0)).square().sum(1))
    else:
        variance = float(len(rest))
    variance = max(variance, 5e-324)
    books: list[Float32] = []
    levels: list[dict[str, Any]] = []
    for level, size in enumerate(sizes):
        if scales_rests:
            rest = directions(rest)

        def tell(restart: int, number: int, error: float, level: int = level) -> None:
            if progress is not None:
                progress({
                    "event": "round", "level": level, "levels": len(sizes), "restart": restart, "round": number,
                    "rounds": k_means["iterations"], "refinement": 0, "relativeError": error / variance,
                })  # fmt: skip

        found = kmeans.run(rest, size, k_means, level, tell)
        rest = rest - found.centroids[found.assignment]
        error = kmeans.total(rest.square().sum(1))
        book = found.centroids if level > 0 or origin is None else found.centroids + origin
        books.append(book.cpu().numpy())
        counts = np.bincount(found.assignment.cpu().numpy(), minlength=size)
        levels.append({
            "level": level, "size": size, "rounds": found.rounds, "squaredErrorPerItem": error / len(rest),
            "relativeError": error / variance, "repaired": found.repaired, **usage(counts),
        })  # fmt: skip
    seconds = time.perf_counter() - start
    return books, {
        "levels": levels, "refinement": [], "rows": len(rest), "dimension": vectors.shape[1], "seconds": seconds,
    }


def directions(rows: Any) -> Any:
    """Rows scaled to unit length; rows of zeros stay."""
    length = torch.linalg.vector_norm(rows.double() if has_doubles(rows.device) else rows, dim=1)[:, None]
    return torch.where(length > 0, rows / length, rows).float()


def usage(counts: Any) -> dict[str, Any]:
    """Codes that are used, and e to the entropy of the codes."""
    shares = counts[counts > 0] / max(1, counts.sum())
    return {"used": int((counts > 0).sum()), "perplexity": float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0}
