"""The Python package semid, by its interface of semantic-id, against semantic-id itself: fit, encode, unique IDs with a store
in memory and in a SQLite file, and evaluate. Started by `run package`.

Each run is a process of its own, on as many processors as --threads says. Both packages get the same calls with the same
arguments. Encoding and what follows use one model, which semantic-id trained. semid's library must be in python/semid/lib
(scripts/python-library), or SEMID_LIBRARY names it.
"""

import argparse
import importlib
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np

import harness
import vectors

HERE = pathlib.Path(__file__).resolve()
SYSTEMS = {"semid": "semid.compat.semantic_id", "semantic-id": "semantic_id"}
TASKS = ["fit", "encode", "ids in memory", "ids in SQLite", "evaluate"]


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run package", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", default="100000x384", help="a file of vectors, or ROWSxDIMENSION of made ones")
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--clusters", type=int, default=256)
    parser.add_argument("--runs", type=int, default=1, help="n_init")
    parser.add_argument("--iterations", type=int, default=100, help="max_iter")
    parser.add_argument("--tasks", default=",".join(TASKS), help="some of them, separated by commas")
    parser.add_argument("--evaluated", type=int, default=20_000, help="rows that evaluate gets")
    parser.add_argument("--stored", type=int, default=2000, help="IDs that a SQLite store gets")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--output", default=".build/compare", help="folder of the table and the raw results")
    return parser.parse_args(words)


def child(system, task, rows, folder, options):
    """One task, timed without what comes before it."""
    import hashlib  # noqa: F401: a library of semid's that has Arrow in it would bring another OpenSSL before Python's

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options["threads"]])
    package = importlib.import_module(SYSTEMS[system])
    x = np.ascontiguousarray(np.load(rows))
    model = folder / "model"
    before = os.times().user
    if task == "fit":
        made = package.RQKMeans(
            options["levels"], options["clusters"], random_state=42, n_init=options["runs"],
            max_iter=options["iterations"])
        start = time.perf_counter()
        made.fit(x)
        seconds = time.perf_counter() - start
        user = os.times().user - before
        if system == "semantic-id":
            made.save(str(model))
        error = float(np.mean((made.decode(made.encode(x)) - x) ** 2))
        return {"seconds": seconds, "userSeconds": user, "error": error}
    made = package.RQKMeans.load(str(model))
    codes = made.encode(x[:1000]) if task == "encode" else made.encode(x)
    ids = made.semantic_id(codes)
    names = [f"item-{row}" for row in range(len(ids))]
    store = package.InMemoryCollisionStore()
    if task == "ids in SQLite":
        database = folder / "ids.db"
        database.unlink(missing_ok=True)
        store, count = package.SQLiteCollisionStore(str(database)), options["stored"]
        ids, names = ids[:count], names[:count]
    x, codes = (x[: options["evaluated"]], codes[: options["evaluated"]]) if task == "evaluate" else (x, codes)
    before = os.times().user
    start = time.perf_counter()
    if task == "encode":
        result = made.encode(x)
    elif task == "evaluate":
        result = package.evaluate(x, codes, encoder=made)
    else:
        result = package.UniqueIdResolver(store).assign(ids, item_ids=names)
    seconds, user = time.perf_counter() - start, os.times().user - before
    found = {"seconds": seconds, "userSeconds": user}
    if task == "encode":
        found["sum"] = int(result.astype(np.int64) @ (1 + np.arange(result.shape[1])) @ (1 + np.arange(len(result)) % 997))
    elif task == "evaluate":
        found["collisions"], found["correlation"] = result["collision_rate"], result["distance_correlation"]
    else:
        found["distinct"] = len(set(result))
    return found


def main(words):
    options = arguments(words)
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    folder = output / "package"
    folder.mkdir(exist_ok=True)
    rows = folder / "rows.npy"
    if "x" in options.data and not pathlib.Path(options.data).exists():
        count, dimension = map(int, options.data.split("x"))
        np.save(rows, vectors.synthetic(count, dimension))
    else:
        np.save(rows, vectors.load(options.data))
    name = pathlib.Path(options.data).stem
    log = harness.Log(output / f"package-{name}.jsonl")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(HERE.parents[2] / "python"), os.environ.get("PYTHONPATH")]))
    settings = json.dumps(vars(options))
    tasks = options.tasks.split(",")
    if "fit" not in tasks and not (folder / "model" / "metadata.json").exists():
        sys.exit("the other tasks use the model that fit leaves: run fit first")
    lines, everything = [], {}
    for task in tasks:
        commands = {
            system: [sys.executable, HERE, "child", system, task, rows, folder, settings]
            for system in ("semantic-id", "semid")}
        results = harness.alternate(commands, options.rounds, options.threads, log, task=task, data=name)
        everything[task] = results
        ours, theirs = (row for _, row in sorted((r["name"] != "semid", r) for r in harness.summary(results)))
        checks = [
            ", ".join(f"{k} {v:.6g}" for k, v in results[s][0].items() if k not in ("seconds", "userSeconds", "busy"))
            for s in ("semid", "semantic-id")]
        lines.append([
            task, f"{ours['median']:.3g} s", f"{theirs['median']:.3g} s", f"{theirs['ratioOfRounds']:.3g} ×",
            *checks])
    shape = np.load(rows, mmap_mode="r").shape
    text = "\n".join([
        f"{name}, {shape[0]:,} × {shape[1]}; {options.levels} levels of {options.clusters}, n_init {options.runs}, max_iter "
        f"{options.iterations}; {options.threads} threads; medians of {options.rounds} paired rounds; {options.stored:,} IDs "
        f"in SQLite, {min(options.evaluated, shape[0]):,} items evaluated.", "",
        harness.table(["task", "semid", "semantic-id", "ratio", "semid found", "semantic-id found"], lines), "",
        harness.busy_note({f"{t}/{s}": r for t, results in everything.items() for s, r in results.items()}),
        versions(), ""])
    (output / f"package-{name}.md").write_text(text)
    print(text)


def versions():
    code = "import semid, importlib.metadata as m; print('semid', semid.__version__, *(f'{p} {m.version(p)}' for p in " \
        "('semantic-id', 'scikit-learn', 'numpy', 'torch')), sep=', ')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        _, _, system, task, rows, folder, settings = sys.argv
        print(json.dumps(child(system, task, rows, pathlib.Path(folder), json.loads(settings))))
    else:
        main([word for word in sys.argv[1:] if word != "package"])
