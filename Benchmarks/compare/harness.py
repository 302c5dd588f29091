"""Runs children one after another, keeps what they print, and makes tables of it."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def busy(seconds=0.3):
    """Processors that others kept busy over a short while; None where the system does not say."""

    def ticks():
        fields = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return fields[3] + fields[4], sum(fields)

    try:
        idle, total = ticks()
        time.sleep(seconds)
        idle_after, total_after = ticks()
    except OSError:
        return None
    share = 1 - (idle_after - idle) / max(1, total_after - total)
    return share * (os.cpu_count() or 1)


def run(command, threads, limit=None):
    """Runs one child with `threads` threads for its libraries, for `limit` seconds at most.

    Returns the JSON object on its last line, with `seconds` and `userSeconds` of the whole process, and `userIsWhole`
    beside the latter, where it does not say how much its timed part took, and the processors that others kept busy just
    before.
    """
    environment = dict(os.environ, **{name: str(threads) for name in THREAD_VARIABLES})
    others = busy()
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err, env=environment)
        timer = threading.Timer(limit or 1e9, child.kill)
        timer.daemon = True
        if limit:
            timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: status {child.returncode}\n{err.read()}")
        result = json.loads(out.read().strip().splitlines()[-1])
    if "userSeconds" not in result:
        result |= {"userSeconds": usage.ru_utime, "userIsWhole": True}
    result.setdefault("seconds", wall)
    result["busy"] = others
    return result


class Log:
    """One JSON object a line: everything that was measured."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("")

    def add(self, **record):
        record["time"] = time.strftime("%Y-%m-%dT%H:%M:%S")
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")


def alternate(commands, rounds, threads, log, change={}, **labels):
    """Runs every command once a round, beginning with another one each round, so that a change in the machine's speed
    falls on all of them. Returns the results of each, in the order of the rounds.

    change: by name, what makes a result of what the command printed, such as its `seconds`."""
    names = list(commands)
    results = {name: [] for name in names}
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            print(f"{threads} thread(s), round {number + 1}/{rounds}: {name} …", end=" ", file=sys.stderr, flush=True)
            result = change.get(name, dict)(run(commands[name], threads))
            print(f"{result['seconds']:.4g} s", file=sys.stderr)
            results[name].append(result)
            log.add(implementation=name, threads=threads, round=number, **labels, result=result)
    return results


def column(results, key):
    return [result[key] for result in results]


def summary(results, ours="semid"):
    """For each implementation: median and least seconds, user CPU, and three ratios to ours. Above 1, ours is faster.

    The ratio of rounds is the median of what each round says by itself, which a slow drift of the machine does not
    touch.
    """
    reference = column(results[ours], "seconds")
    rows = []
    for name, values in results.items():
        seconds = column(values, "seconds")
        rows.append({
            "name": name,
            "median": statistics.median(seconds),
            "least": min(seconds),
            "user": statistics.median(column(values, "userSeconds")),
            "userMark": "≤ " if any("userIsWhole" in value for value in values) else "",
            "ratioOfMedians": statistics.median(seconds) / statistics.median(reference),
            "ratioOfLeast": min(seconds) / min(reference),
            "ratioOfRounds": statistics.median(a / b for a, b in zip(seconds, reference)),
        })
    return rows


def table(header, rows):
    """A Markdown table; every column but the first to the right."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(["---"] + ["---:"] * (len(header) - 1)) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def busy_note(results):
    """How quiet the machine was: the processors that others kept busy in the moment before each run."""
    moments = [value for values in results.values() for value in column(values, "busy") if value is not None]
    if not moments:
        return "How busy the machine was is not known."
    mean = statistics.mean(moments)
    note = f"Processors busy with other work before the runs: {mean:.1f} in the mean, {max(moments):.1f} at most."
    if mean > 0.5:
        note += " **Others were at work: these figures are not worth keeping.**"
    return note
