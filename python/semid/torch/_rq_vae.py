"""Autoencoders on a device: the stages, options and losses of the engine's own training (Sources/Tokenizers/RQVAE).

The autoencoder learns alone at first. Then residual k-means on its latent vectors starts the codebooks, the learning rate rises
anew, and all learn together. The model is evaluated by greedy encoding at intervals, and the best one is kept.
"""

from __future__ import annotations

import json
import math
import time
import warnings
from typing import Any

import numpy as np

from .. import _library as library
from .._arrays import Float32, Int64, UInt16
from .._library import Handle, Progress
from ..errors import InputError, SemidWarning
from ..tokenizers import Tokenizer
from ._devices import device_of, full_precision, to_device, torch
from ._models import Plan, model_of, plan
from ._networks import Network, Quantizer
from ._rq_kmeans import learn, usage

_EVALUATED_AT_ONCE = 8192


def train(
    kind: str, settings: dict[str, Any], vectors: Float32, device: Any, start: Tokenizer | None, threads: int,
    progress: Progress | None,
) -> tuple[Handle, dict[str, Any]]:
    """A model of the engine, and what training measured, as `Tokenizer.report` has it."""
    where = device_of(device)
    made = plan(kind, settings, vectors, threads)
    if made.warning is not None:
        warnings.warn(made.warning, SemidWarning, stacklevel=4)
    with full_precision():
        return _Training(kind, made, vectors, where, start, threads, progress).run()


class _Training:
    def __init__(
        self, kind: str, made: Plan, vectors: Float32, device: Any, start: Tokenizer | None, threads: int,
        progress: Progress | None,
    ) -> None:
        self.kind, self.plan, self.vectors, self.device = kind, made, vectors, device
        self.start, self.threads, self.tell = start, threads, progress or (lambda _: None)
        options = made.options
        self.sizes: list[int] = options["levelSizes"]
        self.schedule, self.optimizer_options = options["schedule"], options["optimizer"]
        seed = int(self.schedule["seed"])
        self.random = np.random.default_rng([seed, 1])
        torch_seed = int(np.random.default_rng([seed, 2]).integers(2**62))
        self.generator_seed = torch_seed
        assert made.mean is not None
        self.rows = (to_device(vectors, device) - to_device(made.mean, device)) / made.scale
        network, width = options["network"], int(options["network"]["codeDimension"])
        widths = [vectors.shape[1], *network["hidden"], width]
        skip = network["skip"]
        self.encoder = Network(widths, network, skip != "none", np.random.default_rng([seed, 3])).to(device)
        self.decoder = Network(widths[::-1], network, skip == "both", np.random.default_rng([seed, 4])).to(device)
        self.quantizer = Quantizer(self.sizes, width, options["quantizer"], made.batch_size, device)
        self.is_quantizing = False
        self.steps_an_epoch = -(-len(vectors) // made.batch_size)
        self.total = made.epochs * self.steps_an_epoch
        self.done = 0
        #: The step after which the learning rate rises a second time, and for how many.
        self.rise: tuple[int, int] | None = None
        self.optimizer = self._adamw()
        count = int(self.schedule["evaluationRows"])
        self.judged = self.rows
        if count < len(vectors):
            picked = np.random.default_rng([seed, 5]).choice(len(vectors), count, replace=False)
            self.judged = self.rows[torch.from_numpy(np.sort(picked)).to(device)]

    def _adamw(self) -> Any:
        own = self.optimizer_options
        parameters = [p for part in (self.encoder, self.decoder) for p in part.parameters() if p.requires_grad]
        matrices = [p for p in parameters if p.ndim == 2]
        others = [p for p in parameters if p.ndim < 2]
        # Biases, normalizations and codewords do not decay.
        others += [book.words for book in self.quantizer.levels if book.learns_by_gradient]
        groups = [{"params": matrices, "weight_decay": float(own["weightDecay"])}, {"params": others, "weight_decay": 0.0}]
        return torch.optim.AdamW(
            groups, lr=float(own["learningRate"]), betas=(float(own["beta1"]), float(own["beta2"])), eps=float(own["epsilon"])
        )

    # ---- The course of the learning rate ----

    def _rate(self) -> float:
        own, step = self.optimizer_options, self.done
        highest, warm = float(own["learningRate"]), round(float(own["warmUpShare"]) * self.total)
        if step < warm:
            rate = highest * (step + 1) / warm
        else:
            share = min(1.0, (step - warm) / max(1, self.total - warm))
            final = float(own["finalShare"])
            rate = highest * (final + (1 - final) * (1 + math.cos(math.pi * share)) / 2)
        if self.rise is None:
            return rate
        return rate * min(1.0, (step - self.rise[0] + 1) / (self.rise[1] + 1))

    # ---- A step ----

    def _step(self, batch: Any) -> dict[str, Any]:
        z = self.encoder(batch)
        losses: dict[str, Any] = {}
        if self.is_quantizing:
            taken, quantization, errors, entropies = self.quantizer(z)
            losses.update(errors=errors, entropies=entropies)
        else:
            taken, quantization = z, z.new_zeros(())
        output = self.decoder(taken)
        measure = torch.nn.functional.l1_loss if self.schedule["loss"] == "l1" else torch.nn.functional.mse_loss
        reconstruction = measure(output, batch)
        total = reconstruction + quantization
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        parameters = [p for group in self.optimizer.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(p.grad) for p in parameters]))
        clip = float(self.optimizer_options["clipNorm"])
        if clip > 0:
            scale = (clip / norm).clamp_max(1.0)
            for parameter in parameters:
                parameter.grad.mul_(scale)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        losses.update(total=total.detach(), reconstruction=reconstruction.detach(), norm=norm)
        if not bool(torch.isfinite(total.detach() + norm)):
            raise self._divergence()
        self.optimizer.step()
        if self.is_quantizing:
            losses["revived"] = self.quantizer.finish(self.random, losses["errors"].tolist(), self._moments)
        self.done += 1
        return losses

    def _moments(self, book: Any) -> list[Any]:
        state = self.optimizer.state.get(book.words, {}) if book.learns_by_gradient else {}
        return [state[name] for name in ("exp_avg", "exp_avg_sq") if name in state]

    def _divergence(self) -> InputError:
        rate = self.optimizer_options["learningRate"]
        return InputError(
            "vectors", kind="malformed", place=f"step {self.done + 1}", expected="a loss that is a number",
            found="NaN or infinity: the training diverged", remedy=f"lower learning_rate from {rate}",
        )

    # ---- The codebooks' start ----

    def _start_codebooks(self) -> None:
        seed, own = int(self.schedule["seed"]), self.plan.options["quantizer"]
        most = max(self.sizes)
        if self.start is not None:
            books = self._words_of(self.start)
        elif own["start"] == "uniform":
            random = np.random.default_rng([seed, 6])
            books = [random.uniform(-1 / size, 1 / size, (size, self.quantizer.width)).astype(np.float32) for size in self.sizes]
        else:
            latents = self._latents(self._start_rows(max(most, int(own["startRows"]))))
            defaults = self._k_means_options()
            with torch.no_grad():
                books, _ = learn(defaults, latents, self.device, None)
        for book, words in zip(self.quantizer.levels, books, strict=True):
            book.start(to_device(words, self.device))
        self.is_quantizing = True
        length = round(float(self.schedule["joinWarmUpShare"]) * self.total)
        if self.done > 0 and length > 0:
            self.rise = (self.done, length)
        rest = to_device(self._latents(self._start_rows(4096)), self.device)
        for book in self.quantizer.levels:
            rest = rest - book.words.detach()[book.nearest(rest)]
            book.temperature = float(rest.square().mean()) * self.quantizer.width

    def _k_means_options(self) -> Plan:
        with library.result("semid_defaults", library.text("rq-kmeans"), -1) as result:
            options = result.json()
        options["levelSizes"] = self.sizes
        options["kMeans"].update(iterations=10, seed=int(self.schedule["seed"]))
        return Plan(options, max(1 << 18, 1024 * max(self.sizes)), [], None)

    def _start_rows(self, most: int) -> Int64:
        count = len(self.vectors)
        if most >= count:
            return np.arange(count)
        random = np.random.default_rng([int(self.schedule["seed"]), 7])
        return np.sort(random.choice(count, most, replace=False))

    def _latents(self, numbers: Int64) -> Float32:
        self.encoder.eval()
        with torch.no_grad():
            parts = [
                self.encoder(self.rows[torch.from_numpy(numbers[first : first + _EVALUATED_AT_ONCE]).to(self.device)])
                for first in range(0, len(numbers), _EVALUATED_AT_ONCE)
            ]
        self.encoder.train()
        found: Float32 = torch.cat(parts).cpu().numpy()
        return found

    def _words_of(self, model: Tokenizer) -> list[Float32]:
        """The codewords of another model where both quantize vectors; otherwise the means of the latent residuals with each of its
        codes."""
        if model.level_sizes != self.sizes or model.dimension != self.vectors.shape[1]:
            raise InputError(
                "start", kind="mismatch",
                expected=f"a model with levels of {self.sizes} codes and vectors of dimension {self.vectors.shape[1]}",
                found=f"{model.level_sizes} and {model.dimension}",
            )
        if self.plan.options["network"]["skip"] != "none" and not model.info["hasLatents"] and model.info["decodes"]:
            assert self.plan.mean is not None
            books = [book.astype(np.float64) for book in model.codebooks]
            books[0] -= self.plan.mean
            return [(book / self.plan.scale).astype(np.float32) for book in books]
        numbers = self._start_rows(max(int(self.plan.options["quantizer"]["startRows"]), 16 * max(self.sizes)))
        codes = model.encode(self.vectors[numbers], threads=self.threads or None)
        rest, books = self._latents(numbers).astype(np.float64), []
        for level, size in enumerate(self.sizes):
            own = codes[:, level].astype(np.int64)
            counts = np.bincount(own, minlength=size)
            words = np.zeros((size, rest.shape[1]))
            np.add.at(words, own, rest)
            words /= np.maximum(counts, 1)[:, None]
            # A code without rows starts at the residual of some row.
            empty = np.flatnonzero(counts == 0)
            random = np.random.default_rng([int(self.schedule["seed"]), 8, level])
            words[empty] = rest[random.integers(len(rest), size=len(empty))]
            books.append(words)
            rest = rest - words[own]
        return [book.astype(np.float32) for book in books]

    # ---- Measurements ----

    def _tensors(self) -> dict[str, Float32]:
        assert self.plan.mean is not None
        books = {f"codebooks.{level}": book.words.detach().cpu().numpy().copy() for level, book in enumerate(self.quantizer.levels)}
        return {
            "input.mean": self.plan.mean, "input.scale": np.array([self.plan.scale], np.float32),
            **self.encoder.tensors("encoder"), **self.decoder.tensors("decoder"), **books,
        }

    def _evaluate(self) -> dict[str, Any]:
        self.encoder.eval()
        self.decoder.eval()
        codes, error = [], 0.0
        with torch.no_grad():
            for first in range(0, len(self.judged), _EVALUATED_AT_ONCE):
                rows = self.judged[first : first + _EVALUATED_AT_ONCE]
                found, total = self.quantizer.encoded(self.encoder(rows))
                error += float((self.decoder(total) - rows).square().sum())
                codes.append(found.cpu().numpy())
        self.encoder.train()
        self.decoder.train()
        return self._evaluation(np.concatenate(codes), error / self.judged.numel())

    def _evaluation(self, codes: Any, error: float) -> dict[str, Any]:
        levels = level_usage(codes, self.sizes)
        score = error + float(self.schedule["collisionWeight"]) * levels[-1]["collisionRate"]
        return {"rows": len(codes), "relativeError": error, "levels": levels, "score": score, "isBest": False}

    # ---- All of it ----

    def run(self) -> tuple[Handle, dict[str, Any]]:
        begin, stepping = time.perf_counter(), 0.0
        best: tuple[float, int, dict[str, Float32]] | None = None
        history: list[str] = []
        collapses: list[dict[str, Any]] = []
        since = 0
        made, count = self.plan, len(self.vectors)
        # Dropout draws from torch's own generator, which is put back.
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(self.generator_seed)
            for epoch in range(1, made.epochs + 1):
                order = torch.from_numpy(np.random.default_rng([int(self.schedule["seed"]), 9, epoch]).permutation(count))
                order = order.to(self.device)
                records, codes = [], []
                for first in range(0, count, made.batch_size):
                    if not self.is_quantizing and self.done >= made.plain_steps:
                        self._start_codebooks()
                    numbers = order[first : first + made.batch_size]
                    # Batch normalization has no variance of a single row.
                    if len(numbers) == 1 and made.options["network"]["hasBatchNorm"] and count > 1:
                        numbers = torch.cat([numbers, order[:1]])
                    from_ = time.perf_counter()
                    records.append(self._step(self.rows[numbers]))
                    stepping += time.perf_counter() - from_
                    if self.is_quantizing:
                        codes.append(torch.stack([own for _, own in self.quantizer.seen], 1))
                    self.tell({"event": "step", "done": self.done, "total": self.total})
                used = level_usage(torch.cat(codes).cpu().numpy(), self.sizes) if codes else []
                record = self._record(epoch, records, used)
                if self.is_quantizing and (epoch == made.epochs or epoch % made.evaluation_interval == 0):
                    evaluation = self._evaluate()
                    if not math.isfinite(evaluation["relativeError"]):
                        raise self._divergence()
                    evaluation["isBest"] = best is None or evaluation["score"] < best[0]
                    since = 0 if evaluation["isBest"] else since + 1
                    if evaluation["isBest"]:
                        best = (evaluation["score"], epoch, self._tensors())
                    record["evaluation"] = evaluation
                history.append(json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n")
                self.tell({"event": "epoch", "epoch": record})
                collapses += self._collapses(epoch, used, sum(map(len, codes)), collapses)
                if 0 < int(self.schedule["patience"]) <= since:
                    break
        assert best is not None
        return self._finish(best, history, collapses, time.perf_counter() - begin, stepping)

    def _record(self, epoch: int, records: list[dict[str, Any]], used: list[dict[str, Any]]) -> dict[str, Any]:
        coded = [record for record in records if "errors" in record]

        def mean(name: str, of: list[dict[str, Any]]) -> Any:
            return torch.stack([record[name] for record in of]).double().mean(0).tolist() if of else []

        revived = np.sum([record["revived"] for record in coded], axis=0).tolist() if coded else []
        return {
            "epoch": epoch, "steps": self.done, "learningRate": self._rate(), "loss": mean("total", records),
            "reconstruction": mean("reconstruction", records), "quantization": mean("errors", coded),
            "entropy": mean("entropies", coded), "gradientNorm": mean("norm", records), "revived": revived, "levels": used,
        }  # fmt: skip

    def _collapses(
        self, epoch: int, used: list[dict[str, Any]], items: int, before: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Levels that use under half of the codes that they could, each told once."""
        found = []
        for level, own in enumerate(used):
            if any(known["level"] == level for known in before) or own["used"] * 2 >= min(own["size"], items // 2):
                continue
            remedy = self._remedy(own["size"])
            found.append({"epoch": epoch, "level": level, "used": own["used"], "size": own["size"], "remedy": remedy})
            warnings.warn(
                f"level {level} used {own['used']} of its {own['size']} codes in epoch {epoch}; {remedy}", SemidWarning,
                stacklevel=6,
            )
        return found

    def _remedy(self, size: int) -> str:
        own, found = self.plan.options["quantizer"], []
        if own["estimator"] == "rotation":
            found.append('estimator="straight-through"')
        if own["start"] != "k-means":
            found.append('start="k-means"')
        if own["revivalShare"] == 0:
            found.append("revival_share=0.05, which moves codes that are not used")
        if own["learning"] == "gradient":
            found.append('learning="ema"')
        if not own["sinkhornEpsilons"]:
            found.append("sinkhorn_epsilons=0.01, which assigns batches evenly")
        return "try " + ", or ".join([*found, f"a codebook_size below {size}"])

    def _finish(
        self, best: tuple[float, int, dict[str, Float32]], history: list[str], collapses: list[dict[str, Any]],
        seconds: float, stepping: float,
    ) -> tuple[Handle, dict[str, Any]]:
        model = model_of(self.kind, self.plan.options, best[2], "".join(history))
        # The engine measures the model that is kept, on all rows.
        held = Tokenizer()
        held._handle = model
        codes: UInt16 = held.encode(self.vectors, threads=self.threads or None)
        error, scale = 0.0, float(self.plan.scale) ** 2
        for first in range(0, len(codes), _EVALUATED_AT_ONCE):
            part = slice(first, first + _EVALUATED_AT_ONCE)
            rest = held.decode(codes[part], threads=self.threads or None).astype(np.float64) - self.vectors[part]
            error += float(np.square(rest).sum())
        evaluation = {**self._evaluation(codes, error / self.vectors.size / scale), "isBest": True}
        held._handle = None
        return model, {
            "rows": len(self.vectors), "dimension": self.vectors.shape[1], "batchSize": self.plan.batch_size,
            "epochs": len(history), "bestEpoch": best[1], "steps": self.done, "evaluation": evaluation,
            "collapses": collapses, "seconds": seconds,
            "samplesPerSecond": len(history) * len(self.vectors) / max(stepping, 1e-9),
        }  # fmt: skip


def level_usage(codes: Any, sizes: list[int]) -> list[dict[str, Any]]:
    """How the codes of each level are used, and the share of items whose codes up to it are not theirs alone."""
    result = []
    prefixes = np.zeros(len(codes), np.int64)
    for level, size in enumerate(sizes):
        own = codes[:, level].astype(np.int64)
        prefixes = np.unique(prefixes * size + own, return_inverse=True)[1].reshape(-1)
        collisions = 1 - (int(prefixes.max()) + 1) / len(codes)
        result.append({"size": size, **usage(np.bincount(own, minlength=size)), "collisionRate": collisions})
    return result
