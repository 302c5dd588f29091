"""The files of Examples/serve do what they say: checked by the programs that read them, where these are installed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import RunningServer

from semid.client import Client, ServerError, UnreachableError

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "Examples" / "serve"

#: A server that answers every query after some milliseconds, as a process of its own.
SERVER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from scripted import ScriptedServer, result
name = sys.argv[2]
def script(place, request):
    time.sleep(0.005)
    return result({"hits": [{"item": name + " " + request.target.split("?")[0], "semantic_id": "<a_1>", "codes": [1]}]})
with ScriptedServer(script) as server:
    print(server.url, flush=True)
    time.sleep(600)
"""


def program(name: str, variable: str) -> str:
    found = os.environ.get(variable) or shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        pytest.skip(f"{name} is not installed, and {variable} names none")
    return found


def test_dockerfile() -> None:
    hadolint = next(
        (path for path in (Path(folder) / "bin" / "hadolint" for folder in sys.path) if path.exists()), None
    )
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, "--failure-threshold", "info", FILES / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_as_nobody() -> None:
    """What hadolint does not ask for: pinned bases, no root, exec form, a check of health that needs no shell."""
    text = (FILES / "Dockerfile").read_text()
    lines = [line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line and not line.startswith("#")]
    last = lines[max(place for place, line in enumerate(lines) if line.startswith("FROM ")) :]
    for base in re.findall(r"^ARG (?:SWIFT|RUNTIME)=(.*)$", text, re.M):
        assert ":" in base and not base.endswith(":latest"), base
    (user,) = [line.split()[1] for line in last if line.startswith("USER ")]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), user
    for word in ("ENTRYPOINT", "CMD"):
        assert any(line.startswith(word + " [") for line in last), word
    (health,) = [line for line in last if line.startswith("HEALTHCHECK ")]
    assert " CMD [" in health
    assert not any(line.startswith("ADD ") for line in lines)
    assert not any(line.startswith("RUN ") for line in last), "the last stage has no shell"


def test_systemd_unit(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "SEMID_SYSTEMD_ANALYZE")
    text = (FILES / "semid.service").read_text()
    (start,) = re.findall(r"^ExecStart=(\S+)", text, re.M)
    # It looks whether the program is there.
    unit = tmp_path / "semid.service"
    unit.write_text(text.replace(f"ExecStart={start}", f"ExecStart={shutil.which('true')}"))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    grace = int(re.findall(r"--grace (\d+)", text)[0])
    assert int(re.findall(r"^TimeoutStopSec=(\d+)", text, re.M)[0]) > grace


def test_prometheus() -> None:
    promtool = program("promtool", "SEMID_PROMTOOL")
    done = subprocess.run(
        [promtool, "check", "config", "--syntax-only", FILES / "prometheus.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        return int(made.getsockname()[1])


class Servers:
    """Two servers, and nginx before them with the configuration of Examples/serve, TLS included."""

    def __init__(
        self, folder: Path, nginx: str, openssl: str, processes: list[subprocess.Popen[str]], urls: list[str]
    ) -> None:
        subprocess.run(
            [
                openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
                folder / "cert.pem", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            ],
            check=True, capture_output=True,
        )
        self.context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        self.processes, self.urls = processes, urls
        port = free_port()
        self.url = f"https://127.0.0.1:{port}"
        text = (FILES / "nginx.conf").read_text()
        for number, url in zip((8081, 8082), self.urls, strict=True):
            text = text.replace(f"127.0.0.1:{number}", url.removeprefix("http://"))
        text = text.replace("listen 8443 ssl;", f"listen 127.0.0.1:{port} ssl;").replace("/etc/semid/tls", str(folder))
        (folder / "nginx.conf").write_text(
            f"""daemon off; error_log {folder}/error.log; pid {folder}/pid; worker_processes 1;
events {{ worker_connections 256; }}
http {{ access_log off;
{"".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
{text} }}"""
        )
        self.nginx = subprocess.Popen(
            [nginx, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        self.log = folder / "error.log"
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.nginx.stderr.read() if self.nginx.poll() is not None else "nginx does not listen")  # type: ignore[union-attr]

    def close(self) -> None:
        for process in (self.nginx, *self.processes):
            process.kill()
            process.communicate()


@pytest.fixture
def servers(tmp_path: Path) -> Any:
    nginx, openssl = program("nginx", "SEMID_NGINX"), program("openssl", "SEMID_OPENSSL")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SERVER, Path(__file__).parent, name], stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    urls = [process.stdout.readline().strip() for process in processes]  # type: ignore[union-attr]
    made = Servers(tmp_path, nginx, openssl, processes, urls)
    yield made
    made.close()


def test_a_replica_dies_and_no_request_fails(servers: Servers) -> None:
    found: list[str] = []
    faults: list[BaseException] = []
    ends = threading.Event()

    def ask() -> None:
        try:
            # No retries of its own: what comes through is the load balancer's work.
            with Client(servers.url, index="shop", retries=0, context=servers.context) as client:
                while not ends.is_set():
                    found.append(client.query(np.ones(8), k=1).hits[0].item.split()[0])
        except (ServerError, UnreachableError) as error:
            faults.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    assert set(found) == {"one", "two"}
    servers.processes[1].kill()
    servers.processes[1].wait()
    before = len(found)
    time.sleep(1.5)
    ends.set()
    for thread in threads:
        thread.join()
    assert not faults, (faults, servers.log.read_text())
    # The six requests under way may have come from either.
    assert len(found) > before + 50 and set(found[before + 12 :]) == {"one"}


def test_changes_go_to_the_writer_alone(servers: Servers) -> None:
    with Client(servers.url, index="shop", context=servers.context) as client:
        for _ in range(6):
            for path, method in (("items", "PUT"), ("items/delete", "POST"), ("compact", "POST")):
                reply = client._transport.request(method, f"/v1/indexes/shop/{path}", body=b"{}")
                assert reply.json()["result"]["hits"][0]["item"].startswith("one ")
        for path in ("reload", "rollback"):
            with pytest.raises(ServerError) as raised:
                client._transport.request("POST", f"/v1/indexes/shop/{path}")
            assert raised.value.status == 404
        with pytest.raises(ServerError):
            client.metrics()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_real_replica_ends_and_no_request_fails(
    serving: str, index: Any, vectors: Any, tmp_path: Path, how: signal.Signals
) -> None:
    """`semid serve` itself: one replica is killed, or told to end, while searches run."""
    nginx, openssl = program("nginx", "SEMID_NGINX"), program("openssl", "SEMID_OPENSSL")
    replicas = [RunningServer(serving, f"shop={index.path}") for _ in range(2)]
    servers = Servers(tmp_path, nginx, openssl, [one.process for one in replicas], [one.url for one in replicas])
    wanted = [found for found in index.search(vectors[:8], k=3).ids]
    faults: list[BaseException] = []
    counts = [0] * 4
    ends = threading.Event()

    def ask(worker: int) -> None:
        try:
            with Client(servers.url, index="shop", retries=0, context=servers.context) as client:
                while not ends.is_set():
                    place = counts[worker] % 8
                    assert client.query(vectors[place], k=3).items == wanted[place]
                    counts[worker] += 1
        except BaseException as error:  # noqa: BLE001: looked at below
            faults.append(error)

    threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    replicas[1].process.send_signal(how)
    replicas[1].process.wait()
    before = sum(counts)
    time.sleep(2)
    ends.set()
    for thread in threads:
        thread.join()
    log = servers.log.read_text()
    servers.close()
    assert not faults, (faults, log)
    assert before > 20 and sum(counts) > before + 20
