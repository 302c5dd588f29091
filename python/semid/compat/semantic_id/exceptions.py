"""The package's exceptions."""

from __future__ import annotations


class SemanticIdError(Exception):
    """All of the following."""


class NotFittedError(SemanticIdError):
    """An encoder that was used before it was fitted."""


class ShapeMismatchError(SemanticIdError, ValueError):
    """An array of another shape than the encoder takes."""
