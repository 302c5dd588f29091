"""A server of HTTP/1.1 that does what a test says, to see what the client makes of it."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: What a test answers a request with: the bytes of the answer, and whether the connection ends.
Answer = tuple[bytes, bool]


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    #: Number of the connection.
    connection: int


def answer(
    body: Any, status: str = "200 OK", content_type: str = "application/json", close: bool = False, **headers: str
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + raw, close


def result(value: Any, **rest: Any) -> Answer:
    return answer({"result": value, "status": "ok", "time": 0.001}, **rest)


def fault(status: str, kind: str, error: str, **rest: str) -> Answer:
    headers = {name: rest.pop(name) for name in ("Retry_After",) if name in rest}
    return answer({"status": {"error": error, "kind": kind, **rest}, "time": 0.0}, status, **headers)


@dataclass
class ScriptedServer:
    """Calls `script` for each request with its number; an exception there ends the connection."""

    script: Callable[[int, Request], Answer]
    context: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> ScriptedServer:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock, self._open, self._ends = threading.Lock(), [], False
        scheme = "http" if self.context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends = True
        # Closed alone, it would take one more connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Ends all connections, as a server does that is restarted."""
        with self._lock:
            for one in self._open:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                one.close()
            self._open.clear()

    def _accept(self) -> None:
        number = 0
        while not self._ends:
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self._serve, args=(taken, number), daemon=True).start()

    def _serve(self, taken: socket.socket, number: int) -> None:
        try:
            if self.context is not None:
                taken = self.context.wrap_socket(taken, server_side=True)
            with self._lock:
                self._open.append(taken)
            with taken.makefile("rb") as stream:
                while request := self._read(stream, number):
                    with self._lock:
                        self.requests.append(request)
                        place = len(self.requests) - 1
                    raw, ends = self.script(place, request)
                    taken.sendall(raw)
                    if ends:
                        break
        except Exception:  # noqa: BLE001: whatever it is, the connection ends
            pass
        finally:
            taken.close()

    @staticmethod
    def _read(stream: Any, number: int) -> Request | None:
        first = stream.readline().decode().split()
        if len(first) != 3:
            return None
        headers = {}
        while line := stream.readline().decode().rstrip("\r\n"):
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = stream.read(int(headers.get("content-length", 0)))
        return Request(first[0], first[1], headers, body, number)
