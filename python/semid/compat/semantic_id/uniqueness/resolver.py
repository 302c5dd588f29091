"""One ID per item: by a suffix, or by encoding colliding items anew."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

import semid

from ..core import Float32, _validate_embeddings, as_numpy
from .stores import Assigning, CollisionStore, InMemoryCollisionStore

class BaseResolver(ABC):
    """Makes IDs unique. A resolver of your own gets ``sep``, and ``item_ids`` where the caller has them."""

    @abstractmethod
    def assign(self, semantic_ids: list[str], **kwargs: Any) -> list[str]:
        """An ID for every row of `semantic_ids`."""


def _suffixes(item_ids: Sequence[Any] | None, count: int) -> list[str] | None:
    if item_ids is None:
        return None
    names = list(map(str, item_ids.tolist() if hasattr(item_ids, "tolist") else item_ids))
    if len(names) != count:
        raise ValueError(f"Expected {count} item_ids, one an ID, got {len(names)}")
    return names


class UniqueIdResolver(BaseResolver):
    """Puts a suffix behind an ID that is taken: a number, or the item's own id.

    Args:
        store: remembers what is taken; in memory by default.
    """

    def __init__(self, store: CollisionStore | None = None) -> None:
        self.store: CollisionStore = InMemoryCollisionStore() if store is None else store

    def assign(self, semantic_ids: list[str], **kwargs: Any) -> list[str]:
        """An ID for every row, in the order of the rows.

        Keyword arguments:
            item_ids: the items' own ids, which become the suffixes. The same item with the same ID before gets the ID
                that it had, in this call or a later one.
            sep: between ID and suffix, ``-`` by default.
        """
        keys, sep = list(semantic_ids), kwargs.get("sep", "-")
        suffixes = _suffixes(kwargs.get("item_ids"), len(keys))
        names = kwargs.get("_names", suffixes)
        if isinstance(self.store, Assigning):
            return self.store.assign(keys, names, suffixes, sep)
        # A store of the caller's own only counts.
        result = []
        for row, key in enumerate(keys):
            count = self.store.next_suffix(key)
            result.append(key if count == 0 else key + sep + (str(count) if suffixes is None else suffixes[row]))
        return result


class SinkhornResolver(BaseResolver):
    """Encodes the last level of colliding items anew, by optimal transport over the level's codes.

    Works with `RQVAE` and `RQKMeans`. Items that are known keep their IDs; only new ones are encoded anew.

    Args:
        max_iterations: rounds, at most.
        sk_epsilon: how soft the transport is; 0.003 by default.
        fallback_suffix: put suffixes behind IDs that still collide. Without it some may.
    """

    def __init__(
        self, max_iterations: int = 20, sk_epsilon: float | None = None, fallback_suffix: bool = True
    ) -> None:
        self.max_iterations = max_iterations
        self.sk_epsilon = 0.003 if sk_epsilon is None else sk_epsilon
        self.fallback_suffix = fallback_suffix
        self.store = InMemoryCollisionStore()

    def assign(self, semantic_ids: list[str], **kwargs: Any) -> list[str]:
        """An ID for every row.

        Keyword arguments:
            embeddings: the rows' vectors, N × D. Needed.
            model: their encoder. Needed.
            item_ids, sep: as of `UniqueIdResolver`.
            fmt, formatter: of IDs that change, as of `codes_to_ids`.
        """
        model, embeddings = kwargs.get("model"), kwargs.get("embeddings")
        if model is None or embeddings is None:
            raise ValueError("SinkhornResolver requires 'embeddings' and 'model' keyword arguments")
        tokenizer = getattr(model, "_tokenizer", None)
        if tokenizer is None:
            raise ValueError(f"SinkhornResolver needs an RQVAE or RQKMeans of this package, got {type(model).__name__}")
        keys, sep = list(semantic_ids), kwargs.get("sep", "-")
        vectors = _validate_embeddings(embeddings) if keys else None
        if vectors is not None and len(vectors) != len(keys):
            raise ValueError(f"Expected {len(keys)} embeddings, one an ID, got {len(vectors)}")
        suffixes = _suffixes(kwargs.get("item_ids"), len(keys))
        items = kwargs.get("_names", suffixes)
        new = [row for row, key in enumerate(keys) if items is None or self.store._known(key, items[row]) is None]
        known_as = list(keys)
        if vectors is not None and new:
            codes = kwargs.get("_codes")
            changed = self._encode(tokenizer(), model, vectors[new], None if codes is None else codes[new], kwargs)
            for row, key in zip(new, changed, strict=True):
                keys[row] = keys[row] if key is None else key
        return self.store.assign(keys, items, suffixes, sep, known_as) if self.fallback_suffix else keys

    def _encode(
        self, tokenizer: semid.Tokenizer, model: Any, vectors: Float32, codes: Any, kwargs: dict[str, Any]
    ) -> list[str | None]:
        """The IDs of rows whose codes change; None where they stay."""
        before = tokenizer.encode(vectors) if codes is None else as_numpy(codes).astype(np.uint16)
        after = semid.resolve(
            tokenizer, vectors, codes=before, strategy="sinkhorn", epsilon=self.sk_epsilon,
            iterations=getattr(model, "sk_iters", 100), rounds=self.max_iterations,
        ).codes
        rows = np.flatnonzero((before != after).any(axis=1))
        result: list[str | None] = [None] * len(before)
        texts = model.semantic_id(
            after[rows].astype(np.int32), sep=kwargs.get("sep", "-"), fmt=kwargs.get("fmt", "plain"),
            formatter=kwargs.get("formatter"),
        )
        for row, text in zip(rows.tolist(), texts, strict=True):
            result[row] = text
        return result

    @staticmethod
    def _find_collision_groups(ids_array: Any) -> list[list[int]]:
        """The rows of each ID that more than one row has, in the order in which IDs first appear."""
        groups: dict[Any, list[int]] = {}
        for row, name in enumerate(as_numpy(ids_array).tolist()):
            groups.setdefault(name, []).append(row)
        return [rows for rows in groups.values() if len(rows) > 1]
