"""Compares the masks of constrained decoding: semid, STATIC on PyTorch, numpy's node bitmaps, MiniOneRec's dictionary.

One step of B beams at each depth, over the same codes. Started by `run`, and by itself for one peer a process. What a
step does differs, to the peers' advantage where it does: semid writes packed masks and finds next states; STATIC
gathers candidate scores and next states; numpy and the dictionary mask float scores, and give no next states.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import numpy as np

import harness
import machine


def made(items, levels, size, seed):
    """Unique codes, sorted: Zipf's law at each level, with other favorites below every prefix, as residual codes are."""
    random = np.random.default_rng(seed)
    weights = 1 / (np.arange(size) + 20.0)
    codes = np.empty((0, levels), np.uint16)
    while len(codes) < items:
        more = int((items - len(codes)) * 1.3) + 1000
        rows = np.empty((more, levels), np.uint16)
        prefix = np.zeros(more, np.uint64)
        for level in range(levels):
            rank = random.choice(size, more, p=weights / weights.sum()).astype(np.uint64)
            rows[:, level] = (rank * np.uint64(97) + prefix * np.uint64(131)) % np.uint64(size)
            prefix = prefix * np.uint64(31) + rows[:, level] + np.uint64(7)
        codes = np.unique(np.concatenate([codes, rows]), axis=0)
        if len(codes) > items:
            codes = codes[np.sort(random.choice(len(codes), items, replace=False))]
    return codes


# ---- Peers: codes → what is kept, and for a depth what to prepare of the beams and what a step does ------------------


def static_torch(codes, size):
    import torch
    from static_decoding.csr_utils import build_static_index
    from static_decoding.decoding_pt import generate_and_apply_logprobs_mask as gather

    packed, starts, limits, start_mask, dense_mask, dense_states = build_static_index(codes, size, 2)
    packed, starts, start_mask, dense_mask, dense_states = map(
        torch.from_numpy, (packed, starts, start_mask, dense_mask, dense_states))
    nothing, device = torch.tensor(float("-inf")), torch.device("cpu")

    def prepared(depth, beams):
        zeros = torch.zeros((len(beams), size))
        if depth < 2:
            return torch.from_numpy(beams[:, 0].astype(np.int64)) if depth else None
        states = dense_states[beams[:, 0].astype(int), beams[:, 1].astype(int)]
        for level in range(2, depth):
            _, tokens, following = gather(zeros, states, packed, starts, int(limits[level]), size, device)
            count = starts[states.long() + 1] - starts[states.long()]
            held = (torch.arange(int(limits[level]))[None] < count[:, None]) & (
                tokens == torch.from_numpy(beams[:, level].astype(np.int32))[:, None])
            states = following[held]
        return states

    def step(depth, states, scores):
        with torch.inference_mode():
            scores = torch.from_numpy(scores)
            if depth == 0:
                return torch.where(start_mask, scores, nothing)
            if depth == 1:
                return torch.where(dense_mask[states], scores, nothing)
            return gather(scores, states, packed, starts, int(limits[depth]), size, device)

    return prepared, step


def numpy_bitmap(codes, size):
    """A packed row a node; beams carry their node's number."""
    prefixes, rows = [], []
    key = np.zeros(len(codes), np.int64)
    for level in range(codes.shape[1]):
        new = np.concatenate([[True], key[1:] != key[:-1]])
        allowed = np.zeros((new.sum(), size), bool)
        allowed[np.cumsum(new) - 1, codes[:, level]] = True
        prefixes.append(key[new])
        rows.append(np.packbits(allowed, axis=1, bitorder="little"))
        key = key * size + codes[:, level]

    def prepared(depth, beams):
        key = np.zeros(len(beams), np.int64)
        for level in range(depth):
            key = key * size + beams[:, level]
        return np.searchsorted(prefixes[depth], key)

    def step(depth, nodes, scores):
        allowed = np.unpackbits(rows[depth][nodes], axis=1, count=size, bitorder="little").view(bool)
        return np.where(allowed, scores, -np.inf)

    return prepared, step


def dictionary(codes, size):
    """Text of the prefix → list of tokens, beam by beam."""
    import torch

    allowed = {}
    for row in codes.tolist():
        for depth in range(len(row)):
            allowed.setdefault("-".join(map(str, row[:depth])), set()).add(row[depth])
    allowed = {prefix: list(tokens) for prefix, tokens in allowed.items()}

    def step(depth, beams, scores):
        mask = torch.full(scores.shape, -1e6)
        for beam, row in enumerate(beams[:, :depth].tolist()):
            mask[beam, allowed["-".join(map(str, row))]] = 0
        return torch.from_numpy(scores) + mask

    return lambda depth, beams: beams, step


PEERS = {"static-torch": static_torch, "numpy-bitmap": numpy_bitmap, "dictionary": dictionary}


def measure(options):
    """One peer, in this process."""
    import torch

    torch.set_num_threads(1)
    codes = np.load(options.codes)
    start = time.perf_counter()
    prepared, step = PEERS[options.peer](codes, options.codebook_size)
    built = time.perf_counter() - start
    random = np.random.default_rng(options.seed + 1)
    scores = random.standard_normal((options.beams, options.codebook_size), np.float32)
    picks = [codes[random.integers(0, len(codes), options.beams)] for _ in range(options.repeats)]
    depths = []
    for depth in range(codes.shape[1]):
        ready = [prepared(depth, beams) for beams in picks]
        step(depth, ready[0], scores)
        times = []
        for beams in ready:
            start = time.perf_counter()
            step(depth, beams, scores)
            times.append(time.perf_counter() - start)
            if sum(times) > 3:
                break
        depths.append(statistics.median(times) * 1e6)
    print(json.dumps({"seconds": statistics.mean(depths) / 1e6, "depths": depths, "build": built}))


def ours(result):
    depths = [row["step"] for row in result["depths"]]
    return result | {
        "seconds": statistics.mean(depths) / 1e6, "depths": depths,
        "build": result["trieSeconds"] + result["compileSeconds"],
        "onScores": [row["step"] + row["apply"] for row in result["depths"]],
    }


def main():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run masks", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--levels", type=int, default=4)
    parser.add_argument("--codebook-size", type=int, default=256)
    parser.add_argument("--beams", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=100, help="steps of each depth, of which the median counts")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each implementation, turn by turn")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", default=".build/compare", help="folder of the codes and of the raw results")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--codes", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return measure(options)

    names = [name for name in options.peers.split(",") if name]
    if unknown := set(names) - set(PEERS):
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}")
    try:
        import static_decoding  # noqa: F401
    except ImportError:
        print("left out: static-torch, for there is no static_decoding (youtube/static-constraint-decoding) here",
              file=sys.stderr)
        names = [name for name in names if name != "static-torch"]
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    codes = folder / f"masks-{options.items}-{options.levels}x{options.codebook_size}-{options.seed}.npy"
    if not codes.exists():
        np.save(codes, made(options.items, options.levels, options.codebook_size, options.seed))
    log = harness.Log(folder / "masks.jsonl")
    shape = ["--beams", options.beams, "--repeats", options.repeats]
    commands = {"semid": [os.environ["SEMID"], "bench", "masks", "--codes", codes, *shape, "--threads", 1, "--json"]}
    for name in names:
        commands[name] = [sys.executable, __file__, "--peer", name, "--codes", codes, *shape,
                          "--codebook-size", options.codebook_size, "--seed", options.seed]
    results = harness.alternate(commands, options.rounds, 1, log, change={"semid": ours}, items=options.items)

    print(f"# Masks: {options.items} items, {options.levels} levels of {options.codebook_size}, {options.beams} beams\n")
    print(harness.table(["machine", ""], machine.description(os.environ["SEMID"]).items()))
    print("\nOne thread. Microseconds a step, medians; build in seconds.\n")
    rows = []
    for name, runs in results.items():
        variants = [("depths", name)] + ([("onScores", "semid, applied to float scores too")] if name == "semid" else [])
        for key, title in variants:
            depths = [statistics.median(run[key][depth] for run in runs) for depth in range(options.levels)]
            mean = statistics.mean(depths)
            reference = mean if not rows else reference
            rows.append([title, *(f"{value:.1f}" for value in depths), f"{mean:.1f}",
                         f"{statistics.median(run['build'] for run in runs):.2f}", f"{mean / reference:.1f}"])
    print(harness.table(
        ["", *(f"depth {depth}" for depth in range(options.levels)), "mean", "build", "mean / semid"], rows))
    print("\n" + harness.busy_note(results))


if __name__ == "__main__":
    main()
