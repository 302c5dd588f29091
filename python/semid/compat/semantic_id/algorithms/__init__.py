"""Encoders. The names that need torch are loaded when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .rq_kmeans import RQKMeans
from .rq_vae import RQVAE

if TYPE_CHECKING:
    from .rq_kmeans_plus import ResidualEncoderWrapper, apply_rqkmeans_plus_strategy
    from .rq_kmeans_torch import RQKMeansTorch
    from .rq_vae_module import RQVAEModule

__all__ = [
    "RQVAE",
    "RQKMeans",
    "RQKMeansTorch",
    "RQVAEModule",
    "ResidualEncoderWrapper",
    "apply_rqkmeans_plus_strategy",
]

_LATER = {
    "RQKMeansTorch": "rq_kmeans_torch",
    "RQVAEModule": "rq_vae_module",
    "ResidualEncoderWrapper": "rq_kmeans_plus",
    "apply_rqkmeans_plus_strategy": "rq_kmeans_plus",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
