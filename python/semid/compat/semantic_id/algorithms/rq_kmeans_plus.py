"""RQ-KMeans+: an encoder x + MLP(x) over codebooks of residual k-means."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn


def get_last_linear_layer(module: Any) -> Any:
    """The last linear layer; None where there is none."""
    found = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    return found[-1] if found else None


class ResidualEncoderWrapper(nn.Module):  # type: ignore[misc]
    """x + MLP(x), at first x."""

    def __init__(self, original_encoder: Any) -> None:
        super().__init__()
        self.mlp = original_encoder
        last = get_last_linear_layer(original_encoder)
        if last is None:
            raise ValueError("the encoder has no linear layer")
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, x: Any) -> Any:
        return x + self.mlp(x)


def apply_rqkmeans_plus_strategy(model: Any, codebook_path: str, device: str) -> Any:
    """Wraps the encoder, and sets the codebooks to those of a codebooks.npz."""
    with np.load(codebook_path) as books:
        for level, layer in enumerate(model.rq.vq_layers):
            name = f"codebook_{level}"
            if name not in books:
                raise ValueError(f"{codebook_path}: expected an array {name}, found {sorted(books)}")
            weight = torch.from_numpy(np.asarray(books[name], np.float32))
            if weight.shape != layer.embedding.weight.shape:
                raise ValueError(
                    f"{codebook_path}: {name}: expected shape {tuple(layer.embedding.weight.shape)}, "
                    f"found {tuple(weight.shape)}"
                )
            layer.embedding.weight.data.copy_(weight)
            layer.initted = True
    if not isinstance(model.encoder, ResidualEncoderWrapper):
        model.encoder = ResidualEncoderWrapper(model.encoder)
    return model.to(device)
