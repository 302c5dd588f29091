"""What can go wrong, as exceptions that name it part by part."""

from __future__ import annotations

from typing import Any


class SemidError(Exception):
    """Every exception of this package."""


class InputError(SemidError, ValueError):
    """Something that came from outside and cannot be used: an argument, an array, a file.

    Attributes:
        kind: ``usage``, ``malformed``, ``missing``, ``mismatch``, ``unsupported``, ``io`` or ``cannotCreate``.
        source: the argument or file that was looked at.
        place: where in it, such as ``row 17``; None where that cannot be said.
        expected: what would have been right.
        found: what was there instead.
        remedy: what to do about it.

    Args:
        message: all of it as one text; put together from the parts by default.
    """

    kind: str
    source: str
    place: str | None
    expected: str | None
    found: str | None
    remedy: str | None

    def __init__(
        self,
        source: str,
        *,
        kind: str = "usage",
        place: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
        message: str | None = None,
    ) -> None:
        self.kind, self.source, self.place = kind, source, place
        self.expected, self.found, self.remedy = expected, found, remedy
        super().__init__(message if message is not None else self._text())

    def _text(self) -> str:
        text = self.source + (f": {self.place}" if self.place else "")
        if self.expected and self.found:
            text += f": expected {self.expected}, found {self.found}"
        elif self.expected:
            text += f": expected {self.expected}"
        else:
            text += f": {self.found or self.kind}"
        return text + (f"; {self.remedy}" if self.remedy else "")

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self.__dict__, str(self))


class FileError(InputError, OSError):
    """A file that is not there, cannot be read, or cannot be written."""


class ServerError(SemidError):
    """A fault that a server answered with.

    Attributes:
        status: of HTTP, such as 404.
        kind: what kind of fault: ``missing``, ``unauthorized``, ``busy`` and others, as the server's description of its
            interface lists them; ``http`` where the answer is not of ``semid serve``.
        source, place, expected, found, remedy: as in `InputError`.
        retry_after: seconds that the server asks to wait; None where it does not.
        message: the whole text.
    """

    def __init__(
        self,
        *,
        status: int,
        kind: str,
        source: str,
        place: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
        message: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.status, self.kind, self.source, self.place = status, kind, source, place
        self.expected, self.found, self.remedy = expected, found, remedy
        self.retry_after = retry_after
        super().__init__(
            message
            if message is not None
            else str(InputError(source, kind=kind, place=place, expected=expected, found=found, remedy=remedy))
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _server_error, (self.__dict__, str(self))


class UnreachableError(SemidError, OSError):
    """No answer came from a server: it is not there, it ended, or the time was over.

    Attributes:
        url: that was asked for.
        reason: what happened.
        timed_out: whether the time was over.
    """

    def __init__(self, url: str, reason: str, *, timed_out: bool = False) -> None:
        self.url, self.reason, self.timed_out = url, reason, timed_out
        super().__init__(f"{url}: {reason}")

    def __reduce__(self) -> tuple[object, ...]:
        return _unreachable, (self.url, self.reason, self.timed_out)


class ClosedError(SemidError, RuntimeError):
    """A model, index, registry or constraint that was closed already."""


class Cancelled(SemidError):
    """A call that its progress function ended."""


class InternalError(SemidError, RuntimeError):
    """A fault of the engine that has no name of its own; please report it."""


class SemidWarning(UserWarning):
    """Input that can be used, and probably is not what was meant."""


def _restored(kind: type[InputError], parts: dict[str, str | None], message: str) -> InputError:
    return kind(message=message, **parts)  # type: ignore[arg-type]


def _server_error(parts: dict[str, Any], message: str) -> ServerError:
    return ServerError(message=message, **parts)


def _unreachable(url: str, reason: str, timed_out: bool) -> UnreachableError:
    return UnreachableError(url, reason, timed_out=timed_out)
