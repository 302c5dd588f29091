"""The layers of the RQ-VAE, under the package's names, so that its weights load here and ours there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..utils.clustering import center_distance_for_constraint, kmeans_torch, sinkhorn_algorithm


class MLPLayers(nn.Module):  # type: ignore[misc]
    """Dropout, linear, batch norm where asked for, ReLU; nothing behind the last linear layer."""

    def __init__(self, layers: Sequence[int], dropout: float = 0.0, activation: str = "relu", bn: bool = False) -> None:
        super().__init__()
        if activation != "relu":
            raise ValueError(f"activation: expected 'relu', found {activation!r}")
        parts: list[Any] = []
        for place, (inputs, outputs) in enumerate(zip(layers, layers[1:], strict=False)):
            linear = nn.Linear(inputs, outputs)
            nn.init.xavier_normal_(linear.weight)
            nn.init.zeros_(linear.bias)
            parts += [nn.Dropout(dropout), linear]
            if place + 2 < len(layers):
                parts += [nn.BatchNorm1d(outputs)] if bn else []
                parts.append(nn.ReLU())
        self.mlp_layers = nn.Sequential(*parts)

    def forward(self, input_feature: Any) -> Any:
        return self.mlp_layers(input_feature)


class VectorQuantizer(nn.Module):  # type: ignore[misc]
    """One level: codes, their codewords with the gradient passed through, and the loss that pulls both together."""

    def __init__(
        self, n_e: int, e_dim: int, beta: float = 0.25, kmeans_init: bool = False, kmeans_iters: int = 10,
        sk_epsilon: float = 0.003, sk_iters: int = 100,
    ) -> None:
        super().__init__()
        self.n_e, self.e_dim, self.beta = n_e, e_dim, beta
        self.kmeans_init, self.kmeans_iters = kmeans_init, kmeans_iters
        self.sk_epsilon, self.sk_iters = sk_epsilon, sk_iters
        self.embedding = nn.Embedding(n_e, e_dim)
        self.initted = not kmeans_init
        nn.init.uniform_(self.embedding.weight, -1.0 / n_e, 1.0 / n_e)

    def get_codebook(self) -> Any:
        return self.embedding.weight

    def get_codebook_entry(self, indices: Any, shape: Any = None) -> Any:
        found = self.embedding(indices)
        return found if shape is None else found.view(shape)

    def init_emb(self, data: Any) -> None:
        self.embedding.weight.data.copy_(kmeans_torch(data, self.n_e, max_iter=self.kmeans_iters))
        self.initted = True

    def forward(self, x: Any, use_sk: bool = True) -> tuple[Any, Any, Any]:
        latent = x.view(-1, self.e_dim)
        if not self.initted and self.training:
            self.init_emb(latent)
        distances = torch.cdist(latent.detach(), self.embedding.weight.detach()) ** 2
        if use_sk and self.sk_epsilon > 0:
            plan = sinkhorn_algorithm(
                center_distance_for_constraint(distances.double()), self.sk_epsilon, self.sk_iters
            )
            indices = plan.argmax(dim=-1)
        else:
            indices = distances.argmin(dim=-1)
        quantized = self.embedding(indices).view(x.shape)
        loss = functional.mse_loss(quantized, x.detach()) + self.beta * functional.mse_loss(quantized.detach(), x)
        return x + (quantized - x).detach(), loss, indices.view(x.shape[:-1])


class ResidualVectorQuantizer(nn.Module):  # type: ignore[misc]
    """Level after level, each on what the ones before leave over."""

    def __init__(
        self, n_e_list: Sequence[int], e_dim: int, sk_epsilons: Sequence[float] | None, beta: float = 0.25,
        kmeans_init: bool = False, kmeans_iters: int = 100, sk_iters: int = 100,
    ) -> None:
        super().__init__()
        epsilons = list(sk_epsilons) if sk_epsilons is not None else [0.0] * len(n_e_list)
        if len(epsilons) != len(n_e_list):
            raise ValueError(f"sk_epsilons: expected {len(n_e_list)}, one a level, found {len(epsilons)}")
        self.vq_layers = nn.ModuleList(
            VectorQuantizer(size, e_dim, beta, kmeans_init, kmeans_iters, epsilon, sk_iters)
            for size, epsilon in zip(n_e_list, epsilons, strict=True)
        )

    def get_codebook(self) -> Any:
        return torch.stack([layer.get_codebook() for layer in self.vq_layers])

    def forward(self, x: Any, use_sk: bool = True) -> tuple[Any, Any, Any]:
        rest, total = x, torch.zeros_like(x)
        losses, indices = [], []
        for layer in self.vq_layers:
            quantized, loss, index = layer(rest, use_sk=use_sk)
            rest, total = rest - quantized, total + quantized
            losses.append(loss)
            indices.append(index)
        return total, torch.stack(losses).mean(), torch.stack(indices, dim=-1)
