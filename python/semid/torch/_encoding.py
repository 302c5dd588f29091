"""Codes on a device, which are those of the engine.

A device adds up products in an order of its own, so its distances differ from the engine's in their last digits, and a row
that lies halfway between two codewords could get another code. So each decision of the device is held against a bound of
what rounding may have done, on either side. Rows with a decision that is closer than the bound, at any level, are given to
the engine.

**The bound.** u = 2⁻²⁴ is the unit of rounding. Let r be what a row has left at a level, c a codeword, m the mean of the
level's codewords, d their length, p the codeword's price (0 without prices), and D = |r − c|² + p, which the engine compares.

1. The device has r′ = fl(r − m) and c′ = fl(c − m): distances stay, and numbers become smaller. Each is off by at most u of its
   length, so r′ − c′ is off by at most e₁ = u S, with S = |r′| + max |c′|.
2. Its r may differ from the engine's r by a vector of length E. Subtracting codewords is one rounding a number, which is
   the same everywhere (IEEE 754). For devices that do it differently, E grows by 2u|r| a level all the same. Scaling to unit
   length, in float64, adds 4u; in float32, where a device has nothing else, 2u(d + 16).
3. With e = e₁ + E, distances are off by at most 2e S + e².
4. The device's score is s = fl(|c′|² + p − 2⟨r′, c′⟩). In float32 a sum of d products, in any order and with or without fused
   operations, is off by at most γ(d) Σ|r′ⱼc′ⱼ| ≤ γ(d) |r′||c′|, with γ(n) = nu / (1 − nu) (Higham, Accuracy and Stability of
   Numerical Algorithms, 2002, section 3.1). |c′|² + p is rounded once, and the two are put together with two roundings. In all this is
   less than (d + 8) u (S² + p). Twice as much is taken, (d + 16) 2u (S² + p), which also pays for |r′|².
5. The engine compares the float32 sums of (rⱼ − cⱼ)², of which each term is off by a few u and the sum by γ(d): less than
   κ = (d + 16) 2u of D and p.

So D of the best codeword is certainly least in the engine, too, when the least score s₁ and the next one s₂ are apart by

    s₂ − s₁ > 1.01 · (2 ε + κ (D₁ + D₂ + 2 ε + 4 p)),    ε = (d + 16) 2u (S² + p) + 2.1 e S + e²,

where D₁ and D₂ are |r′|² + s₁ and |r′|² + s₂, and p the largest price in magnitude. This is looked at for each row and level. Where S²
is below 2⁻⁸⁰ or above 2¹²⁰, products may vanish or overflow: the engine decides. So it does where anything is not finite, since no
comparison with NaN holds.

TF32 and bfloat16 keep fewer digits than the bound asks for. They are switched off while codes are computed, and a product is
tried that shows whether they are. Where it shows that they are not, the engine decides every row.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _library as library
from .._arrays import ArrayLike, Float32, Int64, UInt16
from ..errors import InputError, SemidWarning
from ..tokenizers import RQKMeans, Tokenizer, _out
from ._devices import Rows, device_of, full_precision, has_doubles, multiplies_in_float32, to_device, torch

_UNIT = 2.0**-24
#: Scores of a block: rows × codewords, at most.
_SCORES = {"cpu": 1 << 21, "": 1 << 25}


@dataclass(frozen=True)
class Encoding:
    """Codes that a device computed, and which of them the engine had to decide."""

    #: N × L, uint16: the codes that ``encode`` without a device gives.
    codes: UInt16
    #: The rows whose codes the engine decided, ascending.
    decided_again: Int64
    #: The device, such as ``cuda:0``.
    device: str


def encode(
    model: Tokenizer,
    vectors: ArrayLike,
    *,
    device: Any,
    beam: int | None = None,
    balance: str | None = None,
    threads: int | None = None,
    out: UInt16 | None = None,
) -> Encoding:
    """The codes of vectors, computed on a device: those that ``model.encode(vectors)`` gives, all of them.

    Rows that lie so near the border between two codewords that rounding could change their code are decided by the engine
    on the processor. The latent vectors of an autoencoder are the engine's: no useful bound holds through its layers.

    Args:
        model: any tokenizer that encodes row by row.
        vectors: N × d; also a tensor that lies on the device.
        device: ``"cuda"``, ``"cuda:1"``, ``"mps"``, ``"cpu"``, or a ``torch.device``.
        beam: partial codes kept of every vector; by default the model's own. Only 1 can be computed on a device.
        balance: as of `RQKMeans.encode`; ``"strict"`` is refused, since its codes depend on all rows together.
        threads: the most threads of the engine.
        out: where the codes go: N × L uint16 in C order. A new array by default.

    Raises:
        InputError: the model's rule does not go row by row and level by level (a beam, ``balance="strict"``), torch has no
            such device, or the vectors cannot be encoded.
    """
    where = device_of(device)
    levels = _levels(model, beam, balance)
    rows = Rows(vectors, where)
    count = library.thread_count(threads) or None
    codes = _out(out, (rows.shape[0], model.levels), np.dtype(np.uint16))
    if rows.shape[1] != model.dimension or rows.shape[0] == 0:
        # The engine says what is wrong, if anything is.
        return Encoding(_engine(model, rows.all(), balance, count, codes), np.empty(0, np.int64), str(where))
    if not isinstance(model, RQKMeans):
        rows = Rows(model.latents(rows.all(), threads=count), where)
        given: Rows = Rows(vectors, where)
    else:
        given = rows
    with full_precision(), torch.no_grad():
        if not multiplies_in_float32(where):
            warnings.warn(
                f"{where} multiplies in fewer digits than a float32 has: the engine decides all codes on the processor",
                SemidWarning, stacklevel=2,
            )
            everything = np.arange(rows.shape[0], dtype=np.int64)
            return Encoding(_engine(model, given.all(), balance, count, codes), everything, str(where))
        quantizer = _Quantizer(levels, where, _rule(model))
        doubtful, is_bad = _device_codes(quantizer, rows, codes)
    if is_bad:
        _engine(model, given.all(), balance, count, codes)
    elif len(doubtful):
        codes[doubtful] = _engine(model, given.taken(doubtful), balance, count, None)
    return Encoding(codes, doubtful, str(where))


def _engine(
    model: Tokenizer, vectors: Float32, balance: str | None, threads: int | None, out: UInt16 | None
) -> UInt16:
    return model._encode(vectors, 1 if isinstance(model, RQKMeans) else 0, balance, threads, out)


@dataclass(frozen=True)
class _Rule:
    """How vectors become what is quantized."""

    is_cosine: bool = False
    scales_rests: bool = False


def _rule(model: Tokenizer) -> _Rule:
    options = model.info.get("kMeans") or {}
    return _Rule(options.get("metric") == "cosine", bool(options.get("normalizesResiduals")))


def _levels(model: Tokenizer, beam: int | None, balance: str | None) -> list[tuple[Float32, Float32]]:
    """Codewords and prices of each level.

    Raises:
        InputError: the model's codes are not the nearest codewords, level by level.
    """
    prices = False
    if isinstance(model, RQKMeans):
        own = model.info["kMeans"]
        width = int(own["beam"]) if beam is None else library.whole(beam, "beam", 1)
        if width != 1:
            raise InputError(
                "device", kind="unsupported", expected="beam 1, which decides level by level", found=f"beam {width}",
                remedy="leave device out, or give beam=1",
            )
        rule = own["balance"] if balance is None else balance
        if rule not in ("none", "price"):
            raise InputError(
                "device", kind="unsupported",
                expected='balance "none" or "price", whose codes depend on each row alone', found=f'balance "{rule}"',
                remedy='leave device out, or give balance="price"',
            )
        prices = rule == "price"
    elif balance is not None or beam is not None:
        raise InputError(
            "beam, balance", kind="unsupported", expected="neither for this kind of model", found=f"{beam!r}, {balance!r}"
        )
    found = []
    width = int(model.info["codebookDimension"])
    for level in range(model.levels):
        with library.result("semid_tokenizer_codebook", model._number, level) as result:
            book = result.array("codewords").reshape(-1, width)
            if prices and not result.has("prices"):
                raise InputError(
                    "balance", kind="unsupported", expected='a model with prices for balance="price"', found="one without",
                    remedy='train it with balance="price" or "strict"',
                )
            price = result.array("prices") if prices else np.zeros(len(book), np.float32)
            found.append((book, price))
    return found


class _Level:
    """A codebook on the device, about the mean of its codewords."""

    def __init__(self, words: Float32, prices: Float32, device: Any) -> None:
        self.words = to_device(words, device)
        exact = words.astype(np.float64)
        center = exact.mean(axis=0).astype(np.float32)
        moved = (exact - center).astype(np.float32)
        squares = np.square(moved.astype(np.float64)).sum(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            offsets = (squares + prices).astype(np.float32)
        self.center = to_device(center, device)
        self.moved = to_device(moved, device)
        self.offsets = to_device(offsets, device)
        #: max |c′| and the largest price in magnitude, rounded up.
        self.longest = float(np.sqrt(squares.max())) * (1 + 2.0**-20)
        self.dearest = float(np.abs(prices.astype(np.float64)).max())


class _Quantizer:
    """The codes of blocks of rows, and which of them are in doubt."""

    def __init__(self, levels: list[tuple[Float32, Float32]], device: Any, rule: _Rule) -> None:
        self.levels = [_Level(words, prices, device) for words, prices in levels]
        self.rule = rule
        self.width = levels[0][0].shape[1]
        self.has_doubles = has_doubles(device)
        most = _SCORES.get(device.type, _SCORES[""])
        self.rows_at_once = max(64, most // max(len(words) for words, _ in levels))

    def __call__(self, rows: Any) -> tuple[Any, Any, Any]:
        """Codes (n × L, int64), the rows that are in doubt, and those that no level can do anything with."""
        rest, off = rows, torch.zeros(len(rows), device=rows.device)
        bad = ~torch.isfinite(rest).all(1)
        if self.rule.is_cosine:
            bad |= (rest == 0).all(1)
            rest, off = self._directions(rest, off)
        codes = torch.empty((len(rows), len(self.levels)), dtype=torch.int64, device=rows.device)
        doubtful = bad.clone()
        for number, level in enumerate(self.levels):
            if self.rule.scales_rests:
                rest, off = self._directions(rest, off)
            code, is_sure = decide(rest, off, level)
            codes[:, number] = code
            doubtful |= ~is_sure
            if number + 1 < len(self.levels):
                rest = rest - level.words[code]
                off = off + 2 * _UNIT * torch.linalg.vector_norm(rest, dim=1)
        return codes, doubtful, bad

    def _directions(self, rows: Any, off: Any) -> tuple[Any, Any]:
        """Rows scaled to unit length, and how far they may be from the engine's."""
        if self.has_doubles:
            exact = rows.double()
            length = torch.linalg.vector_norm(exact, dim=1)
            made, own = (exact / length[:, None]).float(), 4 * _UNIT
            length = length.float()
        else:
            length = torch.linalg.vector_norm(rows, dim=1)
            made, own = rows / length[:, None], 2 * _UNIT * (self.width + 16)
        # A vector that is off by E is off by 2 E / |r| as a direction, unless E is about as long as it.
        moved = 2.02 * off / length + own
        return made, torch.where(off < length / 2, moved, torch.full_like(moved, torch.inf))


def scores(rest: Any, level: _Level) -> Any:
    """s = |c′|² + p − 2⟨r′, c′⟩ of each row r′ and codeword c′."""
    return torch.addmm(level.offsets, rest, level.moved.T, alpha=-2)


def bound(length: Any, off: Any, level: _Level) -> Any:
    """ε of rows whose |r′| is `length`, and that may be `off` from the engine's."""
    reach = length + level.longest
    share = (level.words.shape[1] + 16) * 2 * _UNIT
    moved = _UNIT * reach + off
    return share * (reach * reach + level.dearest) + 2.1 * moved * reach + moved * moved


def decide(rest: Any, off: Any, level: _Level) -> tuple[Any, Any]:
    """The nearest codeword of each row, and whether the engine would choose it for certain."""
    moved = rest - level.center
    # |r′| is rounded, too: a little more than it is.
    length = torch.linalg.vector_norm(moved, dim=1) * (1 + 2.0**-10 + moved.shape[1] * _UNIT)
    found = scores(moved, level)
    best, code = found.min(1)
    reach = (length + level.longest).square()
    in_range = (reach > 2.0**-80) & (reach < 2.0**120)
    if found.shape[1] == 1:
        return code, in_range & torch.isfinite(best)
    found.scatter_(1, code[:, None], torch.inf)
    second = found.amin(1)
    epsilon = bound(length, off, level)
    share = (level.words.shape[1] + 16) * 2 * _UNIT
    square = length * length
    own = share * ((square + best).abs() + (square + second).abs() + 2 * epsilon + 4 * level.dearest)
    is_sure = second - best > 1.01 * (2 * epsilon + own)
    return code, is_sure & in_range & torch.isfinite(second)


def _device_codes(
    quantizer: _Quantizer, rows: Rows, codes: UInt16
) -> tuple[npt.NDArray[np.int64], bool]:
    """Fills in all codes. Returns the rows in doubt, and whether there is one that the engine is to refuse."""
    doubts = []
    for start in range(0, rows.shape[0], quantizer.rows_at_once):
        stop = min(rows.shape[0], start + quantizer.rows_at_once)
        found, doubtful, bad = quantizer(rows.block(start, stop))
        if bool(bad.any()):
            return np.arange(rows.shape[0], dtype=np.int64), True
        codes[start:stop] = found.to(torch.int32).cpu().numpy()
        doubts.append(np.flatnonzero(doubtful.cpu().numpy()) + start)
    return np.concatenate(doubts).astype(np.int64), False
