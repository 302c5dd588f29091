"""Holds what semid writes against the libraries that its users open it with.

    interop.py SEMID

The path of a user: train, resolve, index; then every file of a vocabulary and of a corpus in its reader; the pages of a
report and of a server in a browser; then a small GPT-2 that trains on them and generates under the exported constraint.
SEMID_DATA names a folder of real data sets; without it a small catalogue is made. A library that is not there is named,
and what needs it left out.
"""

import os
import pathlib
import sys
import tempfile
import time

# Nothing here is to be downloaded, and nothing kept.
for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
    os.environ[name] = "1"
# A small model trains no faster on more threads, and on a busy machine far slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import catalogue
import corpora
import engines
import explorer
import folders
import harness
import reports
import serving
import training
import vocabulary


def main():
    semid, checks = harness.Semid(sys.argv[1]), harness.Checks()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.environ["HF_HOME"] = str(folder / "huggingface")
        items = catalogue.real() or catalogue.made(folder)
        print(f"interop: {items.name}")
        with checks("semid: train, resolve, index") as notes:
            size = ["--codebook-size", items.codebook_size]
            semid("train", "rq-kmeans", items.embeddings, *size, "--output", folder / "model")
            report = semid("resolve", items.embeddings, "--model", folder / "model", "--output", folder / "ids.parquet")
            assert report["report"]["after"]["collisionRate"] == 0, report
            semid(
                "index", "build", items.embeddings, "--model", folder / "model", "--codes", folder / "ids.parquet",
                "--output", folder / "index")
        merged = vocabulary.check(checks, semid, items, folder)
        folders.check(checks, semid, items, folder)
        corpora.Corpora(checks, semid, items, folder).check()
        engines.check(checks, semid, folder, merged)
        reports.check(checks, semid, items, folder)
        serving.check(checks, semid, folder)
        explorer.check(checks, semid, folder)
        training.check(checks, semid, items, folder, merged)
    seconds = time.perf_counter() - start
    print(f"interop: {checks.failed} failed, {checks.skipped} skipped, {seconds:.0f} s")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
