from __future__ import annotations

from typing import Any

from .rq_kmeans import RQKMeans

__all__ = [
    "RQVAE",
    "RQKMeans",
    "RQKMeansTorch",
    "RQVAEModule",
    "ResidualEncoderWrapper",
    "apply_rqkmeans_plus_strategy",
]


def __getattr__(name: str) -> Any:
    if name == "RQVAE":
        from .rq_vae import RQVAE as found
    elif name == "RQKMeansTorch":
        from .rq_kmeans_torch import RQKMeansTorch as found  # type: ignore[assignment]
    elif name == "RQVAEModule":
        from .rq_vae_module import RQVAEModule as found  # type: ignore[assignment]
    elif name in ("ResidualEncoderWrapper", "apply_rqkmeans_plus_strategy"):
        from . import rq_kmeans_plus

        return getattr(rq_kmeans_plus, name)
    else:
        raise AttributeError(name)
    return found
