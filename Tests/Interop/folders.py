"""Whole folders of tokenizers: written and read by two major versions of transformers, with tokens merged between."""

import json
import os
import pathlib
import subprocess
import sys

import constraints
import harness

SPELLINGS = ["levels", "openonerec"]


def environments():
    """By major version of transformers, the environment in which a Python sees it; a reason where there is none."""
    harness.require("torch", "transformers")
    import transformers

    current = transformers.__version__.split(".")[0]
    cache = os.environ.get("SEMID_CACHE") or os.path.expanduser("~/.cache/swift-semantic-id")
    side = pathlib.Path(os.environ.get("SEMID_TRANSFORMERS_4") or pathlib.Path(cache, "transformers-4"))
    found = {current: dict(os.environ)}
    if current != "4" and (side / "transformers").is_dir():
        found["4"] = {**os.environ, "PYTHONPATH": str(side)}
    return found


def run(environment, *arguments):
    script = pathlib.Path(__file__).with_name("tokenizer_folders.py")
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr.strip().splitlines()[-12:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def check(checks, semid, catalogue, folder):
    with checks("transformers: two major versions") as notes:
        found = environments()
        if "4" not in found:
            raise harness.Skipped("no transformers 4; scripts/python-env lays it beside the environment")
    for writer in found if "found" in locals() else ():
        saved = folder / f"saved-by-{writer}"
        with checks(f"transformers {writer}: six folders of tokenizers are saved") as notes:
            notes.append(run(found[writer], "save", saved)["version"])
        for spelling in SPELLINGS:
            merged = folder / f"merged-{writer}-{spelling}"
            with checks(f"semid: {spelling} merged into the folders, and verified"):
                jobs = merge(semid, saved, merged, spelling, folder, catalogue)
            for reader in found if "jobs" in locals() else ():
                with checks(f"transformers {reader}: AutoTokenizer on folders of {writer} with {spelling}") as notes:
                    read = run(found[reader], "load", merged, jobs["path"])
                    assert read["version"].split(".")[0] == reader, read["version"]
                    unreadable = [r["unreadable"] for r in read["kinds"].values() if "unreadable" in r]
                    notes += unreadable
                    kinds = {kind: r for kind, r in read["kinds"].items() if "ids" in r}
                    # What a version wrote, it reads; of what the other wrote, most.
                    assert not unreadable if reader == writer else len(kinds) >= 4, unreadable
                    for kind, result in kinds.items():
                        assert result["ids"] == jobs["ids"][kind], (kind, "ids are not those of the constraint")
                        if "written" in result:
                            notes.append(audited(semid, folder, kind, result["written"], spelling))
                    notes.append(", ".join(f"{kind} {r['class']}" for kind, r in kinds.items()))


def audited(semid, folder, kind, texts, spelling):
    report = semid(
        "corpus", "audit", "--index", folder / "index", "--spelling", spelling, "--begin", "", "--end", "",
        stdin="\n".join(texts) + "\n")
    assert report["texts"] == len(texts) == 160 and report["invalid"] == 0, report
    return f"{kind}: {report['texts'] - report['invalid']} of {report['texts']} beams valid"


def merge(semid, saved, merged, spelling, folder, catalogue):
    """Merges every folder, checks what must have happened, and returns what the readers have to do."""
    size, merged_ids, generate = catalogue.codebook_size, {}, {}
    merged.mkdir()
    vocabulary = ["--model", folder / "model", "--spelling", spelling]
    prefix = "s_" if spelling == "openonerec" else ""
    codes = [f"<{prefix}{letter}_{code}>" for letter in "abc" for code in range(size)]
    special = ["<|sid_begin|>", "<|sid_end|>"] if spelling == "openonerec" else []
    for path in sorted(saved.iterdir()):
        kind, output = path.name, merged / path.name
        semid("corpus", "vocabulary", *vocabulary, "--merge-into", path, "--output", output)
        assert (output / "notes" / "README.md").read_text() == (path / "notes" / "README.md").read_text()
        names = {str(file.relative_to(path)) for file in path.rglob("*")}
        assert {str(file.relative_to(output)) for file in output.rglob("*")} == names, kind
        # Again into a copy, in place, is the same to the byte.
        again = merged.with_name(merged.name + "-again") / kind
        subprocess.run(["cp", "-r", path, again.parent.mkdir(exist_ok=True) or again], check=True)
        semid("corpus", "vocabulary", *vocabulary, "--merge-into", again, "--in-place")
        assert all((again / name).read_bytes() == (output / name).read_bytes()
                   for name in names if (output / name).is_file()), kind
        constraint, prefixes = merged / f"{kind}.npz", merged / f"{kind}.json"
        options = ["--tokenizer", output, "--spelling", spelling]
        semid("corpus", "constraint", folder / "index", *options, "--output", constraint)
        semid("corpus", "constraint", folder / "index", *options, "--format", "prefixes", "--output", prefixes)
        for file in constraint, prefixes:
            semid("corpus", "vocabulary", *vocabulary, "--verify", output, "--constraint", file)
        stderr = semid.refuses("corpus", "vocabulary", *vocabulary, "--verify", path)
        assert "expected the added token <" in stderr, stderr
        merged_ids[kind] = ids(output / "tokenizer.json", codes + special)
        if kind in ("t5", "gpt2"):
            as_printed = merged / f"{kind}-as-printed"
            as_printed.mkdir()
            (as_printed / "prefixes.json").write_bytes(prefixes.read_bytes())
            generate[kind] = {"folder": str(as_printed), "code": constraints.example(semid)}
    job = {
        "plain": str(saved), "tokens": codes + special, "codes": [codes[3], codes[size + 9], codes[2 * size + 1]],
        "special": special, "id": "".join([*special[:1], codes[3], codes[size + 9], codes[2 * size + 1], *special[1:]]),
        "length": 3 + len(special), "generate": generate,
    }
    path = merged.with_name(merged.name + "-job.json")
    path.write_text(json.dumps(job))
    for file in list(merged.glob("*.npz")) + list(merged.glob("*.json")):
        file.unlink()
    return {"path": path, "ids": merged_ids}


def ids(path, tokens):
    """What the tokenizers library gives."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    return [tokenizer.token_to_id(token) for token in tokens]
