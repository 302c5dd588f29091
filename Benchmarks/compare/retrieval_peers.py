"""Builds and searches one system for the retrieval comparison. Started by `retrieval.py`, a process for each.

The last line printed is a JSON object: how long building took, what the index weighs, and what each setting reaches."""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

import numpy as np

import retrieval_data
from retrieval_systems import SYSTEMS

# As semid bench recall has them: what is enough, and how clearly a setting must be beaten not to be timed.
ENOUGH = 0.9995
SLACK = 1.4


def size_of(path):
    path = pathlib.Path(path)
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


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
