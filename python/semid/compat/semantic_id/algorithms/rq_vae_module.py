"""The network of the RQ-VAE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .rq_vae_modules import MLPLayers, ResidualVectorQuantizer


class RQVAEModule(nn.Module):  # type: ignore[misc]
    """Encoder, residual quantizer, decoder."""

    def __init__(
        self, in_dim: int = 768, num_emb_list: Sequence[int] | None = None, e_dim: int = 64,
        layers: Sequence[int] | None = None, dropout_prob: float = 0.0, bn: bool = False, loss_type: str = "mse",
        quant_loss_weight: float = 1.0, beta: float = 0.25, kmeans_init: bool = False, kmeans_iters: int = 100,
        sk_epsilons: Sequence[float] | None = None, sk_iters: int = 100,
    ) -> None:
        super().__init__()
        sizes = list(num_emb_list) if num_emb_list is not None else [256] * 4
        hidden = list(layers) if layers is not None else [512, 256, 128]
        widths = [in_dim, *hidden, e_dim]
        self.loss_type, self.quant_loss_weight = loss_type, quant_loss_weight
        self.encoder: Any = MLPLayers(widths, dropout_prob, bn=bn)
        self.rq = ResidualVectorQuantizer(sizes, e_dim, sk_epsilons, beta, kmeans_init, kmeans_iters, sk_iters)
        self.decoder = MLPLayers(widths[::-1], dropout_prob, bn=bn)

    def forward(self, x: Any, use_sk: bool = True) -> tuple[Any, Any, Any]:
        quantized, loss, indices = self.rq(self.encoder(x), use_sk=use_sk)
        return self.decoder(quantized), loss, indices

    @torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
    def get_indices(self, xs: Any, use_sk: bool = False) -> Any:
        return self.rq(self.encoder(xs), use_sk=use_sk)[2]

    def compute_loss(self, out: Any, quant_loss: Any, xs: Any) -> tuple[Any, Any]:
        if self.loss_type == "mse":
            reconstruction = functional.mse_loss(out, xs)
        elif self.loss_type == "l1":
            reconstruction = functional.l1_loss(out, xs)
        else:
            raise ValueError(f"loss_type {self.loss_type!r} is incompatible: expected 'mse' or 'l1'")
        return reconstruction + self.quant_loss_weight * quant_loss, reconstruction
