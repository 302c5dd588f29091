"""Seeds from the generators that the package draws from."""

from __future__ import annotations

import sys

import numpy as np


def seed() -> int:
    """From numpy's global generator, so `numpy.random.seed` makes a run repeatable."""
    return int(np.random.randint(0, 2**31 - 1))


def torch_seed() -> int:
    """From torch's global generator where torch is in use, so `torch.manual_seed` makes a run repeatable; else numpy's."""
    torch = sys.modules.get("torch")
    if torch is None:
        return seed()
    return int(torch.randint(0, 2**31 - 1, ()).item())
