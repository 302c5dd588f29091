"""The RQ-VAE, and RQ-KMeans+."""

from __future__ import annotations

import hashlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import semid

from .. import _files
from .._random import torch_seed
from ..core import (
    BaseSemanticEncoder,
    Embeddings,
    Float32,
    Int32,
    _validate_embeddings,
    check_codes,
    check_device,
)
from ..exceptions import NotFittedError
from . import _networks
from .rq_kmeans import _load_arrays

if TYPE_CHECKING:
    from .rq_vae_module import RQVAEModule

#: What `RQVAE.save` writes to ``metadata.json``, after semantic-id.
_KEYS = (
    "in_dim", "num_emb_list", "e_dim", "layers", "dropout_prob", "bn", "loss_type", "quant_loss_weight", "beta",
    "kmeans_init", "kmeans_iters", "sk_epsilons", "sk_iters",
)  # fmt: skip


class RQVAE(BaseSemanticEncoder):
    """An autoencoder whose latent vectors are quantized level by level.

    The arguments mean what they mean in semantic-id. What it has no argument for is the engine's: vectors are scaled, gradients
    are clipped, unused codewords are moved to vectors of the batch, and the best evaluation is kept.

    Args:
        in_dim: length of the vectors.
        num_emb_list: codes of each level; four levels of 256 by default.
        e_dim: length of a codeword.
        layers: widths of the encoder's hidden layers, reversed for the decoder; 512, 256, 128 by default.
        dropout_prob: share of each layer's inputs that training sets to zero.
        bn: batch normalization behind hidden layers.
        loss_type: ``"mse"`` or ``"l1"``.
        quant_loss_weight: weight of the quantization's loss.
        beta: weight of the term in it that pulls latent vectors to their codewords.
        kmeans_init: begin codebooks with k-means of latent vectors, not at random.
        kmeans_iters: not used: the engine's k-means ends by itself.
        sk_epsilons: of the balanced assignment of training batches, one a level; None or 0: nearest codewords.
        sk_iters: rounds of that assignment.
        lr, weight_decay: of AdamW.
        batch_size: rows of a step.
        epochs: passes over the rows.
        lr_scheduler: None holds `lr`; ``"cosine"`` lowers it to 0; ``"constant_with_warmup"`` raises it to `lr` first;
            ``"step"`` lowers it along a cosine to where the steps would end.
        warmup_epochs: epochs in which the rate rises; for ``"cosine"`` and ``"constant_with_warmup"``.
        lr_step_size, lr_gamma: of ``"step"``: each so many epochs, times so much.
        device: ``"cuda"`` and ``"mps"`` train by torch on that device, where torch has it; else the engine trains, on the
            processor. Codes are the engine's in both cases.
        verbose: True prints a line after each epoch, a number n after each n-th.

    Attributes:
        history_: ``loss``, ``recon_loss``, ``collision_rate`` and ``lr`` after each epoch.
        module: the weights as a torch module; needs torch.
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
        lr_scheduler: Literal["cosine", "step", "constant_with_warmup"] | None = None,
        warmup_epochs: int = 0,
        lr_step_size: int = 50,
        lr_gamma: float = 0.5,
        device: str = "cpu",
        verbose: bool | int = False,
    ) -> None:
        check_device(device)
        if lr_scheduler not in (None, "cosine", "step", "constant_with_warmup"):
            raise ValueError(
                f"Unknown lr_scheduler {lr_scheduler!r}, expected None, 'cosine', 'step' or 'constant_with_warmup'"
            )
        self.in_dim = in_dim
        self.num_emb_list = [256] * 4 if num_emb_list is None else list(num_emb_list)
        self.e_dim = e_dim
        self.layers = [512, 256, 128] if layers is None else list(layers)
        self.dropout_prob = dropout_prob
        self.bn = bn
        self.loss_type = loss_type
        self.quant_loss_weight = quant_loss_weight
        self.beta = beta
        self.kmeans_init = kmeans_init
        self.kmeans_iters = kmeans_iters
        self.sk_epsilons = sk_epsilons
        self.sk_iters = sk_iters
        self.lr = lr
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.lr_scheduler = lr_scheduler
        self.warmup_epochs = warmup_epochs
        self.lr_step_size = lr_step_size
        self.lr_gamma = lr_gamma
        self.device = device
        self.verbose = verbose
        self.history_: dict[str, list[float]] = {}
        self._model: semid.Tokenizer | None = None
        self._module: RQVAEModule | None = None
        #: What the module held when it was last equal to the engine's model.
        self._seen: str | None = None

    # ---- The engine's model, and torch's view of it ----

    @property
    def module(self) -> RQVAEModule:
        """The weights as a torch module on the processor. What is changed there is what `encode` and `save` use from then on."""
        if self._module is None:
            from ._torch import torch
            from .rq_kmeans_plus import ResidualEncoderWrapper
            from .rq_vae_module import RQVAEModule

            self._module = RQVAEModule(**self._metadata())
            if isinstance(self._model, semid.RQKMeansPlus):
                self._module.encoder = ResidualEncoderWrapper(self._module.encoder)
            if self._model is not None:
                state = _networks.state_dict(self._model)
                self._module.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()})
                self._module.eval()
                for layer in self._module.rq.vq_layers:
                    layer.initted = True
            self._seen = self._digest()
        return self._module

    def _digest(self) -> str:
        digest = hashlib.sha256()
        if self._module is not None:
            for name, value in self._module.state_dict().items():
                digest.update(name.encode())
                digest.update(value.detach().cpu().numpy().tobytes())
        return digest.hexdigest()

    def _is_edited(self) -> bool:
        return self._module is not None and self._digest() != self._seen

    def _tokenizer(self) -> semid.Tokenizer:
        """The engine's model, which follows the module's changes."""
        if self._is_edited():
            self._take_module()
        if self._model is None:
            raise NotFittedError("Model is not fitted yet. Call fit() first.")
        return self._model

    def _take_module(self) -> None:
        """Makes the engine's model of the module's weights."""
        from ._torch import torch
        from .rq_kmeans_plus import ResidualEncoderWrapper

        assert self._module is not None
        if isinstance(self._module.encoder, ResidualEncoderWrapper):
            raise NotImplementedError(
                "an RQ-KMeans+ module that was changed by hand has no form that the engine reads; "
                "train it by fit(X, pretrained_codebook_path=...)"
            )
        with tempfile.TemporaryDirectory() as folder:
            torch.save(self._module.state_dict(), Path(folder) / "model.pt")
            _files.write_json(Path(folder) / "metadata.json", {**self._metadata(), "type": "RQVAE"})
            self._model = semid.load(folder)
        self._seen = self._digest()

    def _metadata(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in _KEYS}

    # ---- What it does ----

    def fit(
        self, X: Embeddings, *, device: str | None = None, pretrained_codebook_path: str | None = None
    ) -> RQVAE:
        """Learns encoder, codebooks and decoder from N × in_dim vectors that differ.

        With fewer vectors than codes in a level, every vector counts as often as makes one a code.

        Args:
            pretrained_codebook_path: a .npz file with ``codebook_0`` …, such as `RQKMeans.save` writes. Then the encoder is
                x + f(x) and begins as x (RQ-KMeans+), and `e_dim` must be `in_dim`.

        The first weights are drawn by torch's global generator where torch is in use, else by numpy's.
        """
        vectors = _validate_embeddings(X, self.in_dim)
        where = str(self.device if device is None else device)
        check_device(where)
        if self.loss_type not in ("mse", "l1"):
            raise ValueError(f"incompatible loss type {self.loss_type!r}, expected 'mse' or 'l1'")
        self.history_ = {"loss": [], "recon_loss": [], "collision_rate": [], "lr": []}
        if pretrained_codebook_path is None and _has_device(where):
            self._fit_torch(vectors, where)
            return self
        if pretrained_codebook_path is None:
            made: semid.Tokenizer = semid.RQVAE(
                codebook_size=self.num_emb_list, code_dimension=self.e_dim, **self._engine_options()
            )
            start = None
        else:
            books = _load_arrays(pretrained_codebook_path, len(self.num_emb_list))
            shapes = [book.shape for book in books]
            if shapes != [(size, self.in_dim) for size in self.num_emb_list] or self.e_dim != self.in_dim:
                raise ValueError(
                    f"{pretrained_codebook_path}: expected codebooks of {self.num_emb_list} × in_dim {self.in_dim}, and e_dim "
                    f"the same, found shapes {shapes} and e_dim {self.e_dim}"
                )
            start = semid.RQKMeans.from_codebooks(books)
            made = semid.RQKMeansPlus(codebook_size=self.num_emb_list, skip="encoder", **self._engine_options())
        self._complete(made)
        if len(vectors) < max(self.num_emb_list):
            vectors = np.tile(vectors, (-(-max(self.num_emb_list) // len(vectors)), 1))
        with warnings.catch_warnings():
            if not self.verbose:
                # A short run of the package says nothing either.
                warnings.simplefilter("ignore", semid.SemidWarning)
            made.fit(vectors, start=start, progress=self._note)  # type: ignore[attr-defined]
        self._model = made if start is not None else _plain(made)
        module, self._module = self._module, None
        if module is not None:
            self._refill(module)
        return self

    def _fit_torch(self, vectors: Float32, where: str) -> None:
        """Trains the module by torch, and makes the engine's model of it."""
        from ._training import train

        module = self.module
        train(module, vectors, where, self, self._note)
        self._module, self._seen = module, None
        self._take_module()

    def _engine_options(self) -> dict[str, Any]:
        return {
            "hidden": self.layers, "activation": "relu", "dropout": self.dropout_prob, "batch_norm": self.bn,
            "learning": "gradient", "commitment": self.beta, "quantization_weight": self.quant_loss_weight,
            "sinkhorn_epsilons": self.sk_epsilons, "sinkhorn_iterations": self.sk_iters,
            "start": "k-means" if self.kmeans_init else "uniform", "epochs": self.epochs,
            "batch_size": self.batch_size, "loss": self.loss_type, "learning_rate": self.lr,
            "weight_decay": self.weight_decay, "evaluation_interval": 1, "seed": torch_seed(),
        }

    def _complete(self, made: Any) -> None:
        """The course of the learning rate. Codes count from the first step on, as in semantic-id."""
        warm, final = 0.0, 1.0
        if self.lr_scheduler in ("cosine", "constant_with_warmup"):
            warm = min(1.0, self.warmup_epochs / max(self.epochs, 1))
        if self.lr_scheduler == "cosine":
            final = 0.0
        elif self.lr_scheduler == "step":
            final = min(1.0, self.lr_gamma ** (self.epochs // max(self.lr_step_size, 1)))
        made._settings["optimizer"].update(warmUpShare=warm, finalShare=final)
        # A uniform start needs no latent vectors that mean something.
        plain = {} if self.kmeans_init else {"plainShare": 0.0}
        made._settings["schedule"].update(joinWarmUpShare=0.0, **plain)

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("event") != "epoch":
            return
        epoch = event["epoch"]
        evaluation = epoch.get("evaluation") or {}
        levels = evaluation.get("levels") or [{"collisionRate": 0.0}]
        self.history_["loss"].append(float(epoch["loss"]))
        self.history_["recon_loss"].append(float(epoch["reconstruction"]))
        self.history_["collision_rate"].append(float(levels[-1]["collisionRate"]))
        self.history_["lr"].append(float(epoch["learningRate"]))
        number, every = int(epoch["epoch"]), int(self.verbose)
        if every and (number % every == 0 or number == self.epochs):
            last = {name: values[-1] for name, values in self.history_.items()}
            print(
                f"epoch {number}/{self.epochs}: loss {last['loss']:.4f}, reconstruction {last['recon_loss']:.4f}, "
                f"collisions {last['collision_rate']:.4f}, rate {last['lr']:.2e}", file=sys.stderr,
            )

    def _refill(self, module: RQVAEModule) -> None:
        """Gives a module that was handed out before the new weights: whoever holds it sees the trained model."""
        from .rq_kmeans_plus import ResidualEncoderWrapper

        fresh = self.module
        wrapped, plus = isinstance(module.encoder, ResidualEncoderWrapper), isinstance(self._model, semid.RQKMeansPlus)
        if plus and not wrapped:
            module.encoder = ResidualEncoderWrapper(module.encoder)
        elif wrapped and not plus:
            module.encoder = module.encoder.mlp
        module.load_state_dict(fresh.state_dict())
        module.eval()
        self._module, self._seen = module, None
        self._seen = self._digest()

    def encode(self, X: Embeddings, *, device: str | None = None, batch_size: int | None = None) -> Int32:
        """The codes of N × in_dim vectors: N × L, int32. Neither `device` nor `batch_size` changes them."""
        model = self._tokenizer()
        check_device(device)
        return model.encode(_validate_embeddings(X, self.in_dim)).astype(np.int32)

    def decode(self, codes: Any) -> Float32:
        """The vectors that N × L codes stand for: N × in_dim."""
        model = self._tokenizer()
        return model.decode(check_codes(codes, model.level_sizes))

    # ---- Files ----

    def save(self, path: str) -> None:
        """Writes ``metadata.json`` and ``model.pt``, which semantic-id reads, too.

        RQ-KMeans+ is written to the folder ``semid`` instead of ``model.pt``: semantic-id cannot open its own such models.
        """
        model = self._tokenizer()
        folder = Path(path)
        metadata = {**self._metadata(), "type": "RQVAE"}
        if isinstance(model, semid.RQKMeansPlus):
            folder.mkdir(parents=True, exist_ok=True)
            model.save(folder / _files.EXACT)
            (folder / "model.pt").unlink(missing_ok=True)
        else:
            with tempfile.TemporaryDirectory() as scratch:
                model.save(Path(scratch) / "model", form="semantic-id")
                weights = (Path(scratch) / "model" / "model.pt").read_bytes()
            _files.write(folder / "model.pt", lambda file: file.write_bytes(weights))
        _files.write_json(folder / "metadata.json", metadata)

    @classmethod
    def load(cls, path: str, *, device: str = "cpu") -> RQVAE:
        """Opens a directory that this class or semantic-id wrote.

        Raises:
            FileNotFoundError: there is none.
            ValueError: its files are not such a model's, or do not fit together.
        """
        folder = Path(path)
        found = _files.read_json(
            folder / "metadata.json", "an RQVAE", {"in_dim": int, "num_emb_list": list, "e_dim": int, "layers": list}
        )
        made = cls(**{key: found[key] for key in _KEYS if key in found}, device=device)
        if (folder / "model.pt").exists():
            with tempfile.TemporaryDirectory() as scratch:
                # The folder may hold more than the two files, and metadata of older versions fewer keys.
                _files.write_json(Path(scratch) / "metadata.json", {**made._metadata(), "type": "RQVAE"})
                (Path(scratch) / "model.pt").write_bytes((folder / "model.pt").read_bytes())
                made._model = semid.load(scratch)
        elif (folder / _files.EXACT).is_dir():
            made._model = semid.load(folder / _files.EXACT)
        else:
            raise FileNotFoundError(2, "No such file or directory", str(folder / "model.pt"))
        return made

    def __getstate__(self) -> dict[str, Any]:
        self._model = None if self._model is None and not self._is_edited() else self._tokenizer()
        return {**self.__dict__, "_module": None, "_seen": None}


def _has_device(where: str) -> bool:
    """Whether torch is installed and has this accelerator."""
    if where.split(":")[0] not in ("cuda", "mps"):
        return False
    try:
        from ._torch import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available() if where.startswith("cuda") else torch.backends.mps.is_available())


def _plain(model: semid.Tokenizer) -> semid.Tokenizer:
    """The model as its files in semantic-id's form hold it, so that it gives the same codes before and after them."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model", form="semantic-id")
        return semid.load(Path(folder) / "model")
