"""Compares semid's search with hnswlib, FAISS, ScaNN and usearch: recall against speed, single queries and batches.

Every system is built once and kept in the cache; then rounds of sweeps go over all systems in turn, each in a process
of its own, so that a change in the machine's speed falls on all. What was measured is kept in a file of JSON lines: a
run that was interrupted goes on where it stopped (--fresh begins anew). Started by `run`.
"""

import argparse
import json
import math
import os
import pathlib
import re
import sys
import time

import harness
import machine
import retrieval_data
import retrieval_systems

HERE = pathlib.Path(__file__).parent
RECALLS = (0.95, 0.99)
DEFAULT = ["hnswlib", "faiss-hnsw32", "faiss-ivfpq4fs", "faiss-ivfpq4fs-fine", "scann", "usearch"]


def arguments():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run retrieval", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument(
        "--data", default="fashion-mnist",
        help=f"{', '.join(retrieval_data.KNOWN)} (in the folder SEMID_DATA), synthetic:NxD, or an ann-benchmarks file")
    parser.add_argument("--threads", type=int, default=1, help="of batches; single queries are on one")
    parser.add_argument("--build-threads", type=int, help="as --threads by default")
    parser.add_argument("--rounds", type=int, default=3, help="sweeps of each system, turn by turn")
    parser.add_argument("--repeats", type=int, default=2, help="timed repeats of a setting in a sweep; the best counts")
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument(
        "--peers", default=",".join(DEFAULT), help=f"any of {', '.join(retrieval_systems.SYSTEMS)}; none for semid alone")
    parser.add_argument(
        "--budget-seconds", type=float, default=3600,
        help="for one system in one round, building included; one that takes longer is left out")
    parser.add_argument("--semid-options", default="", help='of its index: "--levels 4 --codebook-size 256"')
    parser.add_argument("--cache", default=".build/compare/retrieval", help="folder of made data and built indexes")
    parser.add_argument("--output", default=".build/compare", help="folder of the tables and raw results")
    parser.add_argument("--fresh", action="store_true", help="measure again what an earlier run has")
    options = parser.parse_args()
    options.build_threads = options.build_threads or options.threads
    options.peers = [name for name in options.peers.split(",") if name and name != "none"]
    unknown = [name for name in options.peers if name not in retrieval_systems.SYSTEMS]
    if unknown:
        parser.error(f"unknown peers: {', '.join(unknown)}")
    for name in [name for name in options.peers if not retrieval_systems.available(name)]:
        print(f"left out, since it is not installed: {name}", file=sys.stderr)
        options.peers.remove(name)
    # ScaNN finds its own files by absolute paths only.
    options.cache, options.folder = pathlib.Path(options.cache).resolve(), pathlib.Path(options.output)
    options.cache.mkdir(parents=True, exist_ok=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    place = pathlib.Path(options.data)
    is_file = not options.data.startswith("synthetic:") and options.data not in retrieval_data.KNOWN
    # Data sets of several folders may share a name.
    options.label = re.sub(r"\W+", "-", f"{place.resolve().parent.name}-{place.stem}" if is_file else options.data)
    return options


class Results:
    """What was measured, as JSON lines that are appended to and read again."""

    def __init__(self, path, fresh):
        self.path = path
        if fresh:
            path.unlink(missing_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        self.records = [json.loads(line) for line in lines]

    def find(self, key, budget):
        """The latest record of `key`; not one that failed or was cut short, unless for want of as much time as now."""
        for one in reversed(self.records):
            if one["key"] == key:
                is_whole = "result" in one and not one["result"].get("cut")
                return one if is_whole or one.get("budget", 0) >= budget else None
        return None

    def add(self, key, **fields):
        record = {"key": key, "time": time.strftime("%Y-%m-%dT%H:%M:%S")} | fields
        self.records.append(record)
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        return record


def identity(options, name):
    """What a result is of: another semid's, or one of other options, is measured anew."""
    if name != "semid":
        return name
    binary = pathlib.Path(os.environ["SEMID"]).stat()
    return f"semid {binary.st_size} {binary.st_mtime_ns} {options.semid_options}".strip()


def measure(options, file, results):
    """By system: the records of its rounds, without those that failed."""
    names = ["semid", *options.peers]
    found = {name: [] for name in names}
    for number in range(options.rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            key = [identity(options, name), options.threads, options.build_threads, options.k, number]
            record = results.find(key, options.budget_seconds)
            if record is None:
                print(f"round {number + 1}/{options.rounds}: {name} …", end=" ", file=sys.stderr, flush=True)
                record = one(options, file, name, key, results)
                print(record.get("failed") or f"{record['result']['seconds']:.1f} s", file=sys.stderr)
            if record.get("result", {}).get("settings"):
                found[name].append(record["result"])
    return found


def one(options, file, name, key, results):
    command = [
        sys.executable, HERE / "retrieval_peers.py", name, "--file", file, "--label", options.label, "--cache",
        options.cache, "--k", options.k, "--threads", options.threads, "--build-threads", options.build_threads,
        "--repeats", options.repeats, "--budget-seconds", options.budget_seconds,
        f"--semid-options={options.semid_options}",
    ]
    budget = options.budget_seconds
    start = time.monotonic()
    try:
        # The child stops its sweep by itself; the rest is for what it cannot interrupt.
        result = harness.run(command, max(options.threads, options.build_threads), limit=budget + 60)
    except SystemExit as failure:
        if time.monotonic() - start > budget:
            return results.add(key, failed=f"over the budget of {budget:g} s", budget=budget)
        return results.add(key, failed=str(failure).strip().splitlines()[-1])
    return results.add(key, result=result, budget=budget)


# ---- Figures ---------------------------------------------------------------------------------------------------------


def front(points):
    """Of (recall, speed): those that no other beats at both, by ascending recall."""
    kept = []
    for recall, speed in sorted(points, key=lambda point: (-point[1], -point[0])):
        if not kept or recall > kept[-1][0]:
            kept.append((recall, speed))
    return kept


def at(recall, points):
    """The speed at `recall` on the front, its logarithm linear in the recall between two points; the fastest's below
    the front, None beyond it."""
    points = front(points)
    after = next((number for number, point in enumerate(points) if point[0] >= recall), None)
    if after is None:
        return None
    if after == 0:
        return points[0][1]
    (low, slow), (high, fast) = points[after - 1], points[after]
    share = (recall - low) / (high - low)
    return math.exp((1 - share) * math.log(slow) + share * math.log(fast))


def figures(rounds):
    """Of one system: each setting by its best round, then the figures at each recall."""
    best = {}
    for result in rounds:
        for one in result["settings"]:
            entry = best.setdefault(json.dumps(one["setting"], sort_keys=True), {"recall": one["recall"]})
            entry["single"] = max(entry.get("single", 0), one["single"]["qps"])
            entry["batch"] = max(entry.get("batch", 0), one["batch"]["qps"])
            entry["p50"] = max(entry.get("p50", 0), 1e6 / one["single"]["p50"])
    def point(key, recall):
        return at(recall, [(entry["recall"], entry[key]) for entry in best.values()])
    return {(key, recall): point(key, recall) for key in ("single", "batch", "p50") for recall in RECALLS} | {
        "build": min(result["buildSeconds"] for result in rounds),
        "bytes": rounds[-1]["bytesBesideVectors"],
        "best": max((entry["recall"] for entry in best.values()), default=0),
    }


def number(value, form="{:,.0f}"):
    return "–" if value is None else form.format(value)


def report(options, found, items, dimension):
    of = {name: figures(rounds) for name, rounds in found.items() if rounds}
    sections = []
    for key, title in (("single", "Single queries, one thread"), ("batch", f"Batch, {options.threads} thread(s)")):
        header = [f"{title}: QPS at recall@{options.k}"] + [f"≥ {recall}" for recall in RECALLS]
        if key == "single":
            header += [f"p50 at {recall}, µs" for recall in RECALLS]
        rows = []
        for name, values in of.items():
            row = [name] + [number(values[key, recall]) for recall in RECALLS]
            if key == "single":
                row += [number(values["p50", recall] and 1e6 / values["p50", recall]) for recall in RECALLS]
            rows.append(row)
        rows.append(["**semid / the best peer**"] + [ratio(of, key, recall) for recall in RECALLS] + [""] * (len(header) - 3))
        sections.append(harness.table(header, rows))
    ours = of.get("semid")
    rows = [
        [
            name, f"{values['build']:.1f}", f"{values['build'] / ours['build']:.1f}" if ours else "–",
            f"{values['bytes'] / items + 4 * dimension:,.0f}", f"{values['bytes'] / items:,.1f}",
            f"{values['best']:.4f}",
        ] for name, values in of.items()
    ]
    sections.append(harness.table(
        [f"Index, {options.build_threads} thread(s)", "build, s", "× semid's", "bytes an item", "beside the float vectors",
         "best recall"], rows))
    missing = [name for name in found if not found[name]]
    if missing:
        sections.append(f"Not measured (failed, or over the budget): {', '.join(missing)}.")
    return "\n\n".join(sections)


def ratio(of, key, recall):
    peers = {name: values[key, recall] for name, values in of.items() if name != "semid" and values[key, recall]}
    ours = of.get("semid", {}).get((key, recall))
    if not ours or not peers:
        return "–"
    best = max(peers, key=peers.get)
    return f"**{ours / peers[best]:.2f}** ({best})"


def versions(options):
    import importlib.metadata

    modules = {"hnswlib": "hnswlib", "faiss": "faiss-cpu", "scann": "scann", "usearch": "usearch"}
    names = sorted({modules[name.split("-")[0]] for name in options.peers})
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names) or "none"


def main():
    options = arguments()
    file = retrieval_data.path(options.data, options.cache)
    if not file.exists():
        sys.exit(f"run: error: {file} is not there; name a file, or set SEMID_DATA to the folder of the data sets")
    import h5py

    with h5py.File(file, "r") as data:
        items, dimension = data["train"].shape
        queries = len(data["test"])
    results = Results(options.folder / f"retrieval-{options.label}.jsonl", options.fresh)
    found = measure(options, file, results)
    text = "\n\n".join([
        f"## Retrieval on {options.data}: {items:,} × {dimension}, {queries:,} queries",
        harness.table(["", ""], [*machine.description(os.environ["SEMID"]).items(), ("Peers", versions(options))]),
        f"Best of {options.rounds} rounds, turn by turn, each the best of {options.repeats} after a warm-up; recall by "
        "distance with ann-benchmarks' 0.001; figures lie between the settings of the Pareto front. Peers are called "
        "through their own Python packages, semid by itself.",
        report(options, found, items, dimension), harness.busy_note(found),
    ])
    (options.folder / f"retrieval-{options.label}.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
