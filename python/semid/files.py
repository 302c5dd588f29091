"""Files of vectors, by the engine's own readers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from . import _library as library
from ._arrays import Float32


@dataclass(frozen=True)
class Embeddings:
    """Vectors of a file, and the items' ids where it has them."""

    vectors: Float32
    ids: list[str] | None
    #: What was taken from where.
    taken: list[dict[str, Any]]


def read_vectors(
    path: str | os.PathLike[str],
    *,
    vectors: str | None = None,
    ids: str | None = None,
    ids_path: str | os.PathLike[str] | None = None,
    threads: int | None = None,
) -> Embeddings:
    """Reads .npy, .npz, .safetensors, .pt, .pkl, .csv, .tsv, .fvecs and others, by the rules of ``semid train``.

    Parquet and HDF5 are not in the package: pyarrow and h5py read them, and arrays of both are taken everywhere.

    Args:
        vectors, ids: names in the file, where the known ones do not do.
        ids_path: a file with the ids.
    """
    options = library.options(
        {"vectors": vectors, "ids": ids, "idsPath": None if ids_path is None else os.fspath(ids_path)}
    )
    with library.result(
        "semid_embeddings_read", library.path_text(path), options, library.thread_count(threads)
    ) as result:
        summary = result.json()
        return Embeddings(
            result.array("vectors").reshape(summary["rows"], summary["columns"]),
            result.texts("ids") if result.has("ids") else None,
            summary["taken"],
        )
