"""The whole autoencoder as a torch module."""

from __future__ import annotations

from typing import Any

from ._torch import torch
from .rq_vae_modules import MLPLayers, ResidualVectorQuantizer


class RQVAEModule(torch.nn.Module):  # type: ignore[misc]
    """Encoder, quantizer and decoder. Arguments are those of `RQVAE`."""

    def __init__(
        self, in_dim: int = 768, num_emb_list: list[int] | None = None, e_dim: int = 64, layers: list[int] | None = None,
        dropout_prob: float = 0.0, bn: bool = False, loss_type: str = "mse", quant_loss_weight: float = 1.0,
        beta: float = 0.25, kmeans_init: bool = False, kmeans_iters: int = 100, sk_epsilons: list[float] | None = None,
        sk_iters: int = 100,
    ) -> None:
        super().__init__()
        sizes = [256] * 4 if num_emb_list is None else list(num_emb_list)
        widths = [in_dim, *([512, 256, 128] if layers is None else layers), e_dim]
        self.loss_type, self.quant_loss_weight = loss_type, quant_loss_weight
        self.encoder = MLPLayers(widths, dropout_prob, bn=bn)
        self.rq = ResidualVectorQuantizer(sizes, e_dim, sk_epsilons, beta, kmeans_init, kmeans_iters, sk_iters)
        self.decoder = MLPLayers(widths[::-1], dropout_prob, bn=bn)

    def forward(self, x: Any, use_sk: bool = True) -> tuple[Any, Any, Any]:
        """The reconstruction, the quantizer's loss, and the codes."""
        quantized, loss, codes = self.rq(self.encoder(x), use_sk)
        return self.decoder(quantized), loss, codes

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def get_indices(self, xs: Any, use_sk: bool = False) -> Any:
        """The codes of rows."""
        return self.rq(self.encoder(xs), use_sk)[2]

    def compute_loss(self, out: Any, quant_loss: Any, xs: Any) -> tuple[Any, Any]:
        """The loss that is minimized, and its part from the reconstruction."""
        functions = {"mse": torch.nn.functional.mse_loss, "l1": torch.nn.functional.l1_loss}
        if self.loss_type not in functions:
            raise ValueError(f"incompatible loss type {self.loss_type!r}, expected 'mse' or 'l1'")
        reconstruction = functions[self.loss_type](out, xs)
        return reconstruction + self.quant_loss_weight * quant_loss, reconstruction
