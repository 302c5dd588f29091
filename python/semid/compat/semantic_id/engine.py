"""An encoder and a resolver together."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import numpy as np

from .core import BaseSemanticEncoder, Formatter, _validate_embeddings
from .exceptions import SemanticIdError
from .uniqueness.resolver import BaseResolver, SinkhornResolver, UniqueIdResolver
from .uniqueness.stores import InMemoryCollisionStore, SQLiteCollisionStore


class SemanticIdEngine:
    """Vectors to unique IDs.

    An item whose `item_ids` name was given before keeps the ID that it got, also after `save` and `load`.
    """

    def __init__(self, encoder: BaseSemanticEncoder, unique_resolver: BaseResolver | None = None) -> None:
        self.encoder = encoder
        self.unique_resolver = unique_resolver if unique_resolver is not None else UniqueIdResolver()
        self._assigned: dict[str, str] = {}

    def fit(self, X: Any, *, device: str = "cpu") -> SemanticIdEngine:
        self.encoder.fit(X, device=device)
        return self

    def unique_ids(
        self,
        X: Any,
        *,
        device: str = "cpu",
        batch_size: int | None = None,
        sep: str = "-",
        fmt: str = "plain",
        formatter: Formatter | None = None,
        item_ids: list[str] | None = None,
    ) -> list[str]:
        array = _validate_embeddings(X)
        if item_ids is not None and len(item_ids) != len(array):
            raise ValueError(f"item_ids: expected {len(array)}, one a row, found {len(item_ids)}")
        known = [None if item_ids is None else self._assigned.get(str(item)) for item in item_ids or array]
        new = [row for row, found in enumerate(known) if found is None]
        result = [found or "" for found in known]
        if new:
            rows = array if len(new) == len(array) else np.ascontiguousarray(array[new])
            codes = self.encoder.encode(rows, device=device, batch_size=batch_size)
            names = self.encoder.semantic_id(codes, sep=sep, fmt=fmt, formatter=formatter)
            given = self.unique_resolver.assign(
                names, item_ids=None if item_ids is None else [item_ids[row] for row in new], sep=sep, fmt=fmt,
                formatter=formatter, embeddings=rows, model=self.encoder, codes=codes,
            )
            for row, name in zip(new, given, strict=True):
                result[row] = name
                if item_ids is not None:
                    self._assigned[str(item_ids[row])] = name
        return result

    def save(self, path: str) -> None:
        os.makedirs(os.path.join(path, "resolver"), exist_ok=True)
        self.encoder.save(os.path.join(path, "encoder"))
        resolver = self.unique_resolver
        store = getattr(resolver, "store", None)
        meta: dict[str, Any] = {"encoder_type": type(self.encoder).__name__, "store_type": "in_memory", "store_config": {}}
        if isinstance(store, SQLiteCollisionStore):
            meta["store_type"], meta["store_config"] = "sqlite", {"db_path": "collisions.db"}
            target = os.path.join(path, "resolver", "collisions.db")
            if os.path.abspath(store.db_path) != os.path.abspath(target):
                shutil.copyfile(store.db_path, target)
        if isinstance(resolver, SinkhornResolver):
            meta["resolver_type"] = "SinkhornResolver"
            meta["resolver_config"] = {
                "max_iterations": resolver.max_iterations, "sk_epsilon": resolver.sk_epsilon,
                "fallback_suffix": resolver.fallback_suffix,
            }
        if self._assigned:
            with open(os.path.join(path, "resolver", "assigned.json"), "w") as file:
                json.dump(self._assigned, file)
        with open(os.path.join(path, "engine_meta.json"), "w") as file:
            json.dump(meta, file, indent=2)

    @classmethod
    def load(cls, path: str, *, device: str = "cpu") -> SemanticIdEngine:
        with open(os.path.join(path, "engine_meta.json")) as file:
            meta = json.load(file)
        kind = meta["encoder_type"]
        encoder: BaseSemanticEncoder
        if kind == "RQKMeans":
            from .algorithms.rq_kmeans import RQKMeans

            encoder = RQKMeans.load(os.path.join(path, "encoder"), device=device)
        elif kind == "RQVAE":
            from .algorithms.rq_vae import RQVAE

            encoder = RQVAE.load(os.path.join(path, "encoder"), device=device)
        else:
            raise SemanticIdError(f"{path}: expected an encoder of type RQKMeans or RQVAE, found {kind}")
        resolver: BaseResolver
        if meta.get("resolver_type") == "SinkhornResolver":
            resolver = SinkhornResolver(**meta["resolver_config"])
        elif meta.get("store_type") == "sqlite":
            name = os.path.basename(meta["store_config"]["db_path"])
            resolver = UniqueIdResolver(SQLiteCollisionStore(os.path.join(path, "resolver", name)))
        else:
            resolver = UniqueIdResolver(InMemoryCollisionStore())
        engine = cls(encoder, resolver)
        assigned = os.path.join(path, "resolver", "assigned.json")
        if os.path.exists(assigned):
            with open(assigned) as file:
                engine._assigned = json.load(file)
        return engine
