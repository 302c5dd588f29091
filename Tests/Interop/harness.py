"""Runs semid, and reports checks one by one."""

import contextlib
import importlib.util
import json
import os
import subprocess
import time


class Semid:
    def __init__(self, program):
        self.program = program

    def __call__(self, *arguments, stdin=None):
        """Runs a verb with --json, and returns what it prints: an object, or a list of them where it prints several."""
        command = [self.program, *map(str, arguments), "--json", "--quiet", "--threads", "2"]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}"
        values = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        return values[0] if len(values) == 1 else values

    def help(self, *verb):
        """The help of a verb, as a terminal of 80 columns shows it."""
        environment = {**os.environ, "COLUMNS": "80"}
        return subprocess.run(
            [self.program, *verb, "--help"], capture_output=True, text=True, check=True, env=environment).stdout

    def refuses(self, *arguments):
        """Runs a verb that has to fail, and returns the error."""
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode not in (0, 70) and done.returncode > 0, f"{arguments}: exit {done.returncode}"
        return done.stderr


class Checks:
    def __init__(self):
        self.failed = 0
        self.skipped = 0

    @contextlib.contextmanager
    def __call__(self, name):
        """One check; what it puts in the list it is given is printed behind its name."""
        notes = []
        start = time.perf_counter()
        try:
            yield notes
            result = "ok"
        except Skipped as reason:
            self.skipped += 1
            notes, result = [str(reason)], "skipped"
        except Exception as error:  # the other checks go on
            self.failed += 1
            result = "FAILED"
            notes.append(f"{type(error).__name__}: {error}")
        seconds = time.perf_counter() - start
        print(f"{result:8} {seconds:5.1f} s  {name}" + "".join(f"\n{'':18}{note}" for note in notes), flush=True)


class Skipped(Exception):
    pass


def require(*modules):
    """Leaves the check that it stands in out where a library is not there."""
    lacking = [module for module in modules if importlib.util.find_spec(module) is None]
    if lacking:
        raise Skipped("no " + " and no ".join(lacking) + " in this Python")
