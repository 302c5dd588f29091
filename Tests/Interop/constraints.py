"""The Python that the help of semid corpus constraint prints, run as it is printed."""

import contextlib
import os
import pathlib
import textwrap


def example(semid, number=0):
    """The lines of the help from an import to the end of the call of generate: the first of them, or a later one."""
    lines = semid.help("corpus", "constraint").splitlines()
    start = [place for place, line in enumerate(lines) if line.strip() == "import json"][number]
    margin = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    code = []
    for line in lines[start:]:
        if line.strip() and not line.startswith(margin):
            break
        code.append(line)
    return textwrap.dedent("\n".join(code)).strip() + "\n"


def run(code, prefixes, model, inputs):
    """What the code leaves behind, run beside its prefixes.json."""
    with beside(prefixes):
        values = {"model": model, "inputs": inputs}
        exec(code, values)
    return values


def function(code, prefixes, model, inputs):
    """The code's prefix_allowed_tokens_fn alone, without its call of generate."""
    return run(code.split("output = ")[0], prefixes, model, inputs)["allowed"]


@contextlib.contextmanager
def beside(prefixes):
    """Works in a folder where the dictionary has the name that the code opens."""
    prefixes, before = pathlib.Path(prefixes).resolve(), os.getcwd()
    folder = prefixes.parent / f"{prefixes.stem}-as-printed"
    folder.mkdir(exist_ok=True)
    link = folder / "prefixes.json"
    if not link.exists():
        link.symlink_to(prefixes)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
