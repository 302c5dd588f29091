"""The RQ-VAE, trained by PyTorch and encoded by the engine."""

from __future__ import annotations

import copy
import json
import math
import os
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

import semid

from ..core import BaseSemanticEncoder, _validate_embeddings
from ..exceptions import NotFittedError
from .rq_kmeans_plus import ResidualEncoderWrapper, apply_rqkmeans_plus_strategy
from .rq_vae_module import RQVAEModule

_SHAPE = (
    "in_dim", "num_emb_list", "e_dim", "layers", "dropout_prob", "bn", "loss_type", "quant_loss_weight", "beta",
    "kmeans_init", "kmeans_iters", "sk_epsilons", "sk_iters",
)


class RQVAE(BaseSemanticEncoder):
    """An autoencoder with a residual quantizer.

    The network trains on `device`. The engine decides the codes from the weights, on the processor. The best epoch is kept:
    that of the lowest collision rate, then of the lowest loss, measured after every epoch whatever `verbose` says.
    """

    def __init__(
        self,
        in_dim: int = 768,
        num_emb_list: list[int] | None = None,
        e_dim: int = 64,
        layers: list[int] | None = None,
        dropout_prob: float = 0.0,
        bn: bool = False,
        loss_type: str = "mse",
        quant_loss_weight: float = 1.0,
        beta: float = 0.25,
        kmeans_init: bool = False,
        kmeans_iters: int = 100,
        sk_epsilons: list[float] | None = None,
        sk_iters: int = 100,
        lr: float = 1e-4,
        weight_decay: float = 0.0,
        batch_size: int = 2048,
        epochs: int = 100,
        lr_scheduler: str | None = None,
        warmup_epochs: int = 0,
        lr_step_size: int = 50,
        lr_gamma: float = 0.5,
        device: str = "cpu",
        verbose: bool | int = False,
    ) -> None:
        self.in_dim, self.e_dim = in_dim, e_dim
        self.num_emb_list = list(num_emb_list) if num_emb_list is not None else [256] * 4
        self.layers = list(layers) if layers is not None else [512, 256, 128]
        self.dropout_prob, self.bn, self.loss_type = dropout_prob, bn, loss_type
        self.quant_loss_weight, self.beta = quant_loss_weight, beta
        self.kmeans_init, self.kmeans_iters = kmeans_init, kmeans_iters
        self.sk_epsilons, self.sk_iters = sk_epsilons, sk_iters
        self.lr, self.weight_decay, self.batch_size, self.epochs = lr, weight_decay, batch_size, epochs
        if lr_scheduler not in (None, "cosine", "step", "constant_with_warmup"):
            raise ValueError(f"lr_scheduler: expected cosine, step, constant_with_warmup or None, found {lr_scheduler!r}")
        self.lr_scheduler, self.warmup_epochs = lr_scheduler, warmup_epochs
        self.lr_step_size, self.lr_gamma, self.device, self.verbose = lr_step_size, lr_gamma, device, verbose
        self.module = RQVAEModule(**{name: getattr(self, name) for name in _SHAPE})
        self.history_: dict[str, list[float]] = {}
        self._fitted = False

    def _share(self, epoch: int) -> float:
        """The learning rate of an epoch, from 0, as a share of `lr`."""
        if epoch < self.warmup_epochs and self.lr_scheduler in ("cosine", "constant_with_warmup"):
            return (epoch + 1) / (self.warmup_epochs + 1)
        if self.lr_scheduler == "cosine":
            rest = max(1, self.epochs - self.warmup_epochs)
            return 0.5 * (1 + math.cos(math.pi * (epoch - self.warmup_epochs) / rest))
        if self.lr_scheduler == "step":
            return float(self.lr_gamma ** (epoch // max(1, self.lr_step_size)))
        return 1.0

    def fit(self, X: Any, *, device: str | None = None, pretrained_codebook_path: str | None = None) -> RQVAE:
        array = _validate_embeddings(X, expected_dim=self.in_dim)
        where = device or self.device
        if pretrained_codebook_path is not None:
            apply_rqkmeans_plus_strategy(self.module, pretrained_codebook_path, where)
        module = self.module.to(where)
        rows = torch.from_numpy(array).to(where)
        optimizer = torch.optim.AdamW(module.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        self.history_ = {"loss": [], "recon_loss": [], "collision_rate": [], "lr": []}
        best: tuple[float, float] | None = None
        kept: Any = None
        for epoch in range(self.epochs):
            for group in optimizer.param_groups:
                group["lr"] = self.lr * self._share(epoch)
            loss, reconstruction = self._epoch(module, rows, optimizer)
            rate = self._collision_rate(module, rows)
            for name, value in (
                ("loss", loss), ("recon_loss", reconstruction), ("collision_rate", rate),
                ("lr", optimizer.param_groups[0]["lr"]),
            ):
                self.history_[name].append(float(value))
            if best is None or (rate, loss) < best:
                best, kept = (rate, loss), copy.deepcopy(module.state_dict())
            if self.verbose and (epoch + 1) % int(self.verbose) == 0:
                print(f"epoch {epoch + 1}: loss {loss:.6f}, collision rate {rate:.4f}")
        if kept is not None:
            module.load_state_dict(kept)
        module.eval()
        self._fitted = True
        return self

    def _epoch(self, module: Any, rows: Any, optimizer: Any) -> tuple[float, float]:
        module.train()
        total = parts = 0.0
        steps = 0
        order = torch.randperm(len(rows), device=rows.device)
        for start in range(0, len(rows), self.batch_size):
            batch = rows[order[start : start + self.batch_size]]
            # Batch norm has no variance of one row.
            if len(batch) == 1 and self.bn and len(rows) > 1:
                continue
            optimizer.zero_grad()
            out, quantization, _ = module(batch)
            loss, reconstruction = module.compute_loss(out, quantization, batch)
            loss.backward()
            optimizer.step()
            total, parts, steps = total + float(loss.detach()), parts + float(reconstruction.detach()), steps + 1
        return total / max(steps, 1), parts / max(steps, 1)

    def _collision_rate(self, module: Any, rows: Any) -> float:
        module.eval()
        codes = torch.cat([module.get_indices(rows[start : start + 8192]) for start in range(0, len(rows), 8192)])
        return 1 - len(torch.unique(codes, dim=0)) / len(codes)

    def _compute_collision_rate(self, codes: Any) -> float:
        return 1 - len(torch.unique(codes, dim=0)) / len(codes)

    def _core_and_rows(self, X: npt.NDArray[np.float32]) -> tuple[semid.Tokenizer, npt.NDArray[np.float32]]:
        """A model of the engine and what it encodes: the vectors, or their latents where the encoder is x + MLP(x)."""
        self.module.eval()
        if isinstance(self.module.encoder, ResidualEncoderWrapper):
            with torch.no_grad():
                where = next(self.module.parameters()).device
                latents = self.module.encoder(torch.from_numpy(X).to(where)).cpu().numpy()
            books = [layer.embedding.weight.detach().cpu().numpy() for layer in self.module.rq.vq_layers]
            return semid.RQKMeans.from_codebooks(books), latents
        with tempfile.TemporaryDirectory() as folder:
            self._write(folder)
            return semid.load(folder), X

    def _check_fitted(self) -> None:
        if not self._fitted:
            raise NotFittedError("RQVAE is not fitted yet; call fit() or load() first")

    def encode(
        self, X: Any, *, device: str | None = None, batch_size: int | None = None
    ) -> npt.NDArray[np.int32]:
        self._check_fitted()
        core, rows = self._core_and_rows(_validate_embeddings(X, expected_dim=self.in_dim))
        return core.encode(rows).astype(np.int32)

    def decode(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        self._check_fitted()
        self.module.eval()
        with torch.no_grad():
            where = next(self.module.parameters()).device
            given = torch.from_numpy(np.asarray(codes, np.int64)).to(where)
            latents = sum(layer.embedding(given[:, level]) for level, layer in enumerate(self.module.rq.vq_layers))
            found: npt.NDArray[np.float32] = self.module.decoder(latents).cpu().numpy()
            return found

    def _write(self, path: str) -> None:
        metadata: dict[str, Any] = {name: getattr(self, name) for name in _SHAPE}
        metadata["type"] = "RQVAE"
        if isinstance(self.module.encoder, ResidualEncoderWrapper):
            metadata["encoder"] = "residual"
        state = {name: value.detach().cpu() for name, value in self.module.state_dict().items()}
        torch.save(state, os.path.join(path, "model.pt"))
        with open(os.path.join(path, "metadata.json"), "w") as file:
            json.dump(metadata, file, indent=2)

    def save(self, path: str) -> None:
        self._check_fitted()
        os.makedirs(path, exist_ok=True)
        self._write(path)

    @classmethod
    def load(cls, path: str, *, device: str = "cpu") -> RQVAE:
        with open(os.path.join(path, "metadata.json")) as file:
            data = json.load(file)
        model = cls(**{name: data[name] for name in _SHAPE if name in data}, device=device)
        state = torch.load(os.path.join(path, "model.pt"), map_location=device, weights_only=True)
        if data.get("encoder") == "residual" or any(name.startswith("encoder.mlp.") for name in state):
            model.module.encoder = ResidualEncoderWrapper(model.module.encoder)
        model.module.load_state_dict(state)
        model.module.to(device).eval()
        for layer in model.module.rq.vq_layers:
            layer.initted = True
        model._fitted = True
        return model
