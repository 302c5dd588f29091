"""The package's exceptions. Bad input that the engine itself finds is `semid.InputError`, a ValueError, too."""

from __future__ import annotations


class SemanticIdError(Exception):
    """Every exception that is this interface's own."""


class NotFittedError(SemanticIdError):
    """An encoder that was asked for codes or vectors before it was trained."""


class ShapeMismatchError(SemanticIdError, ValueError):
    """An array of another shape than the call needs."""
