"""The interface of the Python package semantic-id 0.2.5, on this engine.

Names, signatures, defaults, attributes, errors and files are that package's, so a program moves by its imports:

>>> from semid.compat.semantic_id import RQKMeans, SemanticIdEngine
>>> engine = SemanticIdEngine(RQKMeans(n_levels=3, n_clusters=256, random_state=42))
>>> ids = engine.fit(vectors).unique_ids(vectors, item_ids=keys)

Training, encoding and measurements are the engine's. ``Documentation/FromSemanticID.md`` lists what differs, and why.
torch is needed only for what hands out torch's own objects: `RQVAE.module` and the modules under ``algorithms``.

These parameters mean the same everywhere:

Args:
    X: N × D vectors: an array, nested lists, or a torch tensor on any device.
    codes: N × L whole numbers.
    device: ``"cpu"``, ``"cuda"`` or ``"mps"``; it never changes codes.
    batch_size: changes nothing: memory does not grow with N.
    path: a directory.
    sep, fmt, formatter: how codes are spelt: see `BaseSemanticEncoder.semantic_id`.
    semantic_ids: IDs before collisions were told apart.
    kwargs: those that a docstring lists as keyword arguments.
    k, sample_size, seed, metric: as of `utils.metrics.recall_at_k`.
"""

from .algorithms.rq_kmeans import RQKMeans
from .algorithms.rq_vae import RQVAE
from .engine import SemanticIdEngine
from .exceptions import NotFittedError, SemanticIdError, ShapeMismatchError
from .uniqueness.resolver import SinkhornResolver, UniqueIdResolver
from .uniqueness.stores import InMemoryCollisionStore, SQLiteCollisionStore
from .utils.metrics import evaluate, find_similar, hierarchical_distance, ndcg_at_k

#: The version of semantic-id whose interface this is.
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
