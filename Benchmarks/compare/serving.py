"""`semid serve` against FAISS HNSW behind FastAPI and uvicorn: requests a second and latencies on loopback, at equal recall, by
one load generator (wrk). Started by `run serving`.

Both servers get one vector, or a batch, per request, as raw 32-bit floats, and answer JSON with ids and distances. Recall is
measured through HTTP against exact neighbors. wrk and both servers share the processors of one machine.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

import vectors

K = 10

PEER = '''
import os
import faiss, numpy as np, orjson
from fastapi import FastAPI, Request, Response

index = faiss.read_index(os.environ["PEER_INDEX"])
index.hnsw.efSearch = int(os.environ["PEER_EF"])
faiss.omp_set_num_threads(1)
names = [f"item-{row}" for row in range(index.ntotal)]
app = FastAPI()

@app.post("/query")
async def query(request: Request):
    x = np.frombuffer(await request.body(), dtype="<f4").reshape(-1, index.d)
    distances, rows = index.search(x, 10)
    result = [[{"item": names[r], "distance": float(d)} for r, d in zip(*pair)] for pair in zip(rows, distances)]
    return Response(orjson.dumps({"result": result}), media_type="application/json")
'''

SCRIPT = '''
local ffi = require("ffi")
local file = io.open("{queries}", "rb")
local all = file:read("*a")
file:close()
local size = {size}
local count = math.floor(#all / size)
local delay_ms = {delay}
local number = 0
function setup(thread) thread:set("offset", math.random(count)) end
function init(args) math.randomseed(7); number = offset or 0 end
function request()
  number = (number + 1) % count
  return wrk.format("POST", "{path}", {{["Content-Type"] = "application/octet-stream"}}, all:sub(number * size + 1, (number + 1) * size))
end
if delay_ms > 0 then
  function delay() return math.floor(-math.log(1 - math.random()) * delay_ms + 0.5) end
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %f %f %f %f %d %d\\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    summary.errors.status + summary.errors.timeout + summary.errors.read + summary.errors.write + summary.errors.connect,
    summary.requests))
end
'''


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run serving", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", default="1000000x128", help="a file of vectors, or ROWSxDIMENSION of made ones")
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--keep", help="a folder for the indexes, to use them again")
    return parser.parse_args(words)


def wrk(port, path, queries, size, connections, seconds, folder, delay=0.0):
    script = folder / "load.lua"
    script.write_text(SCRIPT.format(queries=queries, size=size, path=path, delay=delay))
    threads = min(2, connections)
    done = subprocess.run(
        ["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", script,
         f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    rate, p50, p99, p999, faults, count = map(float, line.split()[1:])
    assert faults == 0, done.stdout
    return {"rate": rate, "p50": p50 / 1000, "p99": p99 / 1000, "p999": p999 / 1000, "requests": count}


def post(port, path, body, connection=None):
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    own.request("POST", path, body, {"Content-Type": "application/octet-stream"})
    answer = own.getresponse()
    content = answer.read()
    assert answer.status == 200, content[:300]
    return json.loads(content)["result"]


def recall(port, path, queries, truth):
    found = post(port, path, queries.tobytes())
    hit = 0
    for row, result in enumerate(found):
        hits = result["hits"] if isinstance(result, dict) else result
        hit += len({int(item["item"].split("-")[1]) for item in hits} & truth[row])
    return hit / (len(queries) * K)


def measure(name, port, single, batch, folder, options, width, results):
    queries = folder / "queries.f32"
    for what, path, count in [("single", single, 1), (f"batch of {options.batch}", batch, options.batch)]:
        size = width * 4 * count
        alone = wrk(port, path, queries, size, 1, options.seconds, folder)
        full = wrk(port, path, queries, size, 32, options.seconds, folder)
        rows = [("one connection", alone), ("saturated, 32 connections", full)]
        for share in (0.5, 0.9):
            connections = 64
            # Each connection waits between two requests, so that together they ask at a share of the full rate.
            pause = max(0.0, connections / (full["rate"] * share) * 1000 - full["p50"] * share / 2)
            rows.append((f"{share:.0%} of saturation", wrk(
                port, path, queries, size, connections, options.seconds, folder, delay=pause)))
        for load, figures in rows:
            results.append((name, what, load, figures))
            print(
                f"| {name} | {what} | {load} | {figures['rate']:,.0f} | {figures['p50']:.2f} | {figures['p99']:.2f} | "
                f"{figures['p999']:.2f} |", flush=True)


def start(command, environment=None):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)


def main(words):
    options = arguments(words)
    semid = os.environ["SEMID"]
    shape = options.data.split("x")
    is_made = len(shape) == 2 and all(part.isdigit() for part in shape)
    x = vectors.synthetic(*map(int, shape)) if is_made else vectors.load(options.data)
    x = np.ascontiguousarray(x, dtype=np.float32)
    generator = np.random.default_rng(11)
    queries = x[generator.integers(0, len(x), 4096)]
    queries = (queries + generator.normal(size=queries.shape) * x.std() * 0.15).astype(np.float32)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(options.keep or name)
        folder.mkdir(parents=True, exist_ok=True)
        queries.tofile(folder / "queries.f32")
        import faiss

        flat = faiss.IndexFlatL2(x.shape[1])
        flat.add(x)
        truth = [set(row.tolist()) for row in flat.search(queries[:500], K)[1]]
        del flat
        print("| server | request | load | requests/s | p50 ms | p99 ms | p99.9 ms |\n|---|---|---|---:|---:|---:|---:|")
        results = []
        index = folder / "index"
        if not index.exists():
            np.save(folder / "x.npy", x)
            (folder / "ids.txt").write_text("".join(f"item-{row}\n" for row in range(len(x))))
            before = time.perf_counter()
            subprocess.run([semid, "train", "rq-kmeans", folder / "x.npy", "-o", folder / "model", "--quiet"], check=True,
                           stdout=subprocess.DEVNULL)
            subprocess.run(
                [semid, "index", "build", folder / "x.npy", "--model", folder / "model", "--ids", folder / "ids.txt", "-o", index,
                 "--quiet"], check=True, stdout=subprocess.DEVNULL)
            print(f"semid: trained and indexed in {time.perf_counter() - before:.0f} s", file=sys.stderr)
        server = start([semid, "serve", f"x={index}", "--port", "0"])
        try:
            port = int(server.stdout.readline().strip().rstrip("/").rsplit(":", 1)[1])
            for candidates in (20, 30, 40, 60, 80, 120, 160, 200, 300, 400, 800, 1600):
                tail = f"k={K}&candidates={candidates}"
                found = recall(port, f"/v1/indexes/x/query/batch?{tail}", queries[:500], truth)
                if found >= options.recall:
                    break
            print(f"semid: recall {found:.4f} with {candidates} candidates", file=sys.stderr)
            measure(
                "semid serve", port, f"/v1/indexes/x/query?{tail}", f"/v1/indexes/x/query/batch?{tail}", folder, options,
                x.shape[1], results)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
        if not options.peer:
            return
        path = folder / "hnsw.faiss"
        if not path.exists():
            before = time.perf_counter()
            hnsw = faiss.IndexHNSWFlat(x.shape[1], 16)
            hnsw.hnsw.efConstruction = 60
            hnsw.add(x)
            faiss.write_index(hnsw, str(path))
            print(f"FAISS HNSW16: built in {time.perf_counter() - before:.0f} s", file=sys.stderr)
            del hnsw
        (folder / "peer.py").write_text(PEER)
        del x
        for ef in (16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024):
            environment = {**os.environ, "PEER_INDEX": str(path), "PEER_EF": str(ef)}
            peer = start(
                [sys.executable, "-m", "uvicorn", "peer:app", "--app-dir", str(folder), "--port", "18311", "--workers",
                 str(os.cpu_count()), "--log-level", "error", "--no-access-log"], environment)
            try:
                for _ in range(600):
                    try:
                        post(18311, "/query", queries[:1].tobytes())
                        break
                    except (OSError, http.client.HTTPException):
                        time.sleep(0.2)
                found = recall(18311, "/query", queries[:500], truth)
                if found < options.recall:
                    continue
                print(f"FAISS HNSW16: recall {found:.4f} with efSearch {ef}", file=sys.stderr)
                measure("FAISS HNSW16, FastAPI", 18311, "/query", "/query", folder, options, queries.shape[1], results)
                break
            finally:
                peer.send_signal(signal.SIGTERM)
                peer.wait(60)
    for what in ("single", f"batch of {options.batch}"):
        rates = {name: f["rate"] for name, kind, load, f in results if kind == what and load.startswith("saturated")}
        ours, theirs = rates["semid serve"], rates["FAISS HNSW16, FastAPI"]
        print(f"{what}: {ours / theirs:.1f} times the requests of FastAPI", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
