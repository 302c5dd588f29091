"""Training of an RQ-VAE: semid against the Python package semantic-id on torch. Started by `run rqvae`.

Both train the same networks on the same rows with the same batch and threads, k-means start included, and say how long
each epoch took, with all that belongs to it (both measure collisions after each). What counts is the median epoch, the
first left out: start-up and k-means fall into it.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).parent


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare/run rqvae", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", default="synthetic:100000x384", help=".npy, .hdf5 (data set train) or synthetic:NxD")
    parser.add_argument("--threads", default="3", help="thread counts, separated by commas")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each implementation, turn by turn")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--layers", default="512,256,128")
    parser.add_argument("--code-dimension", type=int, default=32)
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--codebook-size", type=int, default=256)
    parser.add_argument("--output", default=".build/compare", help="folder of the tables, raw results and models")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


# ---- The peer, in a process of its own -----------------------------------------------------------------------------


def peer(options):
    import contextlib
    import io
    import resource

    import torch
    from semantic_id import RQVAE

    import vectors as data

    torch.set_num_threads(int(options.threads))
    torch.manual_seed(1)
    rows = data.load(options.data)
    # Verbose, since only then does it measure collisions and choose a best epoch; without a line for each.
    model = RQVAE(
        in_dim=rows.shape[1], num_emb_list=[options.codebook_size] * options.levels, e_dim=options.code_dimension,
        layers=[int(width) for width in options.layers.split(",")], lr=1e-3, batch_size=options.batch,
        kmeans_init=True, epochs=options.epochs, verbose=10**9)
    # Each step begins by clearing gradients: the library is left as it is, and yet tells when epochs begin.
    stamps, clear = [], torch.optim.AdamW.zero_grad

    def stamp(optimizer, *rest, **named):
        stamps.append(time.perf_counter())
        return clear(optimizer, *rest, **named)

    torch.optim.AdamW.zero_grad = stamp
    cpu, start = resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        model.fit(rows)
    end = time.perf_counter()
    steps = -(-len(rows) // options.batch)
    bounds = stamps[::steps] + [end]
    print(json.dumps({
        "seconds": end - start,
        "userSeconds": resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu,
        "epochSeconds": [b - a for a, b in zip(bounds, bounds[1:])][:options.epochs],
        "relativeError": model.history_["recon_loss"][-1] / float(rows.var(0).mean()),
    }))


# ---- Both, turn by turn --------------------------------------------------------------------------------------------


def compare(options):
    import compare as common
    import harness
    import machine
    import vectors as data

    options.folder = pathlib.Path(options.output)
    options.folder.mkdir(parents=True, exist_ok=True)
    semid = os.environ["SEMID"]
    path = common.input_file(options)
    shape = data.load(path).shape
    log = harness.Log(options.folder / "rqvae.jsonl")
    about = machine.description(semid)
    log.add(verb="machine", data=pathlib.Path(path).name, shape=shape, **about)
    sections = []
    for threads in map(int, options.threads.split(",")):
        model = options.folder / f"model-rqvae-{threads}"
        shared = [
            "--epochs", options.epochs, "--batch", options.batch, "--layers", options.layers, "--code-dimension",
            options.code_dimension, "--levels", options.levels, "--codebook-size", options.codebook_size,
        ]
        commands = {
            # Codebooks from the first step on, and 2,048 rows to measure collisions on, as the peer has them.
            "semid": [
                semid, "train", "rq-vae", path, "--output", model, "--threads", threads, "--evaluate-every", 1,
                "--evaluation-rows", 2048, "--plain-share", 0, "--json", "--quiet", *shared,
            ],
            "semantic-id": [
                sys.executable, HERE / "autoencoders.py", "--peer", "--data", path, "--threads", threads, *shared],
        }
        results = {name: [] for name in commands}
        for number in range(options.rounds):
            for name in list(commands)[number % 2:] + list(commands)[:number % 2]:
                result = flattened(name, harness.run(commands[name], threads), model)
                epoch = statistics.median(result["epochSeconds"][1:] or result["epochSeconds"])
                result["rate"] = shape[0] / epoch
                print(f"{threads} thread(s), round {number + 1}: {name} {result['rate']:,.0f} rows/s", file=sys.stderr)
                results[name].append(result)
                log.add(implementation=name, threads=threads, round=number, verb="rqvae", result=result)
        rates = {name: [result["rate"] for result in values] for name, values in results.items()}
        rows = [
            [
                name, f"{statistics.median(rates[name]):,.0f}", f"{max(rates[name]):,.0f}",
                f"{statistics.median(result['userSeconds'] for result in results[name]):.1f}",
                f"{statistics.median(result['relativeError'] for result in results[name]):.4f}",
                f"{statistics.median(a / b for a, b in zip(rates['semid'], rates[name])):.2f}",
            ]
            for name in commands
        ]
        header = ["", "rows/s", "rows/s at best", "user CPU s of the run", "relative MSE", "semid's rows/s / its"]
        sections += [f"### {threads} thread(s)", harness.table(header, rows), harness.busy_note(results)]
    title = (
        f"## RQ-VAE training: {pathlib.Path(path).name}, {shape[0]:,} × {shape[1]} → {options.layers} → "
        f"{options.code_dimension}, {options.levels}×{options.codebook_size}, batches of {options.batch:,}")
    note = f"Median epoch of {options.epochs}, the first left out; medians of {options.rounds} runs, turn by turn."
    table = harness.table(["", ""], [[name, value] for name, value in about.items()])
    report = "\n\n".join([title, table, note, *sections]) + "\n"
    (options.folder / "rqvae.md").write_text(report)
    print(report)
    print(f"written to {options.folder}/rqvae.md and .jsonl", file=sys.stderr)


def flattened(name, result, model):
    """semid's result in the peer's form."""
    if name != "semid":
        return result
    epochs = [json.loads(line) for line in (model / "history.jsonl").read_text().splitlines()]
    training = result["training"]
    return result | {
        "seconds": training["seconds"], "epochSeconds": [epoch["seconds"] for epoch in epochs],
        "relativeError": epochs[-1]["reconstruction"], "samplesPerSecond": training["samplesPerSecond"],
    }


if __name__ == "__main__":
    options = arguments(sys.argv[1:])
    peer(options) if options.peer else compare(options)
