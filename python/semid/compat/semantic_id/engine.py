"""An encoder and a resolver together: vectors to unique IDs."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from . import _files
from .algorithms.rq_kmeans import RQKMeans
from .algorithms.rq_vae import RQVAE
from .core import BaseSemanticEncoder, Embeddings, Float32, Format, Formatter, _validate_embeddings, check_device
from .uniqueness.resolver import BaseResolver, SinkhornResolver, UniqueIdResolver
from .uniqueness.stores import InMemoryCollisionStore, SQLiteCollisionStore

#: Encoders that `SemanticIdEngine.load` can open, by the name in ``engine_meta.json``.
_ENCODERS: dict[str, type[BaseSemanticEncoder]] = {"RQKMeans": RQKMeans, "RQVAE": RQVAE}

_DATABASE = "collisions.db"


class SemanticIdEngine:
    """Vectors to unique IDs.

    An item keeps its ID: asked for again, also after `save` and `load` and in any order of rows, it gets the same one. An item
    is known by its entry of `item_ids`; without them by its vector, bit by bit.

    Args:
        encoder: makes codes of vectors.
        unique_resolver: makes IDs unique; by default suffixes with counts in memory.
    """

    def __init__(self, encoder: BaseSemanticEncoder, unique_resolver: BaseResolver | None = None) -> None:
        self.encoder = encoder
        self.unique_resolver: BaseResolver = UniqueIdResolver() if unique_resolver is None else unique_resolver

    def fit(self, X: Embeddings, *, device: str = "cpu") -> SemanticIdEngine:
        """Trains the encoder."""
        self.encoder.fit(X, device=device)
        return self

    def unique_ids(
        self,
        X: Embeddings,
        *,
        device: str = "cpu",
        batch_size: int | None = None,
        sep: str = "-",
        fmt: Format = "plain",
        formatter: Formatter | None = None,
        item_ids: list[str] | None = None,
    ) -> list[str]:
        """An ID for every row of X, N × D.

        Args:
            sep: between codes, and before a suffix.
            fmt: ``"plain"`` or ``"token"``.
            formatter: makes the text of a row of codes; then `fmt` counts for nothing.
            item_ids: the items' own ids, one a row, which become the suffixes of IDs that collide.
        """
        codes = self.encoder.encode(X, device=device, batch_size=batch_size)
        ids = self.encoder.semantic_id(codes, sep=sep, fmt=fmt, formatter=formatter)
        more: dict[str, Any] = {"sep": sep}
        if item_ids is not None:
            more["item_ids"] = item_ids
        resolver = self.unique_resolver
        if isinstance(resolver, (UniqueIdResolver, SinkhornResolver)) and item_ids is None:
            more["_names"] = _names(_validate_embeddings(X))
        if isinstance(resolver, SinkhornResolver):
            more.update(embeddings=X, model=self.encoder, fmt=fmt, formatter=formatter, _codes=codes)
        return resolver.assign(ids, **more)

    def save(self, path: str) -> None:
        """Writes a directory with the encoder and what the resolver remembers.

        Raises:
            TypeError: the resolver or its store is of a kind that cannot be brought back.
        """
        resolver = self.unique_resolver
        store = resolver.store if isinstance(resolver, (UniqueIdResolver, SinkhornResolver)) else None
        if not isinstance(store, (InMemoryCollisionStore, SQLiteCollisionStore)):
            kind = type(resolver if store is None else store).__name__
            raise TypeError(f"{path}: a {kind} of your own cannot be saved with the engine; save engine.encoder, and it apart")
        folder = Path(path)
        os.makedirs(folder / "resolver", exist_ok=True)
        self.encoder.save(str(folder / "encoder"))
        _files.write(folder / "resolver" / _DATABASE, lambda file: _write(store, file))
        in_file = isinstance(store, SQLiteCollisionStore)
        meta: dict[str, Any] = {
            "encoder_type": type(self.encoder).__name__,
            "store_type": "sqlite" if in_file else "in_memory",
            "store_config": {"db_path": _DATABASE} if in_file else {},
            # semantic-id writes no file for a store in memory. What wrote one misses it when it is gone.
            "store_file": _DATABASE,
        }
        if isinstance(resolver, SinkhornResolver):
            meta["resolver_type"] = "SinkhornResolver"
            meta["resolver_config"] = {
                "max_iterations": resolver.max_iterations, "sk_epsilon": resolver.sk_epsilon,
                "fallback_suffix": resolver.fallback_suffix,
            }
        _files.write_json(folder / "engine_meta.json", meta)

    @classmethod
    def load(cls, path: str, *, device: str = "cpu") -> SemanticIdEngine:
        """Opens a directory that this class or semantic-id wrote. A store in a file goes on in that directory.

        Raises:
            FileNotFoundError: there is none.
            ValueError: its files are not an engine's.
            StoreError: the store of the IDs that were given is not there, or damaged.
        """
        check_device(device)
        folder = Path(path)
        meta = _files.read_json(folder / "engine_meta.json", "an engine", {"encoder_type": str, "store_type": str})
        kind = _ENCODERS.get(meta["encoder_type"])
        if kind is None:
            raise ValueError(f"{path}: expected an encoder of {', '.join(_ENCODERS)}, found {meta['encoder_type']!r}")
        encoder = kind.load(str(folder / "encoder"), device=device)
        database = folder / "resolver" / _DATABASE
        resolver: UniqueIdResolver | SinkhornResolver
        if meta["store_type"] == "sqlite":
            # The name comes from a file: nothing outside the directory is opened.
            name = Path(str(meta.get("store_config", {}).get("db_path", _DATABASE))).name
            resolver = UniqueIdResolver(SQLiteCollisionStore._existing(str(folder / "resolver" / name)))
            return cls(encoder, resolver)
        if meta["store_type"] != "in_memory":
            raise ValueError(f"{path}: expected a store of type in_memory or sqlite, found {meta['store_type']!r}")
        memory = InMemoryCollisionStore()
        if database.exists() or meta.get("store_file") is not None:
            memory._read(SQLiteCollisionStore._existing(str(database)))
        if meta.get("resolver_type") == "SinkhornResolver":
            resolver = SinkhornResolver(**meta.get("resolver_config", {}))
            resolver.store = memory
        else:
            resolver = UniqueIdResolver(memory)
        return cls(encoder, resolver)


def _write(store: InMemoryCollisionStore | SQLiteCollisionStore, file: Path) -> None:
    if isinstance(store, SQLiteCollisionStore):
        store._copy(str(file))
    else:
        store._write(SQLiteCollisionStore(str(file)))


def _names(vectors: Float32) -> list[str]:
    """A name of each row: a digest of its values, and the number of equal rows before it."""
    # Adding zero makes −0 and 0 the same bits.
    rows = np.ascontiguousarray(vectors + np.float32(0)).view(np.uint8)
    seen: Counter[str] = Counter()
    names = []
    for row in rows:
        digest = hashlib.blake2b(row, digest_size=16).hexdigest()
        names.append(f"{digest}.{seen[digest]}")
        seen[digest] += 1
    return names
