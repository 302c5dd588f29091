"""RQ-KMeans+ on a torch module: an encoder x + f(x) that begins as x, and codebooks from residual k-means.

`RQVAE.fit(X, pretrained_codebook_path=...)` trains such a model in the engine.
"""

from __future__ import annotations

from typing import Any

from ._torch import torch
from .rq_kmeans import _load_arrays


class ResidualEncoderWrapper(torch.nn.Module):  # type: ignore[misc]
    """x + f(x), where the last layer of f begins at zero."""

    def __init__(self, original_encoder: Any) -> None:
        super().__init__()
        self.mlp = original_encoder
        last = get_last_linear_layer(original_encoder)
        if last is None:
            raise ValueError("Expected an encoder with a linear layer, found none")
        torch.nn.init.zeros_(last.weight)
        if last.bias is not None:
            torch.nn.init.zeros_(last.bias)

    def forward(self, x: Any) -> Any:
        return x + self.mlp(x)


def get_last_linear_layer(module: Any) -> Any:
    """The module's last Linear; None where there is none."""
    return next((part for part in reversed(list(module.modules())) if isinstance(part, torch.nn.Linear)), None)


def apply_rqkmeans_plus_strategy(model: Any, codebook_path: str, device: str) -> Any:
    """Wraps the encoder of an `RQVAEModule`, unless it is wrapped already, and sets its codebooks to those of a .npz file with
    ``codebook_0`` …, such as `RQKMeans.save` writes."""
    layers = model.rq.vq_layers
    books = _load_arrays(codebook_path, len(layers))
    for level, (layer, book) in enumerate(zip(layers, books, strict=True)):
        if tuple(layer.embedding.weight.shape) != book.shape:
            raise ValueError(
                f"{codebook_path}: expected codebook_{level} of shape {tuple(layer.embedding.weight.shape)}, "
                f"found {book.shape}"
            )
    if not isinstance(model.encoder, ResidualEncoderWrapper):
        model.encoder = ResidualEncoderWrapper(model.encoder).to(device)
    with torch.no_grad():
        for layer, book in zip(layers, books, strict=True):
            layer.embedding.weight.copy_(torch.from_numpy(book))
            layer.initted = True
    return model
