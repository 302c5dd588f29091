"""torch, where it is installed."""

from __future__ import annotations

try:
    import torch
except ImportError as error:
    raise ImportError(
        "this part of semid.compat.semantic_id hands out torch's own objects and needs torch: pip install torch"
    ) from error

__all__ = ["torch"]
