"""Training of the torch module on an accelerator."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..core import Float32
from ._torch import torch

if TYPE_CHECKING:
    from .rq_vae import RQVAE


def rate(options: RQVAE, done: float) -> float:
    """The learning rate after a number of epochs, as a share of the full one."""
    warm = options.warmup_epochs if options.lr_scheduler in ("cosine", "constant_with_warmup") else 0
    if done < warm:
        return done / warm
    if options.lr_scheduler == "cosine":
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (done - warm) / max(options.epochs - warm, 1e-9))))
    if options.lr_scheduler == "step":
        return float(options.lr_gamma ** int(done // max(options.lr_step_size, 1)))
    return 1.0


def train(
    module: Any, vectors: Float32, where: str, options: RQVAE, note: Callable[[dict[str, Any]], object]
) -> None:
    """Trains the module on the device, brings it back to the processor, and leaves in it the epoch with the fewest collisions,
    and of those the one with the least loss.

    Args:
        note: called after each epoch with what the engine's training says then.
    """
    rows = torch.from_numpy(vectors).to(where)
    module.to(where)
    optimizer = torch.optim.AdamW(module.parameters(), lr=options.lr, weight_decay=options.weight_decay)
    steps = max(1, math.ceil(len(rows) / options.batch_size))
    best: tuple[float, float] | None = None
    kept: Any = None
    for epoch in range(options.epochs):
        module.train()
        order = torch.randperm(len(rows)).to(where)
        losses = torch.zeros(2, device=where)
        counted = 0
        for step in range(steps):
            batch = rows[order[step * options.batch_size : (step + 1) * options.batch_size]]
            # Batch normalization has no variance of a single row.
            if options.bn and len(batch) == 1:
                continue
            for group in optimizer.param_groups:
                group["lr"] = options.lr * rate(options, epoch + (step + 1) / steps)
            out, quantization, _ = module(batch)
            loss, reconstruction = module.compute_loss(out, quantization, batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses += torch.stack([loss.detach(), reconstruction.detach()])
            counted += 1
        module.eval()
        codes = torch.cat([module.get_indices(rows[start : start + 8192]) for start in range(0, len(rows), 8192)])
        collisions = 1 - len(torch.unique(codes, dim=0)) / len(codes)
        total, part = (losses / max(counted, 1)).tolist()
        note({
            "event": "epoch",
            "epoch": {
                "epoch": epoch + 1, "loss": total, "reconstruction": part,
                "learningRate": optimizer.param_groups[0]["lr"],
                "evaluation": {"levels": [{"collisionRate": collisions}]},
            },
        })  # fmt: skip
        if math.isfinite(total) and (best is None or (collisions, total) < best):
            best, kept = (collisions, total), copy.deepcopy(module.state_dict())
    if kept is not None:
        module.load_state_dict(kept)
    module.to("cpu").eval()
