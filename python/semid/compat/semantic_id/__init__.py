"""The interface of the Python package semantic-id 0.2.5, on this engine.

    from semid.compat.semantic_id import RQKMeans, SemanticIdEngine      # instead of: from semantic_id import …

Names, arguments, defaults, exceptions and files are that package's. What differs is on the page Documentation/Python.md.
"""

from __future__ import annotations

from typing import Any

from .algorithms.rq_kmeans import RQKMeans
from .engine import SemanticIdEngine
from .exceptions import NotFittedError, SemanticIdError, ShapeMismatchError
from .uniqueness.resolver import SinkhornResolver, UniqueIdResolver
from .uniqueness.stores import InMemoryCollisionStore, SQLiteCollisionStore
from .utils.metrics import evaluate, find_similar, hierarchical_distance, ndcg_at_k

__version__ = "0.2.5"

__all__ = [
    "RQVAE",
    "InMemoryCollisionStore",
    "NotFittedError",
    "RQKMeans",
    "SQLiteCollisionStore",
    "SemanticIdEngine",
    "SemanticIdError",
    "ShapeMismatchError",
    "SinkhornResolver",
    "UniqueIdResolver",
    "__version__",
    "evaluate",
    "find_similar",
    "hierarchical_distance",
    "ndcg_at_k",
]


def __getattr__(name: str) -> Any:
    # PyTorch is asked for where it is used.
    if name == "RQVAE":
        from .algorithms.rq_vae import RQVAE

        return RQVAE
    raise AttributeError(name)
