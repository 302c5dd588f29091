"""Semantic IDs for generative recommenders: the engine of swift-semantic-id.

>>> import semid
>>> model = semid.RQKMeans(levels=3, codebook_size=256).fit(vectors)
>>> codes = model.encode(vectors)
>>> index = semid.Index.build("index", vectors, tokenizer=model, ids=ids)
>>> index.search(vectors[:5], k=10).ids

Same input, options and seed give the bits that the command ``semid`` and the Swift library give.
"""

from . import _library, corpora
from .decoding import NO_STATE, Constraint, Vocabulary
from .errors import Cancelled, ClosedError, FileError, InputError, InternalError, SemidError, SemidWarning
from .files import Embeddings, read_vectors
from .identity import Lookup, Registration, Registry, RegistryItems, Resolution, resolve
from .index import Filter, Index, Items, Neighbors, SearchResult
from .measuring import evaluate
from .tokenizers import VQVAE, RQVAE, NotFittedError, RQKMeans, RQKMeansPlus, Tokenizer, defaults, load

__version__: str = _library.version

__all__ = [
    "NO_STATE",
    "RQVAE",
    "VQVAE",
    "Cancelled",
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
    "Resolution",
    "SearchResult",
    "SemidError",
    "SemidWarning",
    "Tokenizer",
    "Vocabulary",
    "corpora",
    "defaults",
    "evaluate",
    "load",
    "read_vectors",
    "resolve",
]
