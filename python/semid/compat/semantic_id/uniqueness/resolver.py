"""Items of equal IDs are told apart."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

import semid

from .stores import CollisionStore, InMemoryCollisionStore


class BaseResolver(ABC):
    """Gives each of some IDs a text of its own."""

    @abstractmethod
    def assign(self, semantic_ids: list[str], **kwargs: Any) -> list[str]: ...


class UniqueIdResolver(BaseResolver):
    """The first item of an ID has it as it is; others get a count, or their item id, behind it."""

    def __init__(self, store: CollisionStore | None = None) -> None:
        self.store = store if store is not None else InMemoryCollisionStore()

    def assign(self, semantic_ids: list[str], **kwargs: Any) -> list[str]:
        item_ids, sep = kwargs.get("item_ids"), kwargs.get("sep", "-")
        if item_ids is not None and len(item_ids) != len(semantic_ids):
            raise ValueError(f"item_ids: expected {len(semantic_ids)}, found {len(item_ids)}")
        names = [str(name) for name in semantic_ids]
        found = []
        for row, (name, count) in enumerate(zip(names, self.store.next_suffixes(names), strict=True)):
            suffix = count if item_ids is None else item_ids[row]
            found.append(name if count == 0 else f"{name}{sep}{suffix}")
        return found


class SinkhornResolver(BaseResolver):
    """The last level of colliding items is encoded anew by optimal transport; what still collides gets a count.

    It takes encoders of both kinds, and keeps to the form of the IDs.
    """

    def __init__(self, max_iterations: int = 20, sk_epsilon: float | None = None, fallback_suffix: bool = True) -> None:
        self.max_iterations = max_iterations
        self.sk_epsilon = 0.003 if sk_epsilon is None else sk_epsilon
        self.fallback_suffix = fallback_suffix

    def assign(self, semantic_ids: list[str], **kwargs: Any) -> list[str]:
        embeddings, model = kwargs.get("embeddings"), kwargs.get("model")
        if embeddings is None or model is None:
            raise ValueError("SinkhornResolver.assign() requires 'embeddings' and 'model'")
        codes = kwargs.get("codes")
        if codes is None:
            codes = model.encode(embeddings)
        core, rows = model._core_and_rows(np.asarray(embeddings, np.float32))
        resolved: npt.NDArray[Any] = codes
        if self._find_collision_groups(np.asarray(semantic_ids)):
            resolved = semid.resolve(
                core, rows, codes=codes, strategy="sinkhorn", epsilon=self.sk_epsilon, rounds=self.max_iterations
            ).codes.astype(np.int32)
        names: list[str] = model.semantic_id(
            resolved, sep=kwargs.get("sep", "-"), fmt=kwargs.get("fmt", "plain"), formatter=kwargs.get("formatter")
        )
        if not self.fallback_suffix:
            return names
        return UniqueIdResolver().assign(names, item_ids=kwargs.get("item_ids"), sep=kwargs.get("sep", "-"))

    @staticmethod
    def _find_collision_groups(ids_array: npt.NDArray[Any]) -> list[list[int]]:
        groups: dict[Any, list[int]] = {}
        for row, name in enumerate(np.asarray(ids_array).tolist()):
            groups.setdefault(name, []).append(row)
        return [rows for rows in groups.values() if len(rows) > 1]
