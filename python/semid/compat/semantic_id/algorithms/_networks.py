"""An autoencoder's weights between the engine's files and semantic-id's state dict.

The engine scales vectors before the encoder, (x − m) / s, and scales back behind the decoder. The state dict has no place for
that, so it is worked into the first and last layers. With a skip, z = y + f(y) for y = (x − m) / s, and s z + m is what the state
dict's encoder gives: x + s f(y). Its first codebook is then s C + m, and the others are s C.
"""

from __future__ import annotations

import json
import struct
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

import semid

from ..core import Float32

Float64 = npt.NDArray[np.float64]


def tensors(model: semid.Tokenizer) -> dict[str, Float32]:
    """The tensors of an engine's model, by their names in its file."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        raw = (Path(folder) / "model" / "model.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    found: dict[str, Float32] = {}
    for name, entry in json.loads(raw[8 : 8 + length]).items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            found[name] = np.frombuffer(raw[start:end], "<f4").reshape(entry["shape"])
    return found


def _layers(found: dict[str, Float32], network: str) -> list[dict[str, Float64]]:
    count = sum(name.startswith(network + ".") and name.count(".") == 2 and name.endswith(".weight") for name in found)
    layers = []
    for index in range(count):
        prefix = f"{network}.{index}."
        layers.append({n[len(prefix) :]: v.astype(np.float64) for n, v in found.items() if n.startswith(prefix)})
    return layers


def _state(layers: list[dict[str, Float64]], network: str) -> dict[str, npt.NDArray[np.float32 | np.int64]]:
    """Layers as a Sequential of Dropout, Linear, BatchNorm1d where there is any, and ReLU."""
    step = 4 if any("norm.scale" in layer for layer in layers) else 3
    state: dict[str, npt.NDArray[np.float32 | np.int64]] = {}
    for index, layer in enumerate(layers):
        place = f"{network}.mlp_layers.{index * step + 1}"
        state[place + ".weight"] = layer["weight"].astype(np.float32)
        state[place + ".bias"] = layer["bias"].reshape(-1).astype(np.float32)
        if "norm.scale" in layer:
            norm = f"{network}.mlp_layers.{index * step + 2}."
            pairs = {"weight": "scale", "bias": "shift", "running_mean": "mean", "running_var": "variance"}
            for name, own in pairs.items():
                state[norm + name] = layer["norm." + own].reshape(-1).astype(np.float32)
            state[norm + "num_batches_tracked"] = np.array(0, np.int64)
    return state


def state_dict(model: semid.Tokenizer) -> dict[str, npt.NDArray[np.float32 | np.int64]]:
    """The state dict of semantic-id's module with the model's weights."""
    found = tensors(model)
    mean, scale = found["input.mean"].reshape(-1).astype(np.float64), float(found["input.scale"].reshape(-1)[0])
    encoder, decoder = _layers(found, "encoder"), _layers(found, "decoder")
    has_skip = isinstance(model, semid.RQKMeansPlus)
    _scale_input(encoder[0], mean, scale)
    if has_skip:
        encoder[-1]["weight"] *= scale
        encoder[-1]["bias"] *= scale
        _scale_input(decoder[0], mean, scale)
    decoder[-1]["weight"] *= scale
    decoder[-1]["bias"] = decoder[-1]["bias"] * scale + mean
    state = _state(encoder, "encoder.mlp" if has_skip else "encoder")
    for level in range(model.levels):
        book = found[f"codebooks.{level}"].astype(np.float64)
        if has_skip:
            book = book * scale + (mean if level == 0 else 0)
        state[f"rq.vq_layers.{level}.embedding.weight"] = book.astype(np.float32)
    return {**state, **_state(decoder, "decoder")}


def _scale_input(layer: dict[str, Float64], mean: Float64, scale: float) -> None:
    layer["weight"] = layer["weight"] / scale
    layer["bias"] = layer["bias"].reshape(-1) - layer["weight"] @ mean
