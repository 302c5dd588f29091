"""Tokenizers: vectors to codes and back."""

from __future__ import annotations

import ctypes as c
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from . import _arrays as arrays
from . import _library as library
from ._arrays import ArrayLike, Float32, UInt16
from ._library import Handle, Progress
from .errors import ClosedError, InputError

Self = TypeVar("Self", bound="Tokenizer")
Made = TypeVar("Made", bound="_Autoencoder")


class NotFittedError(ClosedError):
    """A tokenizer that was asked for codes before it was trained."""


class Tokenizer:
    """What all kinds of tokenizers have. Make one of `RQKMeans`, `RQVAE`, `VQVAE`, `RQKMeansPlus`, or `load` one.

    A tokenizer may be used from any number of threads, and be pickled: its files go along.
    """

    kind: ClassVar[str] = ""
    #: What training measured; None for a model that was loaded.
    report: dict[str, Any] | None

    def __init__(self) -> None:
        self._handle: Handle | None = None
        self._cached: dict[str, Any] | None = None
        self.report = None

    # ---- What it is ----

    @property
    def is_fitted(self) -> bool:
        """Whether there is a model."""
        return self._handle is not None and self._handle.is_open

    @property
    def _number(self) -> int:
        if self._handle is None:
            raise NotFittedError(f"this {type(self).__name__} is not trained yet; call fit() or load() first")
        return self._handle.number

    @property
    def info(self) -> dict[str, Any]:
        """What the model is, with the options that it was trained with."""
        number = self._number
        if self._cached is None:
            with library.result("semid_tokenizer_info", number) as result:
                self._cached = result.json()
        return self._cached

    @property
    def dimension(self) -> int:
        """Length of the vectors it takes."""
        return int(self.info["dimension"])

    @property
    def level_sizes(self) -> list[int]:
        """Codebook size of each level."""
        return list(self.info["levelSizes"])

    @property
    def levels(self) -> int:
        """Codes per item."""
        return len(self.level_sizes)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the model. What is built with a model records it, and refuses another."""
        return str(self.info["fingerprint"])

    @property
    def codebooks(self) -> list[Float32]:
        """The codewords of each level, K × d; of a latent space where the model has one."""
        width = int(self.info["codebookDimension"])
        found = []
        for level in range(self.levels):
            with library.result("semid_tokenizer_codebook", self._number, level) as result:
                found.append(result.array("codewords").reshape(-1, width))
        return found

    @property
    def weights(self) -> dict[str, Float32]:
        """A copy of all weights, under the names and in the order of the model's file ``model.safetensors``.

        Vectors, such as a layer's bias, have one dimension, and matrices two.
        """
        with library.result("semid_tokenizer_weights", self._number) as result:
            return {
                tensor["name"]: _shaped(tensor, result.array(tensor["name"])) for tensor in result.json()
            }

    # ---- What it does ----

    def encode(
        self, vectors: ArrayLike, *, threads: int | None = None, out: UInt16 | None = None, device: Any = None
    ) -> UInt16:
        """The codes of vectors: N × L, uint16.

        Args:
            vectors: N × d. float32 in C order is used in place.
            threads: the most threads; all processors by default. The codes do not depend on it.
            out: where the codes go: N × L uint16 in C order. A new array by default.
            device: where torch computes, such as ``"cuda"``; by default the engine computes. The codes do not depend on
                it: see `semid.torch.encode`.
        """
        if device is not None:
            return _on_device(self, vectors, device, None, None, threads, out)
        return self._encode(vectors, 0, None, threads, out)

    def _encode(
        self, vectors: ArrayLike, beam: int, balance: str | None, threads: int | None, out: UInt16 | None
    ) -> UInt16:
        number = self._number
        matrix = arrays.vectors(vectors)
        shape = (matrix.shape[0], self.levels)
        codes = _out(out, shape, np.dtype(np.uint16))
        library.call(
            "semid_tokenizer_encode", number, arrays.matrix(matrix), library.text("vectors"), beam,
            library.text(balance), library.thread_count(threads), library.address(codes), codes.size,
        )
        return codes

    def decode(self, codes: ArrayLike, *, threads: int | None = None, out: Float32 | None = None) -> Float32:
        """The vectors that `codes` stand for: N × d, float32.

        Args:
            out: where the vectors go: N × d float32 in C order. A new array by default.
        """
        number = self._number
        given = arrays.codes(codes)
        vectors = _out(out, (given.shape[0], self.dimension), np.dtype(np.float32))
        library.call(
            "semid_tokenizer_decode", number, arrays.code_struct(given), library.thread_count(threads),
            library.address(vectors), vectors.size,
        )
        return vectors

    def latents(self, vectors: ArrayLike, *, threads: int | None = None) -> Float32:
        """The vectors that are quantized: an encoder's output, or the vectors themselves."""
        number = self._number
        matrix = arrays.vectors(vectors)
        found = np.empty((matrix.shape[0], int(self.info["codebookDimension"])), np.float32)
        library.call(
            "semid_tokenizer_latents", number, arrays.matrix(matrix), library.text("vectors"),
            library.thread_count(threads), library.address(found), found.size,
        )
        return found

    # ---- Files ----

    def save(self, path: str | os.PathLike[str], *, form: str = "semid") -> None:
        """Writes the model's directory, whole or not at all: the bytes that ``semid train`` writes.

        Args:
            path: the directory. One that is there is replaced only where its files say that semid wrote them.
            form: ``"semantic-id"`` writes the files of the Python package semantic-id instead.
        """
        library.call("semid_tokenizer_save", self._number, library.path_text(path), library.text(form))

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str]) -> Self:
        """Opens a model directory: ours, or one of the Python package semantic-id."""
        made = load(path)
        if cls is not Tokenizer and type(made) is not cls:
            kind = made.kind
            made.close()
            raise InputError(
                os.fspath(path), kind="mismatch", expected=f"a model of type {cls.kind}", found=kind,
                remedy="semid.load() opens any kind",
            )
        return made  # type: ignore[return-value]

    def close(self) -> None:
        """Frees the model. It is freed with the object, too."""
        if self._handle is not None:
            self._handle.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        state = {k: v for k, v in self.__dict__.items() if k not in ("_handle", "_cached")}
        if self.is_fitted:
            with tempfile.TemporaryDirectory() as folder:
                model = Path(folder) / "model"
                self.save(model)
                state["_files"] = {file.name: file.read_bytes() for file in sorted(model.iterdir())}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        files: dict[str, bytes] | None = state.pop("_files", None)
        self.__dict__.update(state)
        self._handle, self._cached = None, None
        if files is not None:
            with tempfile.TemporaryDirectory() as folder:
                model = Path(folder) / "model"
                model.mkdir()
                for name, data in files.items():
                    (model / Path(name).name).write_bytes(data)
                self._handle = library.handle("semid_tokenizer_open", library.path_text(model))

    def _train(
        self, kind: str, options: dict[str, Any], vectors: ArrayLike, start: Tokenizer | None, threads: int | None,
        progress: Progress | None,
    ) -> None:
        matrix = arrays.vectors(vectors)
        start_number = 0 if start is None else start._number
        text, count = library.options(options), library.thread_count(threads)

        def train(watch: library.Watch) -> tuple[Handle, dict[str, Any]]:
            model, report = c.c_uint64(), c.c_uint64()
            library.call(
                "semid_tokenizer_train", library.text(kind), text, arrays.matrix(matrix), library.text("vectors"),
                start_number, count, watch, c.byref(model), c.byref(report),
            )
            with library.Result(report.value) as result:
                return Handle(model.value), result.json()

        self._handle, self.report = library.watched(train, progress)
        self._cached = None

    def _take(self, trained: tuple[Handle, dict[str, Any]]) -> None:
        """Becomes the model that was trained on a device."""
        self._handle, self.report = trained
        self._cached = None

    def __repr__(self) -> str:
        if not self.is_fitted:
            return f"<{type(self).__name__}, not trained>"
        return f"<{type(self).__name__} {self.dimension} → {'·'.join(map(str, self.level_sizes))}, {self.fingerprint[:12]}>"


def _on_device(
    model: Tokenizer, vectors: ArrayLike, device: Any, beam: int | None, balance: str | None, threads: int | None,
    out: UInt16 | None,
) -> UInt16:
    from .torch import encode

    return encode(model, vectors, device=device, beam=beam, balance=balance, threads=threads, out=out).codes


def _shaped(tensor: Mapping[str, Any], values: Float32) -> Float32:
    """Weights and codewords are matrices, even of one row; the rest are vectors."""
    is_matrix = tensor["name"].endswith(".weight") or tensor["name"].startswith("codebooks.")
    return values.reshape(tensor["rows"], tensor["columns"]) if is_matrix else values


def _out(given: npt.NDArray[Any] | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if given is None:
        return np.empty(shape, dtype)
    if not isinstance(given, np.ndarray) or given.dtype != dtype or given.shape != shape:
        found = f"{given.dtype} {given.shape}" if isinstance(given, np.ndarray) else type(given).__name__
        raise InputError("out", expected=f"a numpy array of {dtype} {shape}", found=found)
    if not (given.flags.c_contiguous and given.flags.aligned and given.flags.writeable):
        raise InputError("out", expected="an array in C order that may be written", found="another")
    return given


def _level_sizes(levels: int | None, codebook_size: int | Sequence[int]) -> list[int]:
    if isinstance(codebook_size, (int, np.integer)) and not isinstance(codebook_size, bool):
        count = library.whole(3 if levels is None else levels, "levels", 1, 65_536)
        return [library.whole(codebook_size, "codebook_size", 1, 65_536)] * count
    if isinstance(codebook_size, (bool, str, bytes)) or not hasattr(codebook_size, "__iter__"):
        raise InputError("codebook_size", expected="a number, or one a level", found=repr(codebook_size)[:80])
    sizes = [library.whole(size, "codebook_size", 1, 65_536) for size in codebook_size]
    if not sizes or (levels is not None and levels != len(sizes)):
        raise InputError("codebook_size", expected=f"{levels or 'at least one'} numbers", found=f"{len(sizes)}")
    return sizes


class RQKMeans(Tokenizer):
    """Residual k-means: a codebook for the vectors, then for what it leaves over.

    >>> model = semid.RQKMeans(levels=3, codebook_size=256).fit(vectors)
    >>> codes = model.encode(vectors)          # N × 3, uint16

    Args:
        levels: codes per item; 3 by default, or as many as `codebook_size` gives.
        codebook_size: codes of every level, or one number a level.
        metric: ``"l2"``, or ``"cosine"``, which scales vectors to unit length.
        balance: how evenly codes are used: ``"none"``, ``"price"`` or ``"strict"``.
        normalize_residuals: scale every residual to unit length; such a model does not decode.
        sample_size: rows to train on, drawn evenly; by default 1,024 a code and 262,144 at least.
        beam: partial codes kept of every vector when it is encoded; 1 takes the nearest codeword level by level.
        refinement: rounds that move the codewords of all levels together once they are trained, at most.
        subspace_levels: how many of the last levels quantize a subspace of a learnt rotation (OPQ).
        start: first centroids: ``"auto"``, ``"random"``, ``"k-means++"`` or ``"k-means||"``.
        restarts: runs of k-means a level, of which the best is kept.
        iterations: rounds of k-means a level, at most.
        tolerance: a level ends when a round lowers its error by less than this share.
        seed: of all random choices, 0 to 2^64-1. Equal seeds give equal models, for any number of threads.
        seed_reach: how far from the mean the first centroids lie, as a share of how far the drawn rows do.
    """

    kind = "rq-kmeans"

    def __init__(
        self,
        levels: int | None = None,
        codebook_size: int | Sequence[int] = 256,
        *,
        metric: str = "l2",
        balance: str = "none",
        normalize_residuals: bool = False,
        sample_size: int | None = None,
        beam: int = 1,
        refinement: int = 0,
        subspace_levels: int = 0,
        start: str = "auto",
        restarts: int = 1,
        iterations: int = 25,
        tolerance: float = 1e-4,
        seed: int = 42,
        seed_reach: float | None = None,
    ) -> None:
        super().__init__()
        k_means = {
            "start": start, "restarts": restarts, "iterations": iterations, "tolerance": tolerance,
            "seed": library.seed(seed),
            "seedReach": seed_reach,
        }
        self._settings: dict[str, Any] = {
            "levelSizes": _level_sizes(levels, codebook_size), "metric": metric, "balance": balance,
            "normalizesResiduals": normalize_residuals, "sampleSize": sample_size, "beam": beam,
            "refinement": refinement, "subspaceLevels": subspace_levels,
            "kMeans": {k: v for k, v in k_means.items() if v is not None},
        }

    def fit(
        self, vectors: ArrayLike, *, threads: int | None = None, progress: Progress | None = None, device: Any = None
    ) -> RQKMeans:
        """Learns the codebooks.

        Args:
            vectors: N × d, finite, N at least the largest codebook.
            threads: the most threads; all processors by default. The model does not depend on it.
            progress: called with a dict after every round. An exception that it raises ends the training, and so does
                Ctrl-C; the tokenizer then is as it was.
            device: where torch trains: ``"cuda"``, ``"mps"``, ``"cpu"``, or a ``torch.device``. By default the engine
                trains, on the processor. The two go by the same rules, with random numbers of their own; `balance`,
                `refinement` and `subspace_levels` are the engine's alone.
        """
        if device is not None:
            from .torch._rq_kmeans import train

            rows = arrays.on_processor(vectors)
            self._take(train(self._settings, rows, device, library.thread_count(threads), progress))
            return self
        self._train(self.kind, self._settings, vectors, None, threads, progress)
        return self

    def encode(
        self,
        vectors: ArrayLike,
        *,
        beam: int | None = None,
        balance: str | None = None,
        threads: int | None = None,
        out: UInt16 | None = None,
        device: Any = None,
    ) -> UInt16:
        """The codes of vectors: N × L, uint16.

        Args:
            beam: partial codes kept of every vector; by default the model's own.
            balance: ``"strict"`` shares the rows out evenly, ``"price"`` goes by the model's prices, ``"none"`` by distance
                alone. By default what the model was trained for.
            threads: the most threads; all processors by default. The codes do not depend on it.
            out: where the codes go: N × L uint16 in C order. A new array by default.
            device: where torch computes, such as ``"cuda"``; by default the engine computes. The codes do not depend on
                it: see `semid.torch.encode`. A beam and ``"strict"`` are the engine's alone.
        """
        if device is not None:
            return _on_device(self, vectors, device, beam, balance, threads, out)
        width = 0 if beam is None else library.whole(beam, "beam", 1)
        return self._encode(vectors, width, balance, threads, out)

    @classmethod
    def from_codebooks(
        cls,
        codebooks: Sequence[ArrayLike],
        *,
        prices: Sequence[ArrayLike] | None = None,
        balance: str | None = None,
        metric: str = "l2",
        beam: int = 1,
    ) -> RQKMeans:
        """A model of codebooks that were trained elsewhere.

        Args:
            codebooks: one K × d array a level.
            prices: one array of K numbers a level, in squared distance: encoding adds a codeword's price to its distance, so
                that codes are used evenly. `weights` of a balanced model has them as ``prices.0`` and so on.
            balance: ``"price"`` or ``"strict"`` with prices, ``"price"`` by default; ``"none"`` without.
            metric: as of the class.
            beam: as of the class.
        """
        books = [arrays.vectors(book, f"codebooks[{level}]") for level, book in enumerate(codebooks)]
        if not books or len({book.shape[1] for book in books}) != 1:
            raise InputError(
                "codebooks", kind="mismatch", expected="at least one array, all of one width",
                found=str([book.shape for book in books]),
            )
        sizes = np.array([len(book) for book in books], np.int64)
        if balance is None:
            balance = "none" if prices is None else "price"
        together = np.concatenate(books)
        levels = [] if prices is None else [arrays.row(price, f"prices[{i}]") for i, price in enumerate(prices)]
        if prices is not None and [len(price) for price in levels] != sizes.tolist():
            raise InputError(
                "prices", kind="mismatch", expected=f"one a codeword: {sizes.tolist()}",
                found=str([len(price) for price in levels]),
            )
        values = np.concatenate(levels) if levels else np.empty(0, np.float32)
        model = cls(codebook_size=sizes.tolist(), metric=metric, beam=beam, balance=balance)
        model._handle = library.handle(
            "semid_tokenizer_of_codebooks", arrays.matrix(together), library.address(sizes), len(sizes),
            library.address(values) if levels else None, len(values),
            library.options({"metric": metric, "beam": beam, "balance": balance}),
        )
        return model


class _Autoencoder(Tokenizer):
    """The options that all autoencoders share. None leaves an option to the engine, whose default depends on the kind."""

    def __init__(
        self,
        sizes: list[int] | None,
        *,
        hidden: Sequence[int] | None = None,
        code_dimension: int | None = None,
        activation: str | None = None,
        dropout: float | None = None,
        batch_norm: bool | None = None,
        skip: str | None = None,
        learning: str | None = None,
        ema_decay: float | None = None,
        estimator: str | None = None,
        commitment: float | None = None,
        quantization_weight: float | None = None,
        entropy_weight: float | None = None,
        sinkhorn_epsilons: float | Sequence[float] | None = None,
        sinkhorn_iterations: int | None = None,
        start: str | None = None,
        revival_share: float | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        loss: str | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        patience: int | None = None,
        evaluation_interval: int | None = None,
        evaluation_rows: int | None = None,
        collision_weight: float | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        epsilons = [sinkhorn_epsilons] if isinstance(sinkhorn_epsilons, (int, float)) else sinkhorn_epsilons
        groups: dict[str, dict[str, Any]] = {
            "network": {
                "hidden": None if hidden is None else list(hidden), "codeDimension": code_dimension,
                "activation": activation, "dropout": dropout, "hasBatchNorm": batch_norm, "skip": skip,
            },
            "quantizer": {
                "learning": learning, "emaDecay": ema_decay, "estimator": estimator, "commitment": commitment,
                "weight": quantization_weight, "entropyWeight": entropy_weight,
                "sinkhornEpsilons": None if epsilons is None else list(epsilons),
                "sinkhornIterations": sinkhorn_iterations, "start": start, "revivalShare": revival_share,
            },
            "optimizer": {"learningRate": learning_rate, "weightDecay": weight_decay},
            "schedule": {
                "epochs": epochs, "batchSize": batch_size, "loss": loss, "patience": patience,
                "evaluationInterval": evaluation_interval, "evaluationRows": evaluation_rows,
                "collisionWeight": collision_weight, "seed": None if seed is None else library.seed(seed),
            },
        }
        self._settings: dict[str, Any] = {"levelSizes": sizes}
        for name, group in groups.items():
            given = {key: value for key, value in group.items() if value is not None}
            if given:
                self._settings[name] = given

    def fit(
        self: Any,
        vectors: ArrayLike,
        *,
        start: Tokenizer | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
        device: Any = None,
    ) -> Any:
        """Learns encoder, codebooks and decoder; the best evaluation is kept.

        Args:
            vectors: N × d, finite, that differ; N at least the largest codebook.
            threads: the most threads; all processors by default. The model does not depend on it.
            device: where torch trains: ``"cuda"``, ``"mps"``, ``"cpu"``, or a ``torch.device``. By default the engine
                trains, on the processor. The two go by the same stages and options, with random numbers of their own.
            start: a trained model whose codes the codebooks start from, such as an `RQKMeans`.
            progress: called with a dict after every step and epoch. An exception that it raises ends the training, and so
                does Ctrl-C; the tokenizer then is as it was.
        """
        if device is not None:
            from .torch._rq_vae import train

            rows, count = arrays.on_processor(vectors), library.thread_count(threads)
            self._take(train(self.kind, self._settings, rows, device, start, count, progress))
            return self
        self._train(self.kind, self._settings, vectors, start, threads, progress)
        return self

    @classmethod
    def from_weights(cls: type[Made], weights: Mapping[str, ArrayLike], **options: Any) -> Made:
        """A model of weights that were trained elsewhere.

        >>> model = semid.RQVAE.from_weights(safetensors.numpy.load_file("model/model.safetensors"))

        Args:
            weights: arrays under the names that ``model.safetensors`` of a saved model has: ``encoder.0.weight``
                (outputs × inputs, as PyTorch's Linear has it), ``encoder.0.bias``, and with batch normalization
                ``encoder.0.norm.scale``, ``.shift``, ``.mean`` and ``.variance``; so on for every layer, and for the
                ``decoder``, whose layers have the encoder's widths in reverse; ``codebooks.0`` (codes × code dimension)
                and so on. The activation stands behind every layer but the last; normalization goes before it.
                ``input.mean`` (d numbers) and ``input.scale`` (one) say how vectors are scaled, (x - mean) / scale;
                without them vectors go in as they are. Other floats are converted to float32.
            options: those of the class, such as ``activation="gelu"``, which the weights do not tell; they are kept with the
                model. Levels, layers, code dimension and normalization are those of the weights.

        Raises:
            InputError: a tensor is missing, not known, of another shape or not finite, or options and weights differ.
        """
        named = arrays.NamedMatrices(weights, "weights")
        model: Any = cls.__new__(cls)
        _Autoencoder.__init__(model, None, **options)
        settings = {key: value for key, value in model._settings.items() if value is not None}
        model._handle = library.handle(
            "semid_tokenizer_of_weights", library.text(cls.kind), named.tensors, len(named.tensors), library.options(settings)
        )
        model._settings = dict(model.info["autoencoder"])
        made: Made = model
        return made


class RQVAE(_Autoencoder):
    """An autoencoder whose latent vector is quantized residually.

    >>> model = semid.RQVAE(levels=3, codebook_size=256, epochs=100).fit(vectors)

    Options are those of ``semid train rq-vae``; ``semid.defaults("rq-vae", rows=N)`` says what they are by default.

    Args:
        levels: codes per item; 3 by default, or as many as `codebook_size` gives.
        codebook_size: codes of every level, or one number a level.
        **options: those below; None or absent: the default of the kind.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        code_dimension: length of the latent vector and of codewords.
        activation: ``"relu"``, ``"silu"`` or ``"gelu"``.
        dropout: share of each layer's inputs that training sets to zero.
        batch_norm: whether hidden layers normalize their values over the batch.
        skip: where a network's input is added to its output: ``"none"``, ``"encoder"`` or ``"both"``.
        learning: what moves the codewords: ``"ema"``, averages of their vectors, or ``"gradient"``.
        ema_decay: share of the old average that each step keeps.
        estimator: the gradient through the quantization: ``"straight-through"`` or ``"rotation"``.
        commitment: weight of the term that pulls latent vectors to their codewords.
        quantization_weight: weight of the quantization's terms beside the reconstruction.
        entropy_weight: weight of a term for even use of the codes.
        sinkhorn_epsilons: of the balanced assignment of training batches: one number, or one a level; 0: nearest codewords.
        sinkhorn_iterations: rounds of that assignment.
        start: first codewords: ``"k-means"`` of latent vectors, or ``"uniform"``.
        revival_share: a codeword whose use falls below this share of the mean use is moved to a vector of the batch.
        epochs: passes over the rows; by default as many as make about 4,000 steps.
        batch_size: rows of a step.
        loss: ``"mse"`` or ``"l1"``.
        learning_rate, weight_decay: of AdamW.
        patience: ends training after so many evaluations without a better one; 0: never.
        evaluation_interval: epochs from one evaluation to the next.
        evaluation_rows: rows of an evaluation.
        collision_weight: of the collision rate in the score by which the best evaluation is chosen.
        seed: of all random choices, 0 to 2^64-1. Equal seeds give equal models, for any number of threads.
    """

    kind = "rq-vae"

    def __init__(self, levels: int | None = None, codebook_size: int | Sequence[int] = 256, **options: Any) -> None:
        super().__init__(_level_sizes(levels, codebook_size), **options)


class RQKMeansPlus(_Autoencoder):
    """Residual k-means on x + MLP(x), which is learnt.

    Args:
        levels: codes per item; 3 by default, or as many as `codebook_size` gives.
        codebook_size: codes of every level, or one number a level.
        **options: as of `RQVAE`, without `code_dimension`.
    """

    kind = "rq-kmeans-plus"

    def __init__(self, levels: int | None = None, codebook_size: int | Sequence[int] = 256, **options: Any) -> None:
        super().__init__(_level_sizes(levels, codebook_size), **options)


class VQVAE(_Autoencoder):
    """An autoencoder whose latent vector is one codeword of a large codebook.

    Args:
        codebook_size: by default 4,096, or fewer so that each code has four vectors.
        **options: as of `RQVAE`.
    """

    kind = "vq-vae"

    def __init__(self, codebook_size: int | None = None, **options: Any) -> None:
        super().__init__(None if codebook_size is None else _level_sizes(1, codebook_size), **options)


_KINDS: dict[str, type[Tokenizer]] = {kind.kind: kind for kind in (RQKMeans, RQVAE, VQVAE, RQKMeansPlus)}


def adopt(handle: Handle) -> Tokenizer:
    """The object of a model that the engine has open."""
    with library.result("semid_tokenizer_info", handle.number) as result:
        info = result.json()
    kind = _KINDS[info["kind"]]
    made = kind.__new__(kind)
    Tokenizer.__init__(made)
    made._handle, made._cached = handle, info
    own = info.get("kMeans") or info.get("autoencoder") or {}
    made._settings = dict(own)  # type: ignore[attr-defined]
    return made


def load(path: str | os.PathLike[str]) -> Tokenizer:
    """Opens a model directory of any kind: ours, or one of the Python package semantic-id."""
    return adopt(library.handle("semid_tokenizer_open", library.path_text(path)))


def defaults(of: str, rows: int | None = None) -> dict[str, Any]:
    """The engine's default options.

    Args:
        of: ``rq-kmeans``, ``rq-kmeans-plus``, ``rq-vae``, ``vq-vae``, ``resolve``, ``index``, ``search`` or ``evaluate``.
        rows: the number of vectors, where defaults depend on it.
    """
    with library.result("semid_defaults", library.text(of), -1 if rows is None else library.whole(rows, "rows")) as result:
        found: dict[str, Any] = result.json()
        return found
