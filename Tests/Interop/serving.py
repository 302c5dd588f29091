"""The HTTP service against what its users and its enemies send.

    serving.py SEMID            the service alone, at the full lengths

As part of interop.py the same checks run with short lengths. Environment: SEMID_SERVE_EXAMPLES (schemathesis, per
operation), SEMID_SERVE_RAW (malformed requests), SEMID_SERVE_KILLS, SEMID_SERVE_SECONDS (steady load).
"""

import base64
import contextlib
import http.client
import importlib.util
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import numpy

import harness

RETRIES = 200


class Server:
    """A server on a free port; it ends with the `with` block."""

    def __init__(self, program, *arguments, log=None):
        self.log = open(log, "w") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", *map(str, arguments)], stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"expected the address, found {line!r}"
        self.url = line.split()[-1].rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        self.process.stdout.close()

    def ask(self, method, path, body=None, headers=None, connection=None, timeout=60):
        """The status and the JSON of an answer."""
        own = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            data = json.dumps(body) if isinstance(body, (dict, list)) else body
            own.request(method, path, data, headers or {})
            answer = own.getresponse()
            content = answer.read()
            is_json = "json" in answer.getheader("Content-Type", "")
            return answer.status, json.loads(content) if is_json else content
        finally:
            if connection is None:
                own.close()

    def result(self, method, path, body=None, **more):
        status, answer = self.ask(method, path, body, **more)
        assert status == 200, f"{method} {path}: {status} {answer}"
        return answer["result"]

    def memory(self):
        """Bytes of its own memory, without pages of mapped files."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no RssAnon")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def made_index(semid, folder, name="served", count=2000, dimension=16, seed=5):
    """An index of made vectors with attributes, and its vectors."""
    numbers = numpy.random.default_rng(seed)
    vectors = numbers.normal(size=(count, dimension)).astype(numpy.float32)
    source = folder / f"{name}.npy"
    numpy.save(source, vectors)
    ids = [f"item-{row}" for row in range(count)]
    (folder / f"{name}.ids.json").write_text(json.dumps(ids))
    with open(folder / f"{name}.csv", "w") as table:
        table.write("item_id,color,price\n")
        for row, item in enumerate(ids):
            table.write(f"{item},{['red', 'green', 'blue'][row % 3]},{row / 4}\n")
    semid("train", "rq-kmeans", source, "--codebook-size", "16", "--output", folder / f"{name}-model")
    semid(
        "index", "build", source, "--ids", folder / f"{name}.ids.json", "--model", folder / f"{name}-model",
        "--attributes", folder / f"{name}.csv", "--output", folder / name)
    return folder / name, vectors


def check(checks, semid, folder, full=False):
    def length(name, short, long):
        return int(os.environ.get(name, long if full else short))

    index, vectors = made_index(semid, folder)
    with checks("serve: raw vectors, JSON and the command find the same") as notes:
        same_answers(semid, index, vectors, notes)
    which = "all checks" if full else "answers"
    with checks(f"serve: schemathesis, {which}, against the server's own document") as notes:
        schemas(semid.program, index, folder, length("SEMID_SERVE_EXAMPLES", 15, 320), full, notes)
    with checks("serve: malformed requests leave the server alive and its memory flat") as notes:
        malformed(semid.program, index, length("SEMID_SERVE_RAW", 1500, 10_000), notes)
    with checks("serve: slow clients, floods of headers and large bodies are cut off") as notes:
        hostile(semid.program, index, notes)
    with checks("serve: tokens, roles and nothing of them in the log") as notes:
        tokens(semid.program, index, folder, notes)
    with checks("serve: TLS and HTTP/2") as notes:
        encrypted(semid.program, index, folder, notes)
    with checks("serve: every write that was answered is there after kill -9") as notes:
        kills(semid.program, index, vectors, folder, length("SEMID_SERVE_KILLS", 4, 50), notes)
    with checks("serve: steady load with updates, reloads and a rollback loses no request") as notes:
        steady(semid, index, vectors, folder, length("SEMID_SERVE_SECONDS", 12, 1800), notes)
    with checks("serve: requests under way are finished when the server ends") as notes:
        graceful(semid.program, index, notes)
    with checks("serve: Triton's client encodes, in JSON and binary") as notes:
        triton(semid.program, index, vectors, notes)


def same_answers(semid, index, vectors, notes):
    with Server(semid.program, f"things={index}") as server:
        queries = folder_queries = vectors[:50] + numpy.float32(0.01)
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "queries.npy"
            numpy.save(path, folder_queries)
            lines = semid("search", index, "--vector", path, "--k", "5")
        expected = {}
        for line in lines:
            expected.setdefault(int(line["query"]), []).append((line["item"], numpy.float32(line["distance"])))
        path = "/v1/indexes/things/query/batch?k=5"
        raw = server.result("POST", path, queries.tobytes(), headers={"Content-Type": "application/octet-stream"})
        one_by_one = [
            server.result("POST", "/v1/indexes/things/query", {"vector": [float(x) for x in row], "k": 5})
            for row in queries]
        coded = [
            server.result(
                "POST", "/v1/indexes/things/query",
                {"vector_base64": base64.b64encode(row.tobytes()).decode(), "k": 5}) for row in queries]
        for results in (raw, one_by_one, coded):
            for number, result in enumerate(results):
                found = [(hit["item"], numpy.float32(hit["distance"])) for hit in result["hits"]]
                assert found == expected[number], f"query {number}: {found}, the command {expected[number]}"


# What an answer must be, whatever was asked. The other checks hold requests against the document: they find more with every
# example, and belong to the long run.
ANSWERS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance")


def schemas(program, index, folder, examples, full, notes):
    if importlib.util.find_spec("schemathesis") is None:
        raise harness.Skipped("schemathesis is not installed")
    copy = folder / "schema-index"
    shutil.copytree(index, copy)
    with Server(program, f"things={copy}", "--writable", "--max-k", 10_000, log=folder / "schema.log") as server:
        before = server.memory()
        # The names that operations need, so that more than 404s are met.
        config = folder / "schemathesis.toml"
        # A document cannot say what fits an index (422), nor when the client's time is up (408). Tensors in bytes are no
        # matter of JSON.
        config.write_text(
            '[parameters]\n"path.index" = "things"\n"path.model" = "things-encode"\n"path.item" = "item-3"\n'
            '"path.semanticID" = "1"\n[checks]\n'
            "positive_data_acceptance.expected-statuses = [200, 401, 403, 404, 408, 409, 422]\n"
            "negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 408, 409, 415, 422]\n"
            '[[operations]]\ninclude-operation-id = "infer"\n'
            "checks.positive_data_acceptance.expected-statuses = [200, 400, 404, 408]\n")
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
            server.url + "/openapi.json", *(["--checks", "all", "--exclude-checks", "unsupported_method"] if full else ["--checks", ANSWERS]),
            "--max-examples", str(examples), "--seed", "1", "--workers", "1", "--no-color",
            "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all", "--request-timeout", "60"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        (folder / "schemathesis.txt").write_text(done.stdout + done.stderr)
        tail = done.stdout.strip().splitlines()
        assert server.process.poll() is None, "the server ended"
        assert done.returncode == 0, "\n".join(tail[-120:]) + done.stderr[-2000:]
        cases = [line.strip() for line in tail if "generated" in line or "Test cases" in line]
        notes.append(f"{'; '.join(cases) or tail[-1]}; own memory {before >> 20} to {server.memory() >> 20} MiB")


def raw(port, data, timeout=5):
    """Sends bytes, and returns the status of the answer; None where the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            while chunk := connection.recv(65536):
                answer += chunk
    if not answer:
        return None
    assert answer.startswith(b"HTTP/1.1 "), answer[:80]
    return int(answer.split()[1])


def malformed(program, index, count, notes):
    generator = random.Random(7)
    vector = ",".join(["0.5"] * 16)
    bodies = [
        '{"vector":[%s],"k":3}' % vector, '{"item":"item-1","filter":{"must":[{"key":"price","range":{"gt":3}}]}}',
        '{"semantic_id":"1-2-3","expand":"hamming:1"}', '{"queries":[{"item":"item-1"}]}', '{"text":"<a_1><b_2><c_3>"}',
        '{"first_token":10,"end":[2]}', '{"items":[{"id":"x","vector":[%s]}]}' % vector,
        '{"inputs":[{"name":"vectors","shape":[1,16],"datatype":"FP32","data":[%s]}]}' % vector]
    paths = [
        "/v1/indexes/things/query", "/v1/indexes/things/query/batch", "/v1/indexes/things/candidates",
        "/v1/indexes/things/resolve-text", "/v1/indexes/things/constraints", "/v1/indexes/things/items",
        "/v2/models/things-encode/infer", "/v1/indexes/things/tree/1-2", "/v1/indexes/things/items/item-1", "/metrics"]
    statuses = {}
    with Server(program, f"things={index}") as server:

        def request():
            body = generator.choice(bodies).encode()
            path = generator.choice(paths)
            method = generator.choice(["POST", "POST", "GET", "PUT"])
            head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body

        def mutated(data):
            data = bytearray(data)
            for _ in range(generator.randint(1, 6)):
                kind = generator.randrange(6)
                place = generator.randrange(len(data)) if data else 0
                if kind == 0 and data:
                    data[place] = generator.randrange(256)
                elif kind == 1:
                    del data[place:place + generator.randint(1, 20)]
                elif kind == 2:
                    data[place:place] = bytes(generator.randrange(256) for _ in range(generator.randint(1, 20)))
                elif kind == 3:
                    data[place:place] = data[place:place + generator.randint(1, 60)]
                elif kind == 4:
                    data[place:place] = generator.choice([
                        b"1e999", b"-1", b"NaN", b"99999999999999999999", b'"', b"[[[[", b"\x00", b"\r\n\r\n", b"%00", b"../",
                        b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"\xff\xfe", b"0x10"])
                else:
                    del data[generator.randrange(len(data) + 1):]
            return bytes(data)

        for number in range(count):
            status = raw(server.port, mutated(request()), timeout=20)
            statuses[status] = statuses.get(status, 0) + 1
            assert status is None or status < 500, f"request {number}: {status}"
            if number == count // 4:
                before = server.memory()
        # Requests that two servers in a row could read as two.
        for data in (
            b"POST /v1/indexes/things/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
            b"POST /v1/indexes/things/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"POST /v1/indexes/things/query HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n5\r\n12345\r\n",
            b"POST /v1/indexes/things/query HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx",
        ):
            status = raw(server.port, data)
            assert status is None or 400 <= status < 500, f"{data!r}: {status}"
        after = server.memory()
        assert after - before < 48 << 20, f"own memory grew from {before >> 20} to {after >> 20} MiB"
        assert server.result("POST", "/v1/indexes/things/query", {"item": "item-1", "k": 3})["hits"]
        assert server.descriptors() < 80, server.descriptors()
        counts = ", ".join(f"{status or 'closed'} {times}" for status, times in sorted(statuses.items(), key=str))
        notes.append(f"{count} requests: {counts}; own memory {before >> 20} to {after >> 20} MiB")


def hostile(program, index, notes):
    with Server(program, f"things={index}", "--timeout", "2", "--max-body", "1", "--connections", "64") as server:
        before = server.memory()
        # Bodies that come by the byte.
        start = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(b"POST /v1/indexes/things/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                for _ in range(40):
                    slow.sendall(b" ")
                    time.sleep(0.25)
        assert time.monotonic() - start < 9, "a slow body was not cut off"
        # Headers without end.
        status = raw(server.port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 100_000 + b"\r\n")
        assert status is None or 400 <= status < 500, status
        status = raw(server.port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n")
        assert status is None or 400 <= status < 500, status
        status = raw(server.port, b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert status is None or 400 <= status < 500, status
        # Bodies above the limit, told and not told.
        head = b"POST /v1/indexes/things/query HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        assert raw(server.port, head + b"Content-Length: 2000000\r\n\r\n" + b" " * 2_000_000) in (413, None)
        chunks = b"%x\r\n%s\r\n" % (65536, b" " * 65536) * 40
        assert raw(server.port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n") in (413, None)
        status, fault = server.ask("POST", "/v1/indexes/things/query", b" " * (1 << 21))
        assert status == 413 and fault["status"]["kind"] == "tooLarge", (status, fault)
        # JSON without end, and deep.
        for body in ("[" * 900_000, '{"a":' * 150_000, '{"vector":[' + "0," * 400_000 + "0]}", '"' + "\\u0041" * 150_000 + '"'):
            status, _ = server.ask("POST", "/v1/indexes/things/query", body)
            assert status in (400, 422), status
        # Pages of other sites, and names that were bent to this machine.
        query, body = "/v1/indexes/things/query", {"item": "item-1"}
        for headers, expected in [
            ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Host": f"evil.example:{server.port}"}, 403),
            ({"Host": f"evil.example:{server.port}", "Origin": f"http://evil.example:{server.port}"}, 403),
            ({"Origin": server.url}, 200), ({"Host": f"localhost:{server.port}"}, 200), ({}, 200)]:
            status, _ = server.ask("POST", query, body, headers=headers)
            assert status == expected, (headers, status)
        # Silent connections take their place alone.
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        assert server.result("POST", "/v1/indexes/things/query", {"item": "item-1"})["hits"]
        for connection in idle:
            connection.close()
        assert server.process.poll() is None
        notes.append(f"own memory {before >> 20} to {server.memory() >> 20} MiB")


def tokens(program, index, folder, notes):
    file = folder / "tokens.txt"
    names = {"read": "r" * 20, "write": "w" * 20, "admin": "a" * 20}
    file.write_text("# roles\n" + "".join(f"{role} {token}\n" for role, token in names.items()))
    copy = folder / "token-index"
    shutil.copytree(index, copy)
    log = folder / "tokens.log"
    with Server(program, f"things={copy}", "--writable", "--tokens", file, "--log-requests", log=log) as server:

        def status(method, path, body=None, token=None):
            return server.ask(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})[0]

        query = ("POST", "/v1/indexes/things/query", {"item": "item-1", "k": 1})
        delete = ("POST", "/v1/indexes/things/items/delete", {"ids": ["item-2"]})
        reload = ("POST", "/v1/indexes/things/reload")
        assert [status(*query), status(*query, token="x" * 20)] == [401, 401]
        assert [status(*query, token=names[role]) for role in names] == [200, 200, 200]
        assert [status(*delete, token=names[role]) for role in names] == [403, 200, 200]
        assert [status(*reload, token=names[role]) for role in names if (query, reload)] in (
            [403, 403, 200],), "reload"
        assert [status("GET", path) for path in ("/livez", "/readyz", "/healthz", "/openapi.json", "/")] == [200] * 5
        assert status("GET", "/metrics") == 401
        status_of_options, _ = server.ask("OPTIONS", "/v1/indexes", headers={"Origin": "https://example.org"})
        assert status_of_options == 405, "CORS is off unless it is asked for"
    text = log.read_text()
    assert '"operation":"query"' in text, text[:500]
    for token in names.values():
        assert token not in text
    assert "item-1" not in text
    for host in ("0.0.0.0", "::"):
        error = harness.Semid(program).refuses("serve", index, "--host", host)
        assert "--tokens" in error and "--anonymous" in error, error


def encrypted(program, index, folder, notes):
    if not shutil.which("openssl") or not shutil.which("curl"):
        raise harness.Skipped("openssl or curl is not installed")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    with Server(program, f"things={index}", "--tls-certificate", certificate, "--tls-key", key) as server:
        for version in ("--http1.1", "--http2"):
            done = subprocess.run(
                ["curl", "-sS", version, "--cacert", certificate, "-w", "%{http_version}", "-d", '{"item":"item-1","k":2}',
                 server.url + "/v1/indexes/things/query"], capture_output=True, text=True)
            assert done.returncode == 0 and '"status":"ok"' in done.stdout, done.stdout + done.stderr
            assert done.stdout.endswith("2" if version == "--http2" else "1.1"), done.stdout[-20:]
        # A fault that ends a connection of HTTP/1.1 ends nothing here.
        for version in ("--http1.1", "--http2"):
            done = subprocess.run(
                ["curl", "-sS", version, "--cacert", certificate, "-w", "%{http_code}", "--data-binary", "@-",
                 server.url + "/v1/indexes/things/query"], input="x" * (65 << 20), capture_output=True, text=True)
            assert done.stdout.endswith("413"), (version, done.stdout[-200:], done.stderr[-200:])
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            status, _ = server.ask("GET", "/livez")
            raise AssertionError(f"plain HTTP was answered with {status}")
    error = harness.Semid(program).refuses("serve", index, "--tls-certificate", key, "--tls-key", key)
    assert "certificate" in error, error


def kills(program, index, vectors, folder, count, notes):
    copy = folder / "kill-index"
    shutil.copytree(index, copy)
    generator = random.Random(3)
    known = {}
    written = 0
    for number in range(count):
        server = Server(program, f"things={copy}", "--writable")
        stop = threading.Event()
        # What was sent and not answered may be there or not.
        unsure = set()

        def write():
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            step = 0
            while not stop.is_set():
                name = f"new-{number}-{step}"
                unsure.add(name)
                try:
                    if step % 5 == 4:
                        old = f"new-{number}-{step - 2}"
                        unsure.add(old)
                        server.result("POST", "/v1/indexes/things/items/delete", {"ids": [old]}, connection=connection)
                        known[old] = False
                        unsure.discard(old)
                    row = vectors[generator.randrange(len(vectors))]
                    server.result(
                        "PUT", "/v1/indexes/things/items", {"items": [{"id": name, "vector": [float(x) for x in row]}]},
                        connection=connection)
                    known[name] = True
                    unsure.discard(name)
                except (OSError, http.client.HTTPException):
                    return
                step += 1

        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(0.15 + generator.random() * 0.6)
        server.process.kill()
        server.process.wait()
        stop.set()
        writer.join()
        server.process.stdout.close()
        with Server(program, f"things={copy}", "--writable") as again:
            for name, is_there in known.items():
                if name in unsure:
                    continue
                status, _ = again.ask("GET", f"/v1/indexes/things/items/{name}")
                assert status == (200 if is_there else 404), f"kill {number}: {name} {status}"
        for name in unsure:
            known.pop(name, None)
        written = len(known)
    harness.Semid(program)("index", "verify", copy)
    notes.append(f"{count} kills, {written} writes that were answered, all there")


def steady(semid, index, vectors, folder, seconds, notes):
    """Queries, updates and reloads at the same time. `current` is a link to one of two indexes."""
    others = [folder / "steady-0", folder / "steady-1"]
    for other in others:
        shutil.copytree(index, other)
    link = folder / "current"
    link.symlink_to(others[0])
    writable = folder / "steady-live"
    shutil.copytree(index, writable)
    stop = threading.Event()
    faults = []
    counts = {"queries": 0, "updates": 0, "reloads": 0, "rollbacks": 0}
    lock = threading.Lock()
    published = {}
    with Server(semid.program, f"read={link}", "--follow", "0.5") as reading, Server(
            semid.program, f"live={writable}", "--writable") as live:

        def query(server, name, number):
            generator = random.Random(number)
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            while not stop.is_set():
                row = vectors[generator.randrange(len(vectors))]
                try:
                    found = server.result(
                        "POST", f"/v1/indexes/{name}/query", {"vector": [float(x) for x in row], "k": 5},
                        connection=connection)
                    assert len(found["hits"]) == 5, found
                except Exception as error:
                    faults.append(f"query: {error!r}")
                    return
                with lock:
                    counts["queries"] += 1
                time.sleep(0.002)

        def update():
            connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=60)
            generator = random.Random(99)
            step = 0
            while not stop.is_set():
                try:
                    ids = [f"new-{step % 400}-{place}" for place in range(5)]
                    rows = vectors[[generator.randrange(len(vectors)) for _ in ids]]
                    live.result(
                        "PUT", "/v1/indexes/live/items",
                        {"ids": ids, "vectors_base64": base64.b64encode(rows.tobytes()).decode()}, connection=connection)
                    for name in ids:
                        published[name] = True
                    # Published and answered: it must be found at once.
                    found = live.result(
                        "POST", "/v1/indexes/live/query", {"vector": [float(x) for x in rows[0]], "k": 50},
                        connection=connection)
                    assert any(hit["item"] == ids[0] for hit in found["hits"]), f"{ids[0]} is missing"
                    if step % 7 == 3:
                        gone = ids[1]
                        live.result("POST", "/v1/indexes/live/items/delete", {"ids": [gone]}, connection=connection)
                        published[gone] = False
                    if step % 50 == 49:
                        live.result("POST", "/v1/indexes/live/compact", connection=connection)
                except Exception as error:
                    faults.append(f"update: {error!r}")
                    return
                with lock:
                    counts["updates"] += 1
                step += 1
                time.sleep(0.02)

        def reload():
            wanted = 20 if seconds >= 60 else 4
            for number in range(wanted):
                if stop.wait(seconds / (wanted + 1)):
                    return
                try:
                    # Another state at the same place: one item fewer each time.
                    other = others[(number + 1) % 2]
                    semid("index", "delete", other, f"item-{1900 + number}")
                    fresh = folder / "fresh-link"
                    fresh.symlink_to(other)
                    os.replace(fresh, link)
                    reading.result("POST", "/v1/indexes/read/reload")
                    counts["reloads"] += 1
                    if number == wanted // 2:
                        back = reading.result("POST", "/v1/indexes/read/rollback")
                        assert back["rolled_back"], back
                        counts["rollbacks"] += 1
                        time.sleep(1)
                        reading.result("POST", "/v1/indexes/read/reload")
                except Exception as error:
                    faults.append(f"reload: {error!r}")
                    return

        threads = [
            threading.Thread(target=query, args=(server, name, number))
            for number, (server, name) in enumerate([(reading, "read"), (reading, "read"), (live, "live")])
        ] + [threading.Thread(target=update), threading.Thread(target=reload)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + seconds
        time.sleep(seconds * 0.4)
        memory = [server.memory() for server in (reading, live)]
        descriptors = [server.descriptors() for server in (reading, live)]
        while time.monotonic() < deadline and not faults:
            time.sleep(0.2)
        stop.set()
        for thread in threads:
            thread.join(60)
        assert not faults, faults[:5]
        later = [server.memory() for server in (reading, live)]
        open_now = [server.descriptors() for server in (reading, live)]
        for name, is_there in published.items():
            status, _ = live.ask("GET", f"/v1/indexes/live/items/{name}")
            assert status == (200 if is_there else 404), f"{name}: {status}"
        metrics = live.ask("GET", "/metrics")[1].decode()
        merges = [line.split()[-1] for line in metrics.splitlines() if line.startswith("semid_index_merges_total")]
        for before, after in zip(memory, later):
            assert after - before < 64 << 20, f"own memory grew from {before >> 20} to {after >> 20} MiB"
        for before, after in zip(descriptors, open_now):
            assert after - before < 60, f"descriptors grew from {before} to {after}"
        notes.append(
            f"{seconds} s: {counts['queries']} queries, {counts['updates']} updates, {counts['reloads']} reloads, "
            f"{counts['rollbacks']} rollback, {merges[0] if merges else 0} merges; own memory "
            f"{[size >> 20 for size in memory]} to {[size >> 20 for size in later]} MiB, descriptors {descriptors} to {open_now}")
    semid("index", "verify", writable)


def graceful(program, index, notes):
    """Requests that were accepted before SIGTERM are answered, and readiness falls at once."""
    server = Server(program, f"things={index}")
    body = json.dumps({"sample": 2000, "k": 10})
    answers = []

    def recall():
        answers.append(server.ask("POST", "/v1/indexes/things/recall", body, timeout=60))

    threads = [threading.Thread(target=recall) for _ in range(3)]
    for thread in threads:
        thread.start()
    metrics = ""
    for _ in range(RETRIES):
        metrics = server.ask("GET", "/metrics")[1].decode()
        if "semid_queue_running 2\n" in metrics or "semid_queue_running 1\n" in metrics:
            break
        time.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(60)
    assert server.process.wait(60) == 0, server.process.returncode
    server.process.stdout.close()
    assert [status for status, _ in answers] == [200] * 3, answers
    with contextlib.suppress(ConnectionError):
        socket.create_connection(("127.0.0.1", server.port), timeout=2).close()
        raise AssertionError("a server that ended listens")


def triton(program, index, vectors, notes):
    if importlib.util.find_spec("tritonclient") is None:
        raise harness.Skipped("tritonclient is not installed")
    import tritonclient.http as client

    with Server(program, f"things={index}") as server:
        triton = client.InferenceServerClient(url=f"127.0.0.1:{server.port}")
        assert triton.is_server_live() and triton.is_server_ready() and triton.is_model_ready("things-encode")
        assert triton.get_model_metadata("things-encode")["inputs"][0]["shape"] == [-1, 16]
        rows = numpy.ascontiguousarray(vectors[:64])
        codes = []
        for binary in (True, False):
            tensor = client.InferInput("vectors", list(rows.shape), "FP32")
            tensor.set_data_from_numpy(rows, binary_data=binary)
            wanted = [client.InferRequestedOutput(name, binary_data=binary) for name in ("codes", "semantic_ids")]
            result = triton.infer("things-encode", [tensor], outputs=wanted)
            codes.append(result.as_numpy("codes"))
            texts = result.as_numpy("semantic_ids")
        assert (codes[0] == codes[1]).all() and codes[0].shape == (64, 3)
        for row in range(64):
            text = texts[row].decode() if isinstance(texts[row], bytes) else texts[row]
            assert text == "".join(f"<{letter}_{code}>" for letter, code in zip("abc", codes[0][row])), text
        tensor = client.InferInput("codes", list(codes[0].shape), "INT32")
        tensor.set_data_from_numpy(codes[0].astype(numpy.int32))
        items = triton.infer("things-items", [tensor]).as_numpy("items")
        for row in range(64):
            assert f"item-{row}".encode() in items[row].tolist(), (row, items[row])
        triton.close()


if __name__ == "__main__":
    semid, checks = harness.Semid(sys.argv[1]), harness.Checks()
    with tempfile.TemporaryDirectory() as name:
        check(checks, semid, pathlib.Path(name), full=True)
    sys.exit(1 if checks.failed else 0)
