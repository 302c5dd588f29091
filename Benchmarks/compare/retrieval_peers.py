"""Builds and searches one system for the retrieval comparison. Started by `retrieval.py`, a process for each.

A system is a class: `build` makes its index, `save` and `load` keep it between rounds, `settings` lists what to try by
ascending work, `use` applies one, `batch` and `single` search. The last line printed is a JSON object."""

import argparse
import itertools
import json
import math
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

import numpy as np

import retrieval_data

# As semid bench recall has them: what is enough, and how clearly a setting must be beaten not to be timed.
ENOUGH = 0.9995
SLACK = 1.4


def size_of(path):
    path = pathlib.Path(path)
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


class HNSWLib:
    """hnswlib, M 16, ef_construction 200."""

    settings = [{"ef": ef} for ef in (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640)]

    def __init__(self, task, threads):
        import hnswlib

        self.task, self.threads = task, threads
        self.index = hnswlib.Index("ip" if task.angular else "l2", task.items.shape[1])

    def build(self):
        self.index.init_index(len(self.task.items), M=16, ef_construction=200)
        self.index.add_items(self.task.items, num_threads=self.threads)

    def save(self, path):
        self.index.save_index(str(path))

    def load(self, path):
        self.index.load_index(str(path), max_elements=len(self.task.items))

    def use(self, setting):
        self.index.set_ef(max(setting["ef"], self.task.k))

    def batch(self, queries, threads):
        return self.index.knn_query(queries, self.task.k, num_threads=threads)[0]

    def single(self, query):
        return self.index.knn_query(query, self.task.k, num_threads=1)[0]


class Faiss:
    """Parts that all of FAISS' indexes share."""

    def __init__(self, task, threads):
        import faiss

        self.faiss, self.task, self.threads = faiss, task, threads

    def save(self, path):
        self.faiss.write_index(self.index, str(path))

    def load(self, path):
        self.index = self.faiss.read_index(str(path))

    def batch(self, queries, threads):
        self.faiss.omp_set_num_threads(threads)
        return self.index.search(queries, self.task.k)[1]

    def single(self, query):
        return self.index.search(query[None], self.task.k)[1][0]


class FaissHNSW(Faiss):
    """FAISS HNSW32, efConstruction 200."""

    settings = [{"ef": ef} for ef in (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640)]

    def build(self):
        self.faiss.omp_set_num_threads(self.threads)
        self.index = self.faiss.IndexHNSWFlat(self.task.items.shape[1], 32)
        self.index.hnsw.efConstruction = 200
        self.index.add(self.task.items)

    def use(self, setting):
        self.index.hnsw.efSearch = setting["ef"]


class FaissFastScan(Faiss):
    """FAISS IVF, PQ of d/4 four-bit codes scanned in registers, refined on the float vectors."""

    per_code = 4
    settings = [
        {"nprobe": probes, "k_factor": factor}
        for probes, factor in itertools.product((1, 2, 4, 8, 16, 32, 64, 128), (2, 4, 10, 20, 40, 100))
    ]

    def build(self):
        self.faiss.omp_set_num_threads(self.threads)
        count, dimension = self.task.items.shape
        lists = 2 ** round(math.log2(4 * math.sqrt(count)))
        codes = next(m for m in range(dimension // self.per_code, 0, -1) if dimension % m == 0)
        self.index = self.faiss.index_factory(dimension, f"IVF{lists},PQ{codes}x4fs,RFlat")
        self.index.train(self.task.items)
        self.index.add(self.task.items)

    def use(self, setting):
        self.faiss.extract_index_ivf(self.index.base_index).nprobe = setting["nprobe"]
        self.index.k_factor = setting["k_factor"]


class FaissFastScanFine(FaissFastScan):
    """As above, with codes of two dimensions each."""

    per_code = 2


class USearch:
    """usearch in float32, connectivity 16, expansion_add 200."""

    dtype = "f32"
    settings = [{"expansion": ef} for ef in (10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640)]

    def __init__(self, task, threads):
        from usearch.index import Index

        self.task, self.threads = task, threads
        self.index = Index(
            ndim=task.items.shape[1], metric="ip" if task.angular else "l2sq", dtype=self.dtype, connectivity=16,
            expansion_add=200)

    def build(self):
        self.index.add(np.arange(len(self.task.items)), self.task.items, threads=self.threads)

    def save(self, path):
        self.index.save(str(path))

    def load(self, path):
        self.index.load(str(path))

    def use(self, setting):
        self.index.expansion_search = setting["expansion"]

    def batch(self, queries, threads):
        return self.index.search(queries, self.task.k, threads=threads).keys.astype(np.int64)

    def single(self, query):
        return self.index.search(query, self.task.k, threads=1).keys


class USearchHalf(USearch):
    """usearch in bfloat16."""

    dtype = "bf16"


class ScaNN:
    """ScaNN: a tree of 2√N leaves, asymmetric hashing of two dimensions a code, reordered on the float vectors."""

    settings = [
        {"leaves": leaves, "reorder": reorder}
        for leaves, reorder in itertools.product((2, 4, 8, 16, 32, 64, 128), (20, 30, 50, 100, 200, 400))
    ]

    def __init__(self, task, threads):
        import scann

        self.scann, self.task, self.threads = scann, task, threads

    def build(self):
        count = len(self.task.items)
        leaves = max(100, 2 * int(math.sqrt(count)))
        measure = "dot_product" if self.task.angular else "squared_l2"
        self.index = (
            self.scann.scann_ops_pybind.builder(self.task.items, self.task.k, measure)
            .set_n_training_threads(self.threads)
            .tree(num_leaves=leaves, num_leaves_to_search=leaves // 10, training_sample_size=min(count, 250_000))
            .score_ah(2, anisotropic_quantization_threshold=0.2)
            .reorder(100)
            .build())

    def save(self, path):
        path.mkdir(exist_ok=True)
        self.index.serialize(str(path))

    def load(self, path):
        self.index = self.scann.scann_ops_pybind.load_searcher(str(path))

    def use(self, setting):
        self.options = dict(
            leaves_to_search=setting["leaves"], pre_reorder_num_neighbors=max(setting["reorder"], self.task.k))

    def batch(self, queries, threads):
        search = self.index.search_batched if threads == 1 else self.index.search_batched_parallel
        found = search(queries, **self.options)[0]
        return found

    def single(self, query):
        return self.index.search(query, **self.options)[0]


SYSTEMS = {
    "hnswlib": HNSWLib, "faiss-hnsw32": FaissHNSW, "faiss-ivfpq4fs": FaissFastScan,
    "faiss-ivfpq4fs-fine": FaissFastScanFine, "scann": ScaNN, "usearch": USearch, "usearch-bf16": USearchHalf,
}
MODULES = {"hnswlib": "hnswlib", "faiss": "faiss", "scann": "scann", "usearch": "usearch"}


def available(name):
    import importlib.util

    return importlib.util.find_spec(MODULES[name.split("-")[0]]) is not None


# ---- One system, one round -------------------------------------------------------------------------------------------


def prepared(options, system, task):
    """Builds the index, or takes the one that an earlier round kept."""
    place = options.cache / f"{options.label}-{options.system}-b{options.build_threads}"
    note = place.with_name(place.name + ".json")
    if note.exists():
        system.load(place)
        return json.loads(note.read_text())
    if place.is_dir():
        shutil.rmtree(place)
    start = time.perf_counter()
    system.build()
    built = {"buildSeconds": time.perf_counter() - start}
    system.save(place)
    built["bytesBesideVectors"] = size_of(place) - task.vector_bytes
    note.write_text(json.dumps(built))
    return built


def padded(found, k):
    """Rows of k, −1 where fewer were found."""
    rows = np.full((len(found), k), -1, np.int64)
    for row, values in zip(rows, found):
        values = np.asarray(values)[:k]
        row[: len(values)] = values
    return rows


def sweep(options, system, task, deadline):
    """What the settings reach, and whether the time ran out before all were measured."""
    queries = task.queries
    tried = []
    for setting in system.settings:
        enough = any(
            done["recall"] >= ENOUGH and all(done["setting"][key] <= setting[key] for key in setting) for done in tried)
        if enough or time.monotonic() > deadline:
            continue
        system.use(setting)
        start = time.perf_counter()
        found = system.batch(queries, options.threads)
        rough = time.perf_counter() - start
        tried.append({"setting": setting, "recall": task.recall(padded(found, task.k)), "rough": rough})
    timed = [
        one for one in tried
        if not any(other["recall"] >= one["recall"] and other["rough"] * SLACK < one["rough"] for other in tried)
    ]
    # The most promising first, should the time run out.
    timed.sort(key=lambda one: abs(one["recall"] - 0.98))
    done = []
    for one in timed:
        if time.monotonic() > deadline:
            break
        system.use(one["setting"])
        system.batch(queries, options.threads)
        batch = []
        for _ in range(options.repeats):
            start = time.perf_counter()
            system.batch(queries, options.threads)
            batch.append(time.perf_counter() - start)
        system.batch(queries[:1], 1)
        singles = []
        for _ in range(options.repeats + 1):
            seconds = np.empty(len(queries))
            for number, query in enumerate(queries):
                start = time.perf_counter()
                system.single(query)
                seconds[number] = time.perf_counter() - start
            singles.append(seconds)
        best = min(singles[1:], key=np.sum)
        p50, p95, p99 = np.percentile(best, [50, 95, 99]) * 1e6
        done.append({
            "setting": one["setting"], "recall": one["recall"],
            "single": {"qps": len(queries) / best.sum(), "p50": p50, "p95": p95, "p99": p99},
            "batch": {"qps": len(queries) / min(batch)},
        })
    return done, time.monotonic() > deadline


def semid(options):
    """Ours, by `semid bench recall`, whose figures are brought to the form of the others."""
    place = options.cache / f"{options.label}-semid-b{options.build_threads}"
    note = place.with_name(place.name + ".json")
    binary = pathlib.Path(os.environ["SEMID"])
    # An index of another semid, or of other options, is not this one's.
    origin = f"{binary.stat().st_size} {binary.stat().st_mtime_ns} {' '.join(options.semid_options)}"
    common = ["bench", "recall", "--data", str(options.file), "--k", str(options.k), "--json", "--quiet"]

    def run(*more):
        out = subprocess.run([str(binary), *common, *map(str, more)], stdout=subprocess.PIPE, text=True, check=True).stdout
        return [json.loads(line) for line in out.splitlines()]

    built = json.loads(note.read_text()) if note.exists() else {}
    if built.get("origin") != origin:
        shutil.rmtree(place, ignore_errors=True)
        figures = run(
            "--keep", place, "--threads", options.build_threads, "--queries", 10, "--rounds", 1, "--candidates", 20,
            "--scan-factor", 16, *options.semid_options)[0]
        built = {
            "origin": origin, "bytesBesideVectors": figures["bytesBesideVectors"],
            "buildSeconds": figures["trainSeconds"] + figures["encodeSeconds"] + figures["buildSeconds"],
            "parts": {key: figures[key] for key in ("trainSeconds", "encodeSeconds", "buildSeconds")},
        }
        note.write_text(json.dumps(built))
    lines = run("--index", place / "index", "--threads", options.threads, "--rounds", options.repeats)
    settings = []
    for line in lines:
        if line.get("exact") is not False:
            continue
        speeds = {(speed["mode"], speed["threads"]): speed for speed in line["speeds"]}
        one, many = speeds[("single", 1)], speeds[("batch", options.threads)]
        settings.append({
            "setting": {"candidates": line["candidates"], "scan": line["scan"]}, "recall": line["recall"],
            "single": {"qps": one["queriesPerSecond"], "p50": one["p50"], "p95": one["p95"], "p99": one["p99"]},
            "batch": {"qps": many["queriesPerSecond"]},
        })
    return built | {"openSeconds": lines[0]["openSeconds"], "settings": settings}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", choices=["semid", *SYSTEMS])
    parser.add_argument("--file", type=pathlib.Path, required=True)
    parser.add_argument("--label", required=True)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--build-threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--budget-seconds", type=float, default=1800)
    parser.add_argument("--semid-options", type=shlex.split, default=[])
    options = parser.parse_args()
    deadline = time.monotonic() + options.budget_seconds
    if options.system == "semid":
        result = semid(options)
    else:
        task = retrieval_data.Task(options.file, options.k)
        system = SYSTEMS[options.system](task, options.build_threads)
        result = prepared(options, system, task)
        result["settings"], result["cut"] = sweep(options, system, task, deadline)
    print(json.dumps(result, default=float))


if __name__ == "__main__":
    sys.exit(main())
