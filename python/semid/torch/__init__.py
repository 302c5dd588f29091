"""Training and encoding on a device of torch: a GPU, or the processor.

>>> model = semid.RQKMeans(levels=3, codebook_size=256).fit(vectors, device="cuda")
>>> codes = model.encode(vectors, device="cuda")        # the codes of model.encode(vectors)
>>> semid.torch.encode(model, vectors, device="cuda").decided_again

Needs torch: the extra ``[torch]``. Models that were trained on a device are models like any other: the
engine holds them, saves them and decides their codes.
"""

from __future__ import annotations

from ._encoding import Encoding, encode

__all__ = ["Encoding", "encode"]
