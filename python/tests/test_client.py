"""The client against a server that misbehaves, and what it sends."""

from __future__ import annotations

import base64
import json
import pickle
import shutil
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scripted import Answer, Request, ScriptedServer, answer, fault, result

import semid
from semid.client import Client, ServerError, UnreachableError

HITS = {"hits": [{"item": "a", "semantic_id": "<a_1><b_2>", "codes": [1, 2], "distance": 0.5}]}


def always(value: Answer) -> Any:
    return lambda place, request: value


def test_imports_without_the_engines_library() -> None:
    """On a machine where the library is not built, the client works, and what needs the library says so."""
    program = """
import semid.client, semid.sharding
from semid import Client, InputError, ServerError, ShardedClient, part_of
assert part_of("item-0", 4) in range(4)
import semid
try:
    semid.Index
except ImportError as error:
    assert "SEMID_LIBRARY" in str(error) or "nowhere" in str(error), error
except OSError as error:
    assert "nowhere" in str(error), error
else:
    raise SystemExit("the library was found")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**_environment(), "SEMID_LIBRARY": "/nowhere"}
    )
    assert done.returncode == 0, done.stderr


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


def test_every_public_name_is_there() -> None:
    assert sorted(set(semid.__all__)) == sorted(semid.__all__)
    for name in semid.__all__:
        assert getattr(semid, name) is not None, name
    assert set(semid.__all__) <= set(dir(semid))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        semid.Nothing  # type: ignore[attr-defined]


def test_a_query_is_sent_as_it_should_be() -> None:
    with ScriptedServer(always(result(HITS))) as server, Client(server.url + "/", "secret", "shop/1") as client:
        found = client.query(np.array([0.1, 2.0]), k=3, filter={"must": []}, attributes=["price"], explain=False)
    assert found.items == ["a"] and found.hits[0].codes == (1, 2) and found.distances.tolist() == [0.5]
    request = server.requests[0]
    assert request.target == "/v1/indexes/shop%2F1/query?timeout=30"
    assert request.headers["authorization"] == "Bearer secret"
    sent = json.loads(request.body)
    vector = np.frombuffer(base64.b64decode(sent.pop("vector_base64")), "<f4")
    assert vector.tolist() == [np.float32(0.1), 2.0]
    assert sent == {"k": 3, "filter": {"must": []}, "attributes": ["price"], "explain": False}


def test_a_batch_goes_as_raw_floats_where_its_options_allow_it() -> None:
    rows = np.arange(6, dtype=">f8").reshape(2, 3)
    with ScriptedServer(always(result([HITS, HITS]))) as server, Client(server.url, index="main") as client:
        assert len(client.query_batch(rows, k=2, exact=True)) == 2
        client.query_batch(rows, filter="price < 3", k=2)
        client.query_batch([{"item": "a"}, {"text": "red", "k": 1}], k=7)
        with pytest.raises(semid.InputError, match="query 1.*colour"):
            client.query_batch([{"item": "a"}, {"item": "b", "colour": "red"}])
    raw, shared, dicts = server.requests
    assert raw.headers["content-type"] == "application/octet-stream" and raw.body == rows.astype("<f4").tobytes()
    assert raw.target == "/v1/indexes/main/query/batch?k=2&exact=true&timeout=30"
    bodies = json.loads(shared.body)["queries"]
    assert [body["filter"] for body in bodies] == ["price < 3"] * 2 and bodies[0]["k"] == 2
    assert json.loads(dicts.body)["queries"] == [{"item": "a", "k": 7}, {"text": "red", "k": 1}]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.query(),
        lambda client: client.query([1.0], item="a"),
        lambda client: client.query([[1.0], [2.0]]),
        lambda client: client.query([1.0, float("nan")]),
        lambda client: client.query(["a"]),
        lambda client: client.query(semantic_id=[1, -2]),
        lambda client: client.query(item="a", k=float("inf")),
        lambda client: client.query(item="a", timeout=0),
        lambda client: client.candidates(),
        lambda client: client.encode(),
        lambda client: client.encode(texts="one"),
        lambda client: client.delete(),
        lambda client: client.delete("one"),
        lambda client: client.put(["a", "b"], [[1.0]]),
        lambda client: client.put(["a"], [[1.0]], attributes={"price": [1, 2]}),
        lambda client: client.infer({}, model="both"),
    ],
)
def test_what_cannot_be_sent_is_an_input_error(call: Any) -> None:
    with ScriptedServer(always(result(HITS))) as server, Client(server.url, index="main") as client:
        with pytest.raises(semid.InputError):
            call(client)
    assert server.requests == []


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ftp://host"}, {"url": "localhost:8080"}, {"url": "http://"}, {"url": "http://host:99999"},
        {"url": "http://user:swordfish@host"}, {"url": "http://host?x=1"}, {"token": ""}, {"token": "a\r\nHost: b"},
        {"token": "é"}, {"timeout": 0}, {"timeout": float("nan")}, {"retries": -1},
        {"context": ssl.create_default_context()},
    ],
)
def test_what_no_client_can_be_made_of(options: dict[str, Any]) -> None:
    with pytest.raises(semid.InputError) as raised:
        Client(**{"url": "http://127.0.0.1", **options})
    assert "swordfish" not in str(raised.value)


def test_a_fault_has_its_parts() -> None:
    told = fault(
        "404 Not Found", "missing", "main: item x: expected an item, found none; look again", source="main",
        place="item x", expected="an item", found="none", remedy="look again",
    )
    with ScriptedServer(always(told)) as server, Client(server.url, index="main") as client:
        with pytest.raises(ServerError) as raised:
            client.item("x/y z")
    error = raised.value
    assert server.requests[0].target == "/v1/indexes/main/items/x%2Fy%20z"
    assert str(error) == "main: item x: expected an item, found none; look again"
    assert (error.status, error.kind, error.source, error.place) == (404, "missing", "main", "item x")
    assert (error.expected, error.found, error.remedy, error.retry_after) == ("an item", "none", "look again", None)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.__dict__ == error.__dict__


def test_an_answer_of_something_else_is_a_fault() -> None:
    with ScriptedServer(always(answer(b"<html>", "502 Bad Gateway", "text/html"))) as server:
        with pytest.raises(ServerError, match="502 Bad Gateway") as raised:
            Client(server.url, index="main").info()
        assert (raised.value.status, raised.value.kind) == (502, "http")
    for body in (b"<html>", b"[]", b'{"result": {}}', b'{"result": {"hits": [{}]}}', b"\xff"):
        with ScriptedServer(always(answer(body))) as server:
            with pytest.raises(ServerError) as raised:
                Client(server.url, index="main").query(item="a")
            assert raised.value.kind == "malformed"


def test_a_busy_server_is_asked_again() -> None:
    busy = fault("503 Service Unavailable", "busy", "too many wait", Retry_After="1")

    def script(place: int, request: Request) -> Answer:
        return busy if place < 2 else result(HITS)

    with ScriptedServer(script) as server, Client(server.url, index="main") as client:
        began = time.monotonic()
        assert client.query(item="a").items == ["a"]
        assert time.monotonic() - began >= 2
        assert {request.connection for request in server.requests} == {1}
    with ScriptedServer(always(busy)) as server:
        with pytest.raises(ServerError) as raised:
            Client(server.url, index="main", retries=1).query(item="a")
        assert raised.value.retry_after == 1 and len(server.requests) == 2
        with pytest.raises(ServerError):
            # A wait that lasts longer than the call may take is not begun.
            Client(server.url, index="main").query(item="a", timeout=0.5)
        assert len(server.requests) == 3
        with pytest.raises(ServerError):
            Client(server.url, index="main").rollback()
        assert len(server.requests) == 4


def test_connections_are_kept_and_a_closed_one_is_made_again() -> None:
    with ScriptedServer(always(result(HITS))) as server, Client(server.url, index="main") as client:
        for _ in range(3):
            client.query(item="a")
        assert [request.connection for request in server.requests] == [1, 1, 1]
        server.cut()
        time.sleep(0.05)
        assert client.query(item="a").items == ["a"]
        assert server.requests[-1].connection == 2


def test_what_may_not_happen_twice_is_sent_once() -> None:
    def script(place: int, request: Request) -> Answer:
        if "reload" in request.target:
            raise ConnectionError("it ended after it had read the request")
        return result(HITS)

    with ScriptedServer(script) as server, Client(server.url, index="main") as client:
        client.query(item="a")
        with pytest.raises(UnreachableError):
            client.reload()
        assert [request.target.split("?")[0].split("/")[-1] for request in server.requests] == ["query", "reload"]


def test_a_new_connection_that_ends_is_not_tried_again() -> None:
    def script(place: int, request: Request) -> Answer:
        raise ConnectionError

    with ScriptedServer(script) as server, Client(server.url, index="main") as client:
        with pytest.raises(UnreachableError):
            client.query(item="a")
        assert len(server.requests) == 1


def test_an_answer_that_ends_too_soon_is_no_answer() -> None:
    raw, _ = result(HITS)
    with ScriptedServer(always((raw[:-5], True))) as server, Client(server.url, index="main") as client:
        with pytest.raises(UnreachableError):
            client.query(item="a")


def test_a_connection_that_the_server_ends_with_its_answer() -> None:
    with ScriptedServer(always(result(HITS, close=True, Connection="close"))) as server:
        with Client(server.url, index="main") as client:
            client.query(item="a")
            client.query(item="a")
        assert [request.connection for request in server.requests] == [1, 2]


def test_the_time_is_for_the_whole_call() -> None:
    ends = threading.Event()

    def script(place: int, request: Request) -> Answer:
        ends.wait(10)
        return result(HITS)

    with ScriptedServer(script) as server, Client(server.url, index="main") as client:
        began = time.monotonic()
        with pytest.raises(UnreachableError) as raised:
            client.query(item="a", timeout=0.3)
        assert raised.value.timed_out and 0.2 < time.monotonic() - began < 5
        assert server.requests[0].target.endswith("timeout=0.3")
        ends.set()
        assert client.query(item="a").items == ["a"]


def test_nobody_there() -> None:
    with ScriptedServer(always(result(HITS))) as server:
        url = server.url
    client = Client(url, index="main")
    assert not client.is_ready()
    with pytest.raises(UnreachableError) as raised:
        client.query(item="a")
    assert not raised.value.timed_out and isinstance(raised.value, OSError)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_a_body_that_is_refused_early() -> None:
    """A server may answer before it has read a large body, and end the connection."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        taken, _ = listener.accept()
        taken.recv(4096)
        taken.sendall(fault("413 Content Too Large", "tooLarge", "the body is too large", )[0])
        taken.shutdown(socket.SHUT_WR)
        # Long enough for the answer to arrive before the rest of the body meets a closed socket.
        time.sleep(0.5)
        taken.close()

    thread = threading.Thread(target=serve)
    thread.start()
    with Client(f"http://127.0.0.1:{listener.getsockname()[1]}", index="main") as client:
        with pytest.raises(ServerError) as raised:
            client.query_batch(np.zeros((4_000, 4_000), np.float32))
    assert raised.value.status == 413
    thread.join()
    listener.close()


def test_threads_have_connections_of_their_own() -> None:
    meet = threading.Barrier(4)

    def script(place: int, request: Request) -> Answer:
        if "item" in request.target:
            meet.wait(10)
        return result({**HITS, "hits": [{**HITS["hits"][0], "item": request.target.split("/")[-1]}]})

    with ScriptedServer(script) as server, Client(server.url, index="main") as client:
        found: list[str] = []

        def ask() -> None:
            meet.wait(10)
            for _ in range(20):
                found.append(client.query(item="a").items[0])

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 80
        assert {request.connection for request in server.requests} == {1, 2, 3, 4}


def test_clients_travel_to_other_processes() -> None:
    client = Client("http://127.0.0.1:9", "secret", "main", timeout=3, retries=5)
    again = pickle.loads(pickle.dumps(client))
    assert again.__reduce__() == client.__reduce__() and "secret" not in repr(again)


def test_the_only_index_is_found() -> None:
    info = {
        "name": "shop", "items": 3, "levels": 2, "level_sizes": [4, 4], "metric": "l2", "dimension": 2,
        "attributes": [{"name": "price", "type": "float"}], "segments": 1, "deleted": 0, "generation": "g",
        "has_vectors": True, "has_ids": True, "has_model": True, "has_encoder": False, "has_titles": False,
        "writable": False, "rolled_back": False, "can_roll_back": False, "a_later_field": 1,
    }

    def script(place: int, request: Request) -> Answer:
        if request.target == "/v1/indexes":
            return result({"indexes": [info]})
        return result(HITS)

    with ScriptedServer(script) as server, Client(server.url) as client:
        assert client.indexes()[0].attributes[0].type == "float"
        client.query(item="a")
        client.with_index("other").query(item="a")
        assert [request.target.split("?")[0] for request in server.requests[1:]] == [
            "/v1/indexes", "/v1/indexes/shop/query", "/v1/indexes/other/query",
        ]
    with ScriptedServer(always(result({"indexes": [info, {**info, "name": "two"}]}))) as server:
        with pytest.raises(semid.InputError, match="shop, two"):
            Client(server.url).query(item="a")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
            folder / "cert.pem", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        check=True, capture_output=True,
    )
    return folder / "cert.pem", folder / "key.pem"


def test_tls(certificate: tuple[Path, Path]) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    with ScriptedServer(always(result(HITS)), served) as server:
        trusting = ssl.create_default_context(cafile=str(certificate[0]))
        with Client(server.url, index="main", context=trusting) as client:
            assert client.query(item="a").items == client.query(item="a").items == ["a"]
        with pytest.raises(UnreachableError, match="(?i)certificate"):
            Client(server.url, index="main").query(item="a")


def test_masks_are_int32_and_constraints_are_made_again() -> None:
    words = np.array([0b1010, -(2**31)], "<i4")
    made = {"state": 7, "vocabulary_size": 64, "words": 2, "ids": 5, "mask": base64.b64encode(words.tobytes()).decode()}
    names = iter(["one", "one", "two", "three"])

    def script(place: int, request: Request) -> Answer:
        if request.target.split("?")[0].endswith("constraints"):
            return result({"constraint": next(names), **made})
        if place in (2, 5, 7):
            return fault("409 Conflict", "conflict", "of an earlier state") if place > 2 else fault(
                "404 Not Found", "missing", "no such constraint"
            )
        states = np.array([3, 2**32 - 1], "<u4")
        return answer(states.tobytes() + np.array([[1, 0], [-1, -1]], "<i4").tobytes(), "200 OK", "application/octet-stream")

    with ScriptedServer(script) as server, Client(server.url, index="main") as client:
        constraint = client.constraint(first_token=1, vocabulary_size=64, padding=[0])
        start = constraint.start(3)
        assert start.states.tolist() == [7] * 3 and start.mask.dtype == np.int32
        assert start.mask.tolist() == [words.tolist()] * 3 and not start.is_done.any()
        beams = constraint.advance([7, 7], np.array([1, 3]))
        assert beams.states.tolist() == [3, 2**32 - 1] and beams.states.dtype == np.uint32
        assert beams.mask.dtype == np.int32 and beams.mask.tolist() == [[1, 0], [-1, -1]]
        assert beams.is_done.tolist() == [True, False]
        assert json.loads(server.requests[1].body) == {"constraint": "one", "states": [7, 7], "tokens": [1, 3]}
        assert server.requests[1].headers["accept"] == "application/octet-stream"
        # Dropped by the server: made again under the same name, asked again.
        assert constraint.masks(beams.states).states.tolist() == beams.states.tolist()
        assert [request.target.split("/")[-1].split("?")[0] for request in server.requests[2:]] == [
            "advance", "constraints", "advance",
        ]
        # The index changed: the states are of another automaton.
        with pytest.raises(ServerError, match="an earlier state"):
            constraint.masks(beams.states)
        # What was written is of use.
        assert constraint.after([[1], [3, 4]]).states.tolist() == beams.states.tolist()
        assert constraint.name == "three"
        assert json.loads(server.requests[-1].body) == {"constraint": "three", "texts": [[1], [3, 4]]}
        with pytest.raises(semid.InputError):
            constraint.advance([1, 2], [1])
        assert len(constraint.start(0)) == 0


def test_inference_goes_as_binary_tensors() -> None:
    def script(place: int, request: Request) -> Answer:
        codes = np.array([[1, 2]], "<i4").tobytes()
        texts = b"".join(len(text).to_bytes(4, "little") + text for text in ("<a_1><b_2>".encode(),))
        head = json.dumps(
            {
                "model_name": "main-encode",
                "outputs": [
                    {"name": "codes", "shape": [1, 2], "datatype": "INT32", "parameters": {"binary_data_size": 8}},
                    {
                        "name": "semantic_ids", "shape": [1], "datatype": "BYTES",
                        "parameters": {"binary_data_size": len(texts)},
                    },
                    {"name": "plain", "shape": [2], "datatype": "FP32", "data": [0.5, 1.0]},
                ],
            }
        ).encode()
        return answer(
            head + codes + texts, "200 OK", "application/octet-stream",
            Inference_Header_Content_Length=str(len(head)),
        )

    with ScriptedServer(script) as server, Client(server.url, index="main") as client:
        found = client.infer({"vectors": [[1.0, 2.0, 3.0]]})
    assert found["codes"].tolist() == [[1, 2]] and found["codes"].dtype == np.int32
    assert found["semantic_ids"].tolist() == ["<a_1><b_2>"] and found["plain"].tolist() == [0.5, 1.0]
    request = server.requests[0]
    size = int(request.headers["inference-header-content-length"])
    head = json.loads(request.body[:size])
    assert head["inputs"] == [
        {"name": "vectors", "shape": [1, 3], "datatype": "FP32", "parameters": {"binary_data_size": 12}}
    ]
    assert request.body[size:] == np.array([1, 2, 3], "<f4").tobytes()
    assert request.target == "/v2/models/main-encode/infer"
