"""Better codes for the same bits: beams, joint refinement and starts, against faiss.ResidualQuantizer."""

import statistics
import sys

import numpy as np

import harness
import peers
import vectors as data


def variants(options):
    """What semid is asked for: the name in the table, more options of `train`, and the beam of encoding."""
    refine = ["--refine", options.refine]
    return {
        "semid, greedy": [],
        "semid, beam 5": ["--beam", 5],
        f"semid, {options.refine} rounds of refinement": refine,
        f"semid, {options.refine} rounds, beam 5": [*refine, "--beam", 5],
        "semid, last 2 levels OPQ": ["--opq-levels", 2],
        "semid, last 2 levels OPQ, refined, beam 5": ["--opq-levels", 2, *refine, "--beam", 5],
        "semid, greedy, seeds on rows": ["--seed-reach", 1],
    }


def measure_semid(options, path, rows, log, levels, name, more):
    model, codes = options.folder / "model-refinement", options.folder / "codes-refinement.npy"
    train = [
        options.semid, "train", "rq-kmeans", path, "--output", model, "--levels", levels, "--codebook-size",
        options.codebook_size, "--iterations", options.iterations, "--threads", options.threads[-1], "--json", *more,
    ]
    encode = [
        options.semid, "encode", path, "--model", model, "--output", codes, "--threads", options.threads[-1], "--json",
    ]
    result = harness.run(train, options.threads[-1])
    encoded = harness.run(encode, options.threads[-1])
    found = {"seconds": result["seconds"], "encodeSeconds": encoded["seconds"]}
    found |= data.quality(rows, data.codebooks(model), np.load(codes))
    log.add(implementation=name, levels=levels, **found)
    return found


def measure_peer(options, path, log, levels, name):
    command = [
        sys.executable, peers.__file__, name, "--data", path, "--threads", options.threads[-1], "--levels", levels,
        "--codebook-size", options.codebook_size, "--iterations", options.iterations,
    ]
    found = harness.run(command, options.threads[-1])
    log.add(implementation=name, levels=levels, **found)
    return found


def sections(options, path, log):
    rows = data.load(path)
    text = []
    for levels in options.shapes:
        measured = {}
        for number in range(options.rounds):
            for name, more in variants(options).items():
                print(f"{levels} levels, round {number + 1}: {name} …", file=sys.stderr, flush=True)
                measured.setdefault(name, []).append(measure_semid(options, path, rows, log, levels, name, more))
            for name in options.peers:
                print(f"{levels} levels, round {number + 1}: {name} …", file=sys.stderr, flush=True)
                measured.setdefault(name, []).append(measure_peer(options, path, log, levels, name))
        lines = [
            [
                name, f"{results[0]['relativeError']:.4f}", f"{results[0]['collisionRate']:.4f}",
                " / ".join(f"{value:.0f}" for value in results[0]["perplexity"]),
                f"{statistics.median(result['seconds'] for result in results):.1f}",
                f"{len(rows) / statistics.median(result['encodeSeconds'] for result in results):,.0f}",
            ]
            for name, results in measured.items()
        ]
        header = ["", "relative MSE", "collision rate", "perplexity", "training s", "encoded vectors/s"]
        text += [f"### {levels} × {options.codebook_size}", harness.table(header, lines)]
    return text
