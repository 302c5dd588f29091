"""HTTP to one server: connections that are kept, deadlines, tokens, and requests that are sent again."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import threading
import time
import urllib.parse
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from .errors import InputError, ServerError, UnreachableError

Connection = Union[http.client.HTTPConnection, http.client.HTTPSConnection]

JSON_TYPE, BINARY_TYPE = "application/json", "application/octet-stream"

#: What a connection raises that the server, or something on the way, has closed since it was last used.
_CLOSED = (ConnectionError, http.client.BadStatusLine)


class _Kept:
    """A thread's connection, which is closed with the thread."""

    __slots__ = ("connection", "process")

    def __init__(self, connection: Connection) -> None:
        self.connection, self.process = connection, os.getpid()

    def __del__(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class Reply:
    """An answer with status 200."""

    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ServerError(
                status=200, kind="malformed", source=self.url, expected="an answer in JSON", found=str(error)
            ) from None


class Transport:
    """Requests to one server. Any number of threads may use it: each has its own connection."""

    def __init__(
        self, url: str, token: str | None, timeout: float, retries: int, context: ssl.SSLContext | None
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise InputError("url", expected="http://HOST:PORT or https://HOST:PORT", found=repr(url))
        if parts.username is not None or parts.password is not None:
            raise InputError("url", expected="no user and password in it", found=parts.hostname, remedy="give token=")
        try:
            self._port = parts.port
        except ValueError as error:
            raise InputError("url", expected="a port from 0 to 65535", found=str(error)) from None
        if context is not None and parts.scheme != "https":
            raise InputError("context", expected="an https:// url beside it", found=repr(url))
        if token is not None and (not token or not token.isascii() or not token.isprintable() or " " in token):
            raise InputError("token", expected="printable ASCII without spaces", found="something else")
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise InputError("retries", expected="a whole number from 0 on", found=repr(retries))
        self.url = url.rstrip("/")
        self.token, self.retries, self.context = token, retries, context
        self.timeout = seconds(timeout)
        self._host, self._base = parts.hostname, urllib.parse.urlsplit(self.url).path
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._tls = context if context is not None else ssl.create_default_context()
        self._local = threading.local()
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._lock = threading.Lock()

    # ---- Connections ----

    def _connection(self, remaining: float) -> Connection:
        """This thread's connection. One that was opened before a fork belongs to the other process."""
        kept: _Kept | None = getattr(self._local, "kept", None)
        if kept is not None and kept.process == os.getpid():
            return kept.connection
        made: Connection
        if self._tls is not None:
            made = http.client.HTTPSConnection(self._host, self._port, timeout=remaining, context=self._tls)
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=remaining)
        self._local.kept = _Kept(made)
        with self._lock:
            self._open.add(made)
        return made

    def _drop(self) -> None:
        kept: _Kept | None = getattr(self._local, "kept", None)
        if kept is not None:
            kept.connection.close()
            self._local.kept = None

    def close(self) -> None:
        """Closes the connections of all threads. A later request opens new ones."""
        with self._lock:
            for connection in list(self._open):
                connection.close()

    # ---- Requests ----

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        content_type: str = JSON_TYPE,
        accept: str = JSON_TYPE,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        repeatable: bool = True,
    ) -> Reply:
        """Sends a request, and again where that may help and the deadline allows it.

        Args:
            path: percent-encoded, from the root of the server on.
            timeout: seconds for everything; by default the transport's own.
            repeatable: whether the request may be carried out twice.
        """
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        target = self._base + path + ("?" + urllib.parse.urlencode(asked) if asked else "")
        sent = {"Accept": accept, "User-Agent": "semid-python", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = content_type
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        left = self.retries
        while True:
            try:
                return self._once(method, target, body, sent, deadline, repeatable)
            except ServerError as error:
                wait = error.retry_after
                if error.status != 503 or wait is None or not repeatable or left == 0:
                    raise
                if wait >= deadline - time.monotonic():
                    raise
                left -= 1
                time.sleep(wait)

    def _once(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], deadline: float, repeatable: bool
    ) -> Reply:
        url = self.url[: len(self.url) - len(self._base)] + target
        while True:
            connection = self._connection(self._remaining(deadline, url))
            kept = connection.sock is not None
            try:
                return self._exchange(connection, method, target, body, headers, deadline, url)
            except (ServerError, InputError):
                raise
            except UnreachableError:
                self._drop()
                raise
            except _CLOSED as error:
                self._drop()
                # A server ends connections that were idle for long. Only a kept one is tried anew: each attempt drops
                # it, so there is one second attempt.
                if not (kept and repeatable):
                    raise UnreachableError(url, str(error) or type(error).__name__) from error
            except (TimeoutError, socket.timeout) as error:
                self._drop()
                raise UnreachableError(url, "no answer in time", timed_out=True) from error
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                raise UnreachableError(url, str(error) or type(error).__name__) from error
            except BaseException:
                # What is left of this answer must not be taken for the next one.
                self._drop()
                raise

    def _exchange(
        self, connection: Connection, method: str, target: str, body: bytes | None, headers: Mapping[str, str],
        deadline: float, url: str,
    ) -> Reply:
        remaining = self._remaining(deadline, url)
        if connection.sock is None:
            connection.timeout = remaining
            # It sets TCP_NODELAY, so that small requests go out at once.
            connection.connect()
        else:
            connection.sock.settimeout(remaining)
        try:
            connection.request(method, target, body=body, headers=dict(headers))
        except (BrokenPipeError, ConnectionResetError):
            # A server that refuses a body, for its size or for want of a token, may answer before it has read all of it.
            if connection.sock is None:
                raise
        connection.sock.settimeout(self._remaining(deadline, url))
        response = connection.getresponse()
        pieces: list[bytes] = []
        while True:
            # The socket is gone once the last byte of an answer was read that ends with its connection.
            if connection.sock is not None:
                connection.sock.settimeout(self._remaining(deadline, url))
            piece = response.read(1 << 20)
            if not piece:
                break
            pieces.append(piece)
        answer = b"".join(pieces)
        announced = response.getheader("Content-Length", "")
        # Read piece by piece, an answer that ends too soon goes unnoticed.
        if announced.isdecimal() and len(answer) < int(announced):
            raise http.client.IncompleteRead(answer, int(announced) - len(answer))
        if response.will_close:
            self._drop()
        if response.status != 200:
            raise _fault(response, answer, url)
        return Reply({name.lower(): value for name, value in response.getheaders()}, answer, url)

    @staticmethod
    def _remaining(deadline: float, url: str) -> float:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise UnreachableError(url, "no answer in time", timed_out=True)
        return remaining


def seconds(value: float) -> float:
    """A time in seconds from outside."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 3600:
        raise InputError("timeout", expected="seconds above 0, at most 3600", found=repr(value))
    return float(value)


def _fault(response: http.client.HTTPResponse, body: bytes, url: str) -> ServerError:
    wait = response.getheader("Retry-After")
    retry_after = float(wait) if wait is not None and wait.isdecimal() else None
    try:
        told = json.loads(body)
        status = told["status"] if isinstance(told, dict) and isinstance(told.get("status"), dict) else told
        message = status.get("error") if isinstance(status, dict) else None
    except ValueError:
        status, message = {}, None
    if not isinstance(message, str):
        # Something between the client and the server answered, such as a load balancer.
        return ServerError(
            status=response.status, kind="http", source=url, retry_after=retry_after,
            message=f"{url}: expected an answer of semid serve, found {response.status} {response.reason}",
        )
    parts = {name: value for name, value in status.items() if isinstance(value, str)}
    return ServerError(
        status=response.status, kind=parts.get("kind", "http"), source=parts.get("source", url),
        place=parts.get("place"), expected=parts.get("expected"), found=parts.get("found"), remedy=parts.get("remedy"),
        message=message, retry_after=retry_after,
    )
