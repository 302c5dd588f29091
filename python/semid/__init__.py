"""Semantic IDs for generative recommenders: the engine of swift-semantic-id.

>>> import semid
>>> model = semid.RQKMeans(levels=3, codebook_size=256).fit(vectors)
>>> codes = model.encode(vectors)
>>> index = semid.Index.build("index", vectors, tokenizer=model, ids=ids)
>>> index.search(vectors[:5], k=10).ids

Same input, options and seed give the bits that the command ``semid`` and the Swift library give.

These parameters mean the same everywhere:

Args:
    vectors: N × d numbers: an array of numpy, torch, pyarrow or others, or nested lists. float32 in C order is used in place.
    codes: N × L whole numbers, the codes of each item.
    ids: the items' own names: texts, or whole numbers, which are written out.
    rows: numbers of rows of an index.
    tokenizer: a trained model.
    states: a state for each beam, as `Constraint` gave them.
    path: a file or a directory: a str or an os.PathLike.
    threads: the most threads, 1 to 65,536; all processors by default. Results do not depend on it.
    progress: called with a dict as the work goes on. An exception that it raises ends the work, and so does Ctrl-C.
    generation: the number of a registry's change; the last one by default.

Bad input ends in `InputError`, which names what was looked at, the place, what was expected and found, and a remedy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import corpora
    from .client import Client, RemoteConstraint
    from .decoding import NO_STATE, Constraint, Vocabulary
    from .errors import (
        Cancelled,
        ClosedError,
        FileError,
        InputError,
        InternalError,
        SemidError,
        SemidWarning,
        ServerError,
        UnreachableError,
    )
    from .files import Embeddings, read_vectors
    from .identity import Lookup, Registration, Registry, RegistryItems, Resolution, resolve
    from .index import Filter, Index, Items, Neighbors, SearchResult
    from .measuring import evaluate
    from .sharding import ShardedClient, part_of
    from .tokenizers import VQVAE, RQVAE, NotFittedError, RQKMeans, RQKMeansPlus, Tokenizer, defaults, load

    __version__: str

# Loaded when first used. So `semid.client`, `semid.sharding` and the exceptions need no library of the engine.
_HOMES = {
    "client": ("Client", "RemoteConstraint"),
    "corpora": (),
    "decoding": ("NO_STATE", "Constraint", "Vocabulary"),
    "errors": (
        "Cancelled", "ClosedError", "FileError", "InputError", "InternalError", "SemidError", "SemidWarning",
        "ServerError", "UnreachableError",
    ),
    "files": ("Embeddings", "read_vectors"),
    "identity": ("Lookup", "Registration", "Registry", "RegistryItems", "Resolution", "resolve"),
    "index": ("Filter", "Index", "Items", "Neighbors", "SearchResult"),
    "measuring": ("evaluate",),
    "sharding": ("ShardedClient", "part_of"),
    "tokenizers": ("VQVAE", "RQVAE", "NotFittedError", "RQKMeans", "RQKMeansPlus", "Tokenizer", "defaults", "load"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    value: object
    if name == "__version__":
        value = importlib.import_module("._library", __name__).version
    elif name in _HOME:
        value = getattr(importlib.import_module("." + _HOME[name], __name__), name)
    elif name in _HOMES or name in ("_library", "_arrays"):
        return importlib.import_module("." + name, __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_HOMES, "__version__"})


__all__ = [
    "NO_STATE",
    "RQVAE",
    "VQVAE",
    "Cancelled",
    "Client",
    "ClosedError",
    "Constraint",
    "Embeddings",
    "FileError",
    "Filter",
    "Index",
    "InputError",
    "InternalError",
    "Items",
    "Lookup",
    "Neighbors",
    "NotFittedError",
    "RQKMeans",
    "RQKMeansPlus",
    "Registration",
    "Registry",
    "RegistryItems",
    "RemoteConstraint",
    "Resolution",
    "SearchResult",
    "SemidError",
    "SemidWarning",
    "ServerError",
    "ShardedClient",
    "Tokenizer",
    "UnreachableError",
    "Vocabulary",
    "corpora",
    "defaults",
    "evaluate",
    "load",
    "part_of",
    "read_vectors",
    "resolve",
]
