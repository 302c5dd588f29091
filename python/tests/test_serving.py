"""The client against `semid serve` itself, held against the engine in this process."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import RunningServer

import semid
from semid.client import Client, ServerError
from semid.sharding import ShardedClient, part_of

ROOT = Path(__file__).resolve().parents[2]
TOKENS = {"read": "r" * 20, "write": "w" * 20, "admin": "a" * 20}


@pytest.fixture
def served(serving: str, index: semid.Index) -> Any:
    server = RunningServer(serving, f"shop={index.path}")
    with Client(server.url, index="shop") as client:
        yield client
    server.close()
    assert server.process.returncode == 0, server.log


def hits(found: Any) -> list[tuple[str, float]]:
    return [(hit.item, hit.distance) for hit in found.hits]


def test_what_the_index_is(served: Client, index: semid.Index) -> None:
    info = served.info()
    assert (info.name, info.items, info.level_sizes, info.metric, info.dimension) == (
        "shop", len(index), tuple(index.level_sizes), index.metric, index.dimension
    )
    assert sorted((one.name, one.type) for one in info.attributes) == [("brand", "string"), ("price", "float")]
    assert info.has_vectors and info.has_ids and info.has_model and not info.writable and not info.has_encoder
    assert [one.name for one in served.indexes()] == ["shop"] and Client(served.url).index == "shop"
    assert served.is_ready() and "# TYPE" in served.metrics()


def test_every_operation_has_a_method(served: Client) -> None:
    methods = {
        "listIndexes": "indexes", "describeIndex": "info", "query": "query", "queryBatch": "query_batch",
        "candidates": "candidates", "recall": "recall", "encode": "encode", "decode": "decode", "describeItem": "item",
        "itemsOfID": "items_of", "treeRoot": "tree", "tree": "tree", "putItems": "put", "deleteItems": "delete",
        "compact": "compact", "reload": "reload", "rollback": "rollback", "makeConstraint": "constraint",
        "advanceConstraint": "constraint", "resolveText": "resolve_text", "map": "map", "infer": "infer",
        "readyz": "is_ready", "metrics": "metrics", "openAPI": "openapi",
    }
    # What load balancers and other clients of the inference protocol ask, and a page.
    others = {
        "serverMetadata", "inferenceLive", "inferenceReady", "modelMetadata", "modelReady", "healthz", "livez", "explorer",
    }
    told = {
        operation["operationId"]
        for path in served.openapi()["paths"].values()
        for name, operation in path.items()
        if name != "parameters"
    }
    assert told == set(methods) | others
    assert all(callable(getattr(Client, name)) for name in methods.values())


def test_searches_are_the_engines(served: Client, index: semid.Index, vectors: Any, ids: list[str]) -> None:
    queries = vectors[:30] + np.float32(0.01)
    for exact in (False, True):
        wanted = index.search(queries, k=7, exact=exact)
        batch = served.query_batch(queries, k=7, exact=exact)
        assert [found.items for found in batch] == wanted.ids
        np.testing.assert_array_equal([found.distances for found in batch], wanted.distances)
        one = served.query(queries[3], k=7, exact=exact)
        assert one == batch[3]
    cheap = served.query(queries[0], k=7, filter="price < 10 and brand = Acme", attributes=True, vectors=True, explain=True)
    assert cheap.items == index.search(queries[:1], k=7, filter="price < 10 and brand = Acme").ids[0]
    assert all(hit.attributes is not None and hit.attributes["price"] < 10 for hit in cheap.hits)
    for hit in cheap.hits:
        np.testing.assert_array_equal(hit.vector, vectors[ids.index(hit.item)])
        assert hit.attributes == {"price": float(ids.index(hit.item) % 50), "brand": "Acme"}
    assert cheap.explain is not None and cheap.explain.allowed == len(index.filter("price < 10 and brand = Acme"))
    same = {"must": [{"key": "price", "range": {"lt": 10}}, {"key": "brand", "match": {"value": "Acme"}}]}
    assert served.query(queries[0], k=7, filter=same).items == cheap.items
    assert served.query_batch(queries[:2], k=7, filter=same)[0].items == cheap.items
    near = served.query(item="item-7", k=5)
    assert near.items == index.search_items(["item-7"], 5).ids[0]
    mixed = served.query_batch([{"item": "item-7"}, {"prefix": [1], "k": 3}], k=5)
    assert mixed[0] == near and mixed[1].items == index.with_prefix([1]).ids[:3]


def test_ids_are_the_engines(served: Client, index: semid.Index, ids: list[str]) -> None:
    codes = index.codes([5])[0]
    text = index.semantic_ids([5])[0]
    for rule in ("exact", "prefix", "hamming:1", "per-level:4", "product:3"):
        # More than any ID has: of an ID, no more items are shown than were asked for.
        wanted = index.expand(codes, rule, k=200)
        found = served.candidates(codes, expand=rule, budget=200)
        assert [item.item for entry in found.entries for item in entry.items] == wanted.ids
        assert found.count == len(wanted.ids) and found.is_in_catalogue and found.budget_exhausted == wanted.more
        flat = [entry for entry in found.entries for _ in entry.items]
        assert [entry.prefix for entry in flat] == wanted.prefix.tolist()
        assert [entry.differing for entry in flat] == wanted.differing.tolist()
        distances = np.array([np.nan if entry.distance is None else entry.distance for entry in flat], np.float32)
        np.testing.assert_array_equal(distances, wanted.distances)
        assert served.query(semantic_id=text, expand=rule, k=200).items == wanted.ids[:200]
    assert served.candidates(item="item-5", expand="prefix", budget=40) == served.candidates(codes, expand="prefix", budget=40)
    assert served.candidates("<a_*><b_3><c_*>").count >= 1
    assert served.query(prefix=codes[:2], k=1000).items == index.with_prefix(codes[:2]).ids
    item = served.item("item-5", vector=True)
    assert item.semantic_id == text and item.codes == tuple(codes.tolist())
    np.testing.assert_array_equal(item.vector, index.vectors([5])[0])
    assert [level.items for level in item.levels] == [len(index.with_prefix(codes[: level + 1]).ids) for level in range(3)]
    page = served.items_of(codes, limit=1)
    assert page.total == len(index.with_prefix(codes).ids) and len(page.items) == 1
    tree = served.tree(limit=10_000)
    assert sum(child.items for child in tree.children) == tree.items == len(index)
    assert served.tree(codes[:1]).items == len(index.with_prefix(codes[:1]).ids)
    assert "item-5" in [member.item for member in served.tree(codes).members]
    assert len(served.map().points) == len(index)
    assert served.recall(k=5, sample=50).recall > 0.9


def test_the_model_is_the_indexs(served: Client, index: semid.Index, model: semid.RQKMeans, vectors: Any) -> None:
    codes = model.encode(vectors[:20])
    assert [one.codes for one in served.encode(vectors[:20])] == [tuple(row) for row in codes.tolist()]
    assert served.encode(vectors[0])[0].items >= 1
    np.testing.assert_array_equal(served.decode(codes), model.decode(codes))
    inferred = served.infer({"vectors": vectors[:20]})
    np.testing.assert_array_equal(inferred["codes"], codes)
    items = served.infer({"codes": codes.astype(np.int64)}, model="items")
    by_text = served.infer({"semantic_ids": inferred["semantic_ids"]}, model="items")
    np.testing.assert_array_equal(items["items"], by_text["items"])
    for row, count in enumerate(items["counts"].tolist()):
        wanted = index.with_prefix(codes[row]).ids
        assert items["items"][row, :count].tolist() == wanted and set(items["items"][row, count:]) <= {""}


def test_masks_are_the_engines(served: Client, index: semid.Index) -> None:
    options: dict[str, Any] = {"first_token": 100, "vocabulary_size": 200, "begin": [3], "end": [2], "padding": [0]}
    for condition in (None, "price < 5"):
        local = semid.Constraint(index, filter=condition, **options)
        remote = served.constraint(filter=condition, **options)
        assert (remote.words, remote.vocabulary_size) == (local.words, local.vocabulary_size)
        random = np.random.default_rng(3)
        states, beams = local.start(16), remote.start(16)
        written = [[] for _ in range(16)]  # type: list[list[int]]
        for _ in range(7):
            mask = local.mask(states)
            np.testing.assert_array_equal(beams.mask, mask)
            tokens = []
            for row in mask:
                allowed = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little"))
                tokens.append(int(random.choice(allowed)))
            np.testing.assert_array_equal(beams.is_done, [token == 0 for token in tokens])
            for text, token in zip(written, tokens, strict=True):
                text.append(token)
            states, beams = local.advance(states, tokens), remote.advance(beams.states, tokens)
        np.testing.assert_array_equal(remote.after(written).mask, local.mask(states))
        np.testing.assert_array_equal(remote.masks(beams.states).mask, local.mask(states))


def test_ids_in_a_text(served: Client, index: semid.Index) -> None:
    text = index.semantic_ids([5])[0]
    found = served.resolve_text(f"Grüße: {text}, or <a_1>.", limit=1)
    assert [one.kind for one in found] == ["valid", "incomplete"]
    assert found[0].text == text and f"Grüße: {text}".encode()[found[0].start : found[0].end].decode() == text
    assert found[0].total == len(index.with_prefix(text).ids) and len(found[0].items) == 1


@pytest.mark.parametrize(
    "call, status, kind",
    [
        (lambda client: client.item("nobody"), 404, "missing"),
        (lambda client: client.query(item="nobody"), 404, "missing"),
        (lambda client: client.with_index("other").info(), 404, "missing"),
        (lambda client: client.query([1.0, 2.0]), 422, None),
        (lambda client: client.query_batch([[1.0, 2.0]]), 422, None),
        (lambda client: client.query(text="red"), 422, "unsupported"),
        (lambda client: client.query(item="item-1", k=0), 400, None),
        (lambda client: client.query(item="item-1", filter="price <"), 422, None),
        (lambda client: client.query(semantic_id="1-2"), 422, None),
        (lambda client: client.candidates([1, 2, 3], expand="hamming:x"), 422, None),
        (lambda client: client.put(["a"], np.zeros((1, 24))), 403, "forbidden"),
        (lambda client: client.rollback(), 409, "conflict"),
    ],
)
def test_faults(served: Client, call: Any, status: int, kind: str | None) -> None:
    with pytest.raises(ServerError) as raised:
        call(served)
    error = raised.value
    assert error.status == status and error.expected and str(error)
    assert kind is None or error.kind == kind


def test_changes(serving: str, index: semid.Index, vectors: Any) -> None:
    index.close()
    server = RunningServer(serving, f"shop={index.path}", "--writable")
    new = vectors[:40] + np.float32(3)
    with Client(server.url, index="shop") as client:
        before = client.info()
        names = [f"new/{row}" for row in range(40)]
        done = client.put(names, new, attributes={"price": [1.5] * 40, "brand": [None] * 40})
        assert (done.added, done.replaced, done.items) == (40, 0, before.items + 40)
        again = client.put(names, new, attributes={"price": [1.5] * 40, "brand": [None] * 40})
        assert (again.added, again.replaced, again.items) == (0, 40, before.items + 40)
        assert client.query(new[3], k=1, exact=True, attributes=True).hits[0].item == "new/3"
        assert client.item("new/3").attributes == {"price": 1.5}
        assert client.info().generation != before.generation
        gone = client.delete([*names[:10], "nobody"])
        assert (gone.deleted, gone.unknown, gone.items) == (10, 1, before.items + 30)
        assert client.delete(filter="price = 1.5").deleted == 30
        assert client.compact().segments == 1 and client.info().deleted == 0
        constraint = client.constraint(vocabulary_size=64)
        start = constraint.start(1)
        client.put(["item-x"], new[:1], semantic_ids=[[1, 2, 3]])
        with pytest.raises(ServerError) as raised:
            constraint.advance(start.states, [1])
        assert raised.value.kind == "conflict"
        assert len(constraint.after([[1]])) == 1
        # The process dies, and what it answered is there.
        server.close(signal.SIGKILL)
    with semid.Index.open(index.path) as opened:
        assert len(opened) == before.items + 1 and opened.semantic_ids(opened.rows(ids=["item-x"]))[0] == "<a_1><b_2><c_3>"
        opened.verify()


def test_a_server_that_is_started_again(serving: str, index: semid.Index) -> None:
    server = RunningServer(serving, f"shop={index.path}")
    with Client(server.url, index="shop") as client:
        first = client.query(item="item-7", k=5)
        server.close()
        assert not client.is_ready()
        server = RunningServer(serving, f"shop={index.path}", port=int(server.url.rsplit(":", 1)[1]))
        assert client.query(item="item-7", k=5) == first
    server.close()


def test_reload_and_rollback(serving: str, index: semid.Index, model: Any, vectors: Any) -> None:
    index.close()
    server = RunningServer(serving, f"shop={index.path}", "--follow", 0)
    with Client(server.url, index="shop") as client:
        semid.Index.build(index.path, vectors[:100], tokenizer=model).close()
        assert client.info().items == 1500
        assert client.reload().items == 100
        back = client.rollback()
        assert back.items == 1500 and back.rolled_back and client.query(item="item-1400", k=1).hits
        assert client.reload().items == 100
    server.close()


def test_tokens(serving: str, index: semid.Index, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
    index.close()
    server = RunningServer(serving, f"shop={index.path}", "--tokens", tmp_path / "tokens", "--writable")
    for token, status in ((None, 401), ("x" * 20, 401)):
        with Client(server.url, token, "shop") as client, pytest.raises(ServerError) as raised:
            client.info()
        assert (raised.value.status, raised.value.kind) == (status, "unauthorized")
    with Client(server.url, TOKENS["read"], "shop") as client:
        assert client.query(item="item-1", k=1).hits
        for call in (client.compact, client.reload):
            with pytest.raises(ServerError) as raised:
                call()
            assert raised.value.kind == "forbidden"
    with Client(server.url, TOKENS["write"], "shop") as client:
        assert client.delete(["item-1"]).deleted == 1
    with Client(server.url, TOKENS["admin"], "shop") as client:
        assert client.reload().items == 1499
    server.close()


def test_parts_on_servers(serving: str, tmp_path: Path, index: semid.Index, vectors: Any, ids: list[str], model: Any) -> None:
    """Parts that the command has made, on servers of their own, beside the whole index on one."""
    np.save(tmp_path / "all.npy", vectors)
    (tmp_path / "all.ids.json").write_text(json.dumps(ids))
    model.save(tmp_path / "model")
    servers = [RunningServer(serving, f"shop={index.path}")]
    for part in (1, 2):
        path = tmp_path / f"part-{part}"
        subprocess.run(
            [
                serving, "index", "build", tmp_path / "all.npy", "--model", tmp_path / "model", "--part", f"{part}/2",
                "--output", path, "--quiet",
            ],
            check=True,
        )
        with semid.Index.open(path) as built:
            assert {part_of(item, 2) for item in built.ids(built.rows())} == {part - 1}
        servers.append(RunningServer(serving, f"shop={path}", "--writable"))
    whole = Client(servers[0].url, index="shop")
    with ShardedClient([server.url for server in servers[1:]], index="shop") as parts:
        assert len(parts) == len(ids)
        for merged, one in zip(
            parts.query_batch(vectors[:50], k=9, exact=True), whole.query_batch(vectors[:50], k=9, exact=True), strict=True
        ):
            assert hits(merged) == sorted(hits(one), key=lambda hit: (hit[1], hit[0]))
        assert hits(parts.query(item="item-3", k=9, exact=True)) == hits(whole.query(item="item-3", k=9, exact=True))
        codes = whole.item("item-3").codes
        for rule in ("exact", "prefix", "hamming:1", "per-level:4", "product:3"):
            merged, one = (client.candidates(codes, expand=rule, budget=60) for client in (parts, whole))
            assert merged.count == one.count and merged.budget_exhausted == one.budget_exhausted
            for a, b in zip(merged.entries, one.entries, strict=True):
                assert (a.codes, a.distance) == (b.codes, b.distance)
                assert {item.item for item in a.items} == {item.item for item in b.items}
        assert parts.items_of(codes).total == whole.items_of(codes).total
        assert [one.items for one in parts.encode(vectors[:5])] == [one.items for one in whole.encode(vectors[:5])]
        done = parts.put(["p", "q", "r"], vectors[:3])
        assert done.added == 3 and len(parts) == len(ids) + 3 and parts.delete(["p", "q", "r"]).deleted == 3
        explained = parts.query(vectors[0], k=3, explain=True).explain
        assert explained is not None and explained.segments is not None and explained.segments >= 2
    whole.close()
    for server in servers:
        server.close()


def test_the_guide(serving: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of Documentation/Serving.md, on the example data."""
    made = subprocess.run([sys.executable, ROOT / "Examples" / "make_inputs.py", tmp_path], capture_output=True, text=True)
    if "ModuleNotFoundError" in made.stderr:
        pytest.skip("the example data needs pyarrow and tokenizers")
    assert made.returncode == 0, made.stderr
    monkeypatch.chdir(tmp_path)
    for words in (
        "train rq-kmeans embeddings.npy --output model --codebook-size 32",
        "index build embeddings.npy --model model --attributes items.parquet --output index",
    ):
        subprocess.run([serving, *words.split(), "--quiet"], check=True)
    server = RunningServer(serving, "shop=index", "--writable")
    names: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "Documentation" / "Serving.md").read_text(), re.M | re.S)
    assert len(blocks) >= 2
    for block in blocks:
        exec(compile(block.replace("http://127.0.0.1:8080", server.url), "Serving.md", "exec"), names)
    names["client"].close()
    server.close()


def test_a_check_of_health(serving: str, index: semid.Index) -> None:
    def check(url: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([serving, "serve", "--check", url], capture_output=True, text=True)

    server = RunningServer(serving, f"shop={index.path}")
    assert check(server.url).returncode == 0
    assert check(server.url + "/nothing").returncode == 0
    server.close()
    done = check(server.url)
    assert done.returncode != 0 and "expected a server that takes requests" in done.stderr
    assert check("127.0.0.1:8080").returncode != 0
    assert subprocess.run([serving, "serve", "--check", server.url, index.path], capture_output=True).returncode == 64


def test_nothing_listens_behind(serving: str, index: semid.Index) -> None:
    """SIGTERM ends a server whose clients keep their connections."""
    server = RunningServer(serving, f"shop={index.path}")
    port = int(server.url.rsplit(":", 1)[1])
    client = Client(server.url, index="shop")
    client.info()
    began = time.monotonic()
    server.close()
    assert time.monotonic() - began < 20
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 2).close()
    client.close()
