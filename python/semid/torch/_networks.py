"""Encoder, quantizer and decoder of an autoencoder as torch modules, by the engine's options."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from .._arrays import Float32
from . import _kmeans as kmeans
from ._devices import has_doubles, torch

nn, functional = torch.nn, torch.nn.functional

_ACTIVATIONS = {
    "relu": functional.relu,
    "silu": functional.silu,
    "gelu": lambda x: functional.gelu(x, approximate="tanh"),
}


class Network(torch.nn.Module):  # type: ignore[misc]
    """Layers of Dropout → Linear → BatchNorm → activation; the last has neither of the last two.

    Args:
        widths: from the input's to the output's.
        has_skip: adds the input to the output; the last layer begins at zero.
    """

    def __init__(self, widths: list[int], options: Mapping[str, Any], has_skip: bool, random: np.random.Generator) -> None:
        super().__init__()
        self.activation = _ACTIVATIONS[options["activation"]]
        self.dropout, self.has_skip = float(options["dropout"]), has_skip
        self.linears, self.norms = nn.ModuleList(), nn.ModuleList()
        for number, (inputs, outputs) in enumerate(pairwise(widths)):
            is_last = number == len(widths) - 2
            # Without the draws of torch's own start, which would move its generator.
            linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
            # Glorot and Bengio 2010, drawn by numpy: the same on every device.
            weights = random.normal(0, (2 / (inputs + outputs)) ** 0.5, (outputs, inputs))
            if has_skip and is_last:
                weights[:] = 0
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weights))
                linear.bias.zero_()
            has_norm = bool(options["hasBatchNorm"]) and not is_last
            # Before a normalization a bias changes nothing.
            linear.bias.requires_grad_(not has_norm)
            self.linears.append(linear)
            self.norms.append(nn.BatchNorm1d(outputs) if has_norm else nn.Identity())

    def forward(self, rows: Any) -> Any:
        values = rows
        for number, (linear, norm) in enumerate(zip(self.linears, self.norms, strict=True)):
            values = functional.dropout(values, self.dropout, self.training) if self.dropout > 0 else values
            values = norm(linear(values))
            if number + 1 < len(self.linears):
                values = self.activation(values)
        return rows + values if self.has_skip else values

    def tensors(self, name: str) -> dict[str, Float32]:
        """The weights by the names that the engine's file has."""
        found: dict[str, Any] = {}
        for number, (linear, norm) in enumerate(zip(self.linears, self.norms, strict=True)):
            place = f"{name}.{number}."
            found[place + "weight"], found[place + "bias"] = linear.weight, linear.bias
            if isinstance(norm, nn.BatchNorm1d):
                found[place + "norm.scale"], found[place + "norm.shift"] = norm.weight, norm.bias
                found[place + "norm.mean"], found[place + "norm.variance"] = norm.running_mean, norm.running_var
        return {key: value.detach().cpu().numpy().copy() for key, value in found.items()}


class Codebook:
    """One level: codewords, and the averages that move or revive them."""

    def __init__(self, size: int, width: int, options: Mapping[str, Any], batch: int, device: Any) -> None:
        self.size, self.options = size, options
        self.learns_by_gradient = options["learning"] == "gradient"
        self.words = torch.zeros((size, width), device=device, requires_grad=self.learns_by_gradient)
        #: The number of vectors of a batch that a code gets where all are used equally.
        self.even = batch / size
        self.counts = torch.full((size,), self.even, device=device)
        self.sums = torch.zeros((size, width), device=device)
        #: τ of the usage entropy.
        self.temperature = 1.0

    def start(self, words: Any) -> None:
        with torch.no_grad():
            self.words.copy_(words)
        self.counts.fill_(self.even)
        self.sums = self.words.detach() * self.even

    def nearest(self, rows: Any) -> Any:
        words = self.words.detach()
        return torch.addmm(words.square().sum(1), rows, words.T, alpha=-2).argmin(1)

    def distances(self, rows: Any) -> Any:
        """Squared distances, with their gradient."""
        words = self.words
        found = rows.square().sum(1, keepdim=True) + words.square().sum(1) - 2 * rows @ words.T
        return found.clamp_min(0)

    def average(self, rows: Any, codes: Any) -> None:
        """Brings the averages up to date with a batch; with EMA, moves the codewords to the means."""
        decay = float(self.options["emaDecay"])
        counts = torch.bincount(codes, minlength=self.size).to(self.counts.dtype)
        self.counts = self.counts * decay + counts * (1 - decay)
        if self.learns_by_gradient:
            return
        self.sums = self.sums * decay + kmeans.sums_by_code(rows, codes, self.size).float() * (1 - decay)
        # A code that has not been used for long keeps its place: nothing is left to average.
        used = self.counts > 1e-6 * self.even
        self.words = torch.where(used[:, None], self.sums / self.counts.clamp_min(1e-30)[:, None], self.words)

    def revive(self, rows: Any, random: np.random.Generator, moments: list[Any]) -> int:
        """Moves codewords that are hardly used to vectors of the batch. Returns how many."""
        least = float(self.options["revivalShare"]) * self.even
        if least <= 0:
            return 0
        dead = torch.nonzero(self.counts < least)[: len(rows), 0]
        if not len(dead):
            return 0
        picked = torch.from_numpy(random.choice(len(rows), len(dead), replace=False)).to(rows.device)
        with torch.no_grad():
            self.words[dead] = rows[picked]
            for moment in moments:
                moment[dead] = 0
        self.counts[dead] = self.even
        self.sums[dead] = rows[picked] * self.even
        return len(dead)


def sinkhorn(distances: Any, epsilon: float, iterations: int) -> Any:
    """Codes of a batch by balanced assignment (Cuturi 2013), on costs that are centered and scaled to about ±1. In logarithms, so
    that no ε overflows."""
    costs = distances.double() if has_doubles(distances.device) else distances
    middle = (costs.max() + costs.min()) / 2
    scores = (middle - costs) / ((costs.max() - middle + 1e-5) * epsilon)
    rows, columns = torch.zeros_like(scores[:, 0]), torch.zeros_like(scores[0])
    for _ in range(iterations):
        rows = -torch.logsumexp(scores + columns, 1) - np.log(len(scores))
        columns = -torch.logsumexp(scores + rows[:, None], 0) - np.log(scores.shape[1])
    return (scores + columns).argmax(1)


class Quantizer:
    """Residual quantization under training: r₀ = z, the code of level l is one of rₗ, rₗ₊₁ = rₗ − sg[cₗ], q = Σ cₗ."""

    def __init__(
        self, sizes: list[int], width: int, options: Mapping[str, Any], batch: int, device: Any
    ) -> None:
        self.options, self.width = options, width
        self.levels = [Codebook(size, width, options, batch, device) for size in sizes]
        epsilons = [float(value) for value in options["sinkhornEpsilons"]]
        self.epsilons = epsilons + [0.0] * (len(sizes) - len(epsilons))
        self.has_entropy = float(options["entropyWeight"]) > 0
        #: What `finish` needs of the last batch: what each level saw, and its codes.
        self.seen: list[tuple[Any, Any]] = []

    def __call__(self, z: Any) -> tuple[Any, Any, Any, Any]:
        """What the decoder takes, the loss of the quantization as it is weighted, |r − c|² of each level in the mean over
        elements, and the entropy terms."""
        rest, total, self.seen = z, torch.zeros_like(z), []
        errors, entropies, loss = [], [], z.new_zeros(())
        commitment = float(self.options["commitment"])
        for book, epsilon in zip(self.levels, self.epsilons, strict=True):
            distances: Any = book.distances(rest) if self.has_entropy or epsilon > 0 else None
            if epsilon > 0:
                codes = sinkhorn(distances.detach(), epsilon, int(self.options["sinkhornIterations"]))
            else:
                codes = book.nearest(rest.detach())
            chosen = book.words[codes]
            self.seen.append((rest.detach(), codes))
            fixed = chosen.detach()
            loss = loss + commitment * (rest - fixed).square().mean()
            if book.learns_by_gradient:
                loss = loss + (chosen - rest.detach()).square().mean()
            if self.has_entropy:
                shares = torch.softmax(-distances / max(book.temperature, 1e-20), 1).mean(0).clamp_min(1e-30)
                term = float(np.log(book.size)) + (shares * shares.log()).sum()
                loss = loss + float(self.options["entropyWeight"]) * term
                entropies.append(term.detach())
            rest, total = rest - fixed, total + fixed
            errors.append(rest.detach().square().mean())
        loss = loss * (float(self.options["weight"]) / len(self.levels))
        return self._through(z, total), loss, torch.stack(errors), torch.stack(entropies) if entropies else z.new_zeros(0)

    def _through(self, z: Any, q: Any) -> Any:
        """q, with the gradient of the estimator."""
        straight = z + (q - z).detach()
        if self.options["estimator"] != "rotation":
            return straight
        # The rotation and scaling that takes z to q, as a constant: λ (z − 2 (w·z) w + 2 (u·z) v).
        fixed = z.detach()
        z_length = torch.linalg.vector_norm(fixed, dim=1, keepdim=True)
        q_length = torch.linalg.vector_norm(q, dim=1, keepdim=True)
        u, v = fixed / z_length.clamp_min(1e-20), q / q_length.clamp_min(1e-20)
        along = (u * v).sum(1, keepdim=True)
        w = (u + v) / (2 * (1 + along)).clamp_min(1e-12).sqrt()
        turned = z - 2 * (w * z).sum(1, keepdim=True) * w + 2 * (u * z).sum(1, keepdim=True) * v
        is_defined = (z_length > 1e-20) & (q_length > 1e-20) & (along > -0.999_999)
        return torch.where(is_defined, turned * (q_length / z_length.clamp_min(1e-20)), straight)

    def finish(self, random: np.random.Generator, errors: Any, moments: Any) -> list[int]:
        """Updates averages, moves codewords, revives unused ones. Returns how many, by level."""
        revived = []
        for number, (book, (rows, codes)) in enumerate(zip(self.levels, self.seen, strict=True)):
            with torch.no_grad():
                book.average(rows, codes)
                revived.append(book.revive(rows, random, moments(book)))
            if self.has_entropy:
                book.temperature += (float(errors[number]) * self.width - book.temperature) * 0.1
        return revived

    def encoded(self, z: Any) -> tuple[Any, Any]:
        """Greedy codes and the sums of their codewords."""
        rest, total, codes = z, torch.zeros_like(z), []
        for book in self.levels:
            code = book.nearest(rest)
            chosen = book.words.detach()[code]
            rest, total = rest - chosen, total + chosen
            codes.append(code)
        return torch.stack(codes, 1), total
