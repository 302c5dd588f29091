"""The layers of an RQ-VAE as torch modules, under the names of semantic-id's state dict.

`RQVAE` trains and encodes in the engine; these are for looking at its weights, and for training loops of your own.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..utils.clustering import center_distance_for_constraint, kmeans_torch, sinkhorn_algorithm
from ._torch import torch

nn = torch.nn


class MLPLayers(torch.nn.Module):  # type: ignore[misc]
    """Dropout, linear, batch normalization where it is asked for, ReLU, and so on; nothing behind the last linear.

    Args:
        layers: widths, the input's first.
    """

    def __init__(self, layers: list[int], dropout: float = 0.0, activation: str = "relu", bn: bool = False) -> None:
        super().__init__()
        if activation != "relu":
            raise ValueError(f"Unknown activation {activation!r}, expected 'relu'")
        parts: list[Any] = []
        for index, (inputs, outputs) in enumerate(pairwise(layers)):
            linear = nn.Linear(inputs, outputs)
            nn.init.xavier_normal_(linear.weight)
            nn.init.zeros_(linear.bias)
            parts += [nn.Dropout(dropout), linear]
            if index < len(layers) - 2:
                parts += [nn.BatchNorm1d(outputs)] if bn else []
                parts.append(nn.ReLU())
        self.mlp_layers = nn.Sequential(*parts)

    def forward(self, input_feature: Any) -> Any:
        return self.mlp_layers(input_feature)


class VectorQuantizer(torch.nn.Module):  # type: ignore[misc]
    """One codebook. `forward` gives the codewords with a straight-through gradient, the loss, and the codes."""

    def __init__(
        self, n_e: int, e_dim: int, beta: float = 0.25, kmeans_init: bool = False, kmeans_iters: int = 10,
        sk_epsilon: float = 0.003, sk_iters: int = 100,
    ) -> None:
        super().__init__()
        self.n_e, self.e_dim, self.beta = n_e, e_dim, beta
        self.kmeans_init, self.kmeans_iters, self.initted = kmeans_init, kmeans_iters, not kmeans_init
        self.sk_epsilon, self.sk_iters = sk_epsilon, sk_iters
        self.embedding = nn.Embedding(n_e, e_dim)
        nn.init.uniform_(self.embedding.weight, -1 / n_e, 1 / n_e)

    def get_codebook(self) -> Any:
        return self.embedding.weight

    def get_codebook_entry(self, indices: Any, shape: Any = None) -> Any:
        words = self.embedding(indices)
        return words if shape is None else words.view(shape)

    def init_emb(self, data: Any) -> None:
        """Sets the codewords to k-means of the rows."""
        centers = kmeans_torch(data, self.n_e, self.kmeans_iters)
        with torch.no_grad():
            self.embedding.weight.copy_(centers)
        self.initted = True

    def forward(self, x: Any, use_sk: bool = True) -> tuple[Any, Any, Any]:
        rows = x.reshape(-1, self.e_dim)
        if self.training and not self.initted:
            self.init_emb(rows.detach())
        words = self.embedding.weight
        distances = rows.square().sum(1, keepdim=True) + words.square().sum(1) - 2 * rows @ words.T
        if use_sk and self.sk_epsilon > 0:
            shares = sinkhorn_algorithm(center_distance_for_constraint(distances.double()), self.sk_epsilon, self.sk_iters)
            codes = shares.argmax(1)
        else:
            codes = distances.argmin(1)
        chosen = self.embedding(codes).view_as(x)
        mse = nn.functional.mse_loss
        loss = mse(chosen, x.detach()) + self.beta * mse(x, chosen.detach())
        return x + (chosen - x).detach(), loss, codes.view(x.shape[:-1])


class ResidualVectorQuantizer(torch.nn.Module):  # type: ignore[misc]
    """A codebook for the vectors, then for what it leaves over. The loss is the mean over levels."""

    def __init__(
        self, n_e_list: list[int], e_dim: int, sk_epsilons: list[float] | None, beta: float = 0.25,
        kmeans_init: bool = False, kmeans_iters: int = 100, sk_iters: int = 100,
    ) -> None:
        super().__init__()
        epsilons = [0.0] * len(n_e_list) if sk_epsilons is None else sk_epsilons
        if len(epsilons) != len(n_e_list):
            raise ValueError(f"len(sk_epsilons) {len(epsilons)} must match the number of levels {len(n_e_list)}")
        self.vq_layers = nn.ModuleList(
            VectorQuantizer(size, e_dim, beta, kmeans_init, kmeans_iters, epsilon, sk_iters)
            for size, epsilon in zip(n_e_list, epsilons, strict=True)
        )

    def get_codebook(self) -> Any:
        return torch.stack([layer.get_codebook() for layer in self.vq_layers])

    def forward(self, x: Any, use_sk: bool = True) -> tuple[Any, Any, Any]:
        rest, total, losses, codes = x, torch.zeros_like(x), [], []
        for layer in self.vq_layers:
            chosen, loss, code = layer(rest, use_sk)
            rest, total = rest - chosen, total + chosen
            losses.append(loss)
            codes.append(code)
        return total, torch.stack(losses).mean(), torch.stack(codes, -1)
