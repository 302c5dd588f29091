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

from . import _library
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
    "defaults",
    "evaluate",
    "load",
    "read_vectors",
    "resolve",
]
