"""Compares semid with its peers: training of residual k-means, encoding, and evaluation of codes. Started by `run`."""

import argparse
import os
import pathlib
import statistics
import sys

import numpy as np

import agreement
import harness
import machine
import peers
import refinement
import vectors as data

HERE = pathlib.Path(__file__).parent


def arguments():
    parser = argparse.ArgumentParser(prog="Benchmarks/compare/run")
    verbs = parser.add_subparsers(dest="verb", required=True)
    choices_of = {
        "training": peers.TRAINERS, "encoding": peers.ENCODERS, "refinement": peers.QUANTIZERS,
        "evaluation": peers.EVALUATORS}
    for verb, choices in choices_of.items():
        sub = verbs.add_parser(verb, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        slow = verb == "evaluation"
        sub.add_argument(
            "--data", default="synthetic:20000x64" if slow else "synthetic:60000x784",
            help=".npy, .hdf5 (data set train) or synthetic:NxD")
        sub.add_argument("--threads", default="all" if slow else "1,all", help="thread counts, separated by commas")
        sub.add_argument(
            "--rounds", type=int, default=1 if slow or verb == "refinement" else 5,
            help="runs of each implementation, turn by turn")
        sub.add_argument("--peers", default=",".join(choices), help="those to compare with")
        if verb == "refinement":
            sub.add_argument("--levels", default="3,4", help="numbers of levels, separated by commas")
            sub.add_argument("--refine", type=int, default=10, help="rounds of joint refinement")
        else:
            sub.add_argument("--levels", type=int, default=3)
        sub.add_argument("--codebook-size", type=int, default=256)
        sub.add_argument(
            "--iterations", type=int, default=20 if verb in ("training", "refinement") else 5,
            help="rounds of Lloyd a level")
        if slow:
            sub.add_argument("--k", type=int, default=10, help="neighbors of recall and NDCG")
        if verb == "training":
            sub.add_argument("--starts", default="", help="more of semid's --start to measure, such as random")
        sub.add_argument("--output", default=".build/compare", help="folder of the tables, raw results and models")
    options = parser.parse_args()
    options.peers = [name for name in options.peers.split(",") if name]
    every_peer = peers.TRAINERS | peers.ENCODERS | peers.QUANTIZERS | peers.EVALUATORS
    unknown = [name for name in options.peers if name not in every_peer]
    if unknown:
        parser.error(f"unknown peers: {', '.join(unknown)}")
    missing = [name for name in options.peers if not peers.available(name)]
    for name in missing:
        print(f"left out, since the library here does not have it: {name}", file=sys.stderr)
    options.peers = [name for name in options.peers if name not in missing]
    every = machine.processors()
    options.threads = sorted({every if word == "all" else int(word) for word in options.threads.split(",")})
    if options.verb == "refinement":
        options.shapes = [int(word) for word in options.levels.split(",")]
    options.folder = pathlib.Path(options.output)
    options.folder.mkdir(parents=True, exist_ok=True)
    options.semid = os.environ["SEMID"]
    return options


def input_file(options):
    """The path of the vectors; synthetic ones are made once and kept in the output folder."""
    if not options.data.startswith("synthetic:"):
        return options.data
    rows, dimension = map(int, options.data.removeprefix("synthetic:").split("x"))
    path = options.folder / f"synthetic-{rows}x{dimension}.npy"
    if not path.exists():
        part = path.with_suffix(".part.npy")
        np.save(part, data.synthetic(rows, dimension))
        part.rename(path)
    return str(path)


def semid_train(options, path, model, threads, *more):
    return [
        options.semid, "train", "rq-kmeans", path, "--output", model, "--levels", options.levels, "--codebook-size",
        options.codebook_size, "--iterations", options.iterations, "--tolerance", 0, "--threads", threads, "--json",
        *more,
    ]


def peer(options, name, path, threads, *more):
    return [
        sys.executable, HERE / "peers.py", name, "--data", path, "--threads", threads, "--levels", options.levels,
        "--codebook-size", options.codebook_size, "--iterations", options.iterations, *more,
    ]


def ratio(row, key):
    return "1" if row["name"] == "semid" else f"{row[key]:.2f}"


def training(options, path, log):
    sections = []
    for threads in options.threads:
        model = options.folder / f"model-{threads}"
        commands = {"semid": semid_train(options, path, model, threads)}
        for start in filter(None, options.starts.split(",")):
            name = f"semid --start {start}"
            commands[name] = semid_train(options, path, f"{model}-{start}", threads, "--start", start)
        commands |= {name: peer(options, name, path, threads) for name in options.peers}
        results = harness.alternate(commands, options.rounds, threads, log, verb="training")
        errors = {name: statistics.median(map(final_error, values)) for name, values in results.items()}
        rows = [
            [
                row["name"], f"{row['median']:.2f}", f"{row['least']:.2f}", f"{row['userMark']}{row['user']:.2f}",
                f"{errors[row['name']]:.5f}", ratio(row, "ratioOfMedians"), ratio(row, "ratioOfLeast"),
                ratio(row, "ratioOfRounds"),
            ]
            for row in harness.summary(results)
        ]
        header = [
            "", "median s", "least s", "user CPU s", "relative MSE", "median / semid's", "least / semid's",
            "ratio of rounds",
        ]
        sections += [f"### {threads} thread(s)", harness.table(header, rows), harness.busy_note(results)]
        sections.append(levels_table(results["semid"][0]))
        sections.append(own_check(options, path, model, results["semid"][-1]))
    return sections


def final_error(result):
    """Relative MSE after the last level: a peer gives it alone, semid gives every level's."""
    return result["relativeError"] if "relativeError" in result else result["levels"][-1]["relativeError"]


def levels_table(result):
    """What semid says of each level; the same in every round."""
    rows = [
        [level, f"{entry['relativeError']:.5f}", entry["used"], f"{entry['perplexity']:.1f}"]
        for level, entry in enumerate(result["levels"])
    ]
    return "semid, level by level:\n\n" + harness.table(["level", "relative MSE", "codes used", "perplexity"], rows)


def own_check(options, path, model, result):
    """The error that semid states, computed again from its codebooks with numpy."""
    rows, books = data.load(path), data.codebooks(model)
    codes = peers.encode_numpy(rows, books, options)()
    again = data.relative_error(rows, books, codes)
    return f"Relative MSE of semid's model by numpy: {again:.6f}; semid says {final_error(result):.6f}."


def encoding(options, path, log):
    model = options.folder / "model-encoding"
    print("training the codebooks …", file=sys.stderr)
    harness.run(semid_train(options, path, model, machine.processors()), machine.processors())
    rows, books = data.load(path), data.codebooks(model)
    sections, agreements = [], {}
    for threads in options.threads:
        outputs = {name: options.folder / f"codes-{name}.npy" for name in ["semid", *options.peers]}
        commands = {
            "semid": [
                options.semid, "encode", path, "--model", model, "--output", outputs["semid"], "--threads", threads,
                "--json",
            ]
        }
        for name in options.peers:
            commands[name] = peer(options, name, path, threads, "--model", model, "--output", outputs[name])
        results = harness.alternate(commands, options.rounds, threads, log, verb="encoding")
        operations = 2 * len(rows) * sum(book.size for book in books)
        lines = [
            [
                row["name"], f"{len(rows) / row['median']:,.0f}", f"{len(rows) / row['least']:,.0f}",
                f"{operations / row['median'] / 1e9:.0f}", f"{row['median'] * 1e3:.0f}", f"{row['least'] * 1e3:.0f}",
                f"{row['userMark']}{row['user'] * 1e3:.0f}", ratio(row, "ratioOfMedians"), ratio(row, "ratioOfLeast"),
                ratio(row, "ratioOfRounds"),
            ]
            for row in harness.summary(results)
        ]
        header = [
            "", "vectors/s", "vectors/s at best", "GFLOP/s", "median ms", "least ms", "user CPU ms",
            "median / semid's", "least / semid's", "ratio of rounds",
        ]
        sections += [f"### {threads} thread(s)", harness.table(header, lines), harness.busy_note(results)]
        ours = np.load(outputs["semid"])
        for name in options.peers:
            theirs = np.load(outputs[name])
            found = agreement.compare(rows, books, ours.astype(np.int64), theirs.astype(np.int64))
            log.add(verb="agreement", implementation=name, threads=threads, **found)
            agreements[name, threads] = found
    lines = [
        [
            name, threads, f"{found['equalRows'] / found['rows']:.6f}", found["differentRows"], found["beyondRounding"],
            f"{found['largestGapOverRounding']:.3f}", found["oursNearer"], found["theirsNearer"],
        ]
        for (name, threads), found in agreements.items()
    ]
    header = [
        "peer", "threads", "rows with equal codes", "rows that differ", "by more than rounding",
        "largest gap / rounding", "semid's nearer", "peer's nearer",
    ]
    sections.append(
        "### Do the codes agree?\n\nWhere a row differs, the two codewords of the first level that does are compared "
        "in double precision: `agreement.py` says what counts as rounding.\n\n" + harness.table(header, lines))
    return sections


def evaluation(options, path, log):
    model, codes = options.folder / "model-evaluation", options.folder / "codes-evaluation.npy"
    print("training the codebooks and encoding …", file=sys.stderr)
    every = machine.processors()
    harness.run(semid_train(options, path, model, every), every)
    harness.run([options.semid, "encode", path, "--model", model, "--output", codes, "--json"], every)
    definitions, version = peers.semantic_id_definitions() if options.peers else ("semantic-id", "not installed")
    sections = [f"semantic-id {version}; its definitions: `--definitions {definitions}`."]
    for threads in options.threads:
        ours = [
            options.semid, "evaluate", "codes", path, "--codes", codes, "--model", model, "--k", options.k, "--threads",
            threads, "--json", "--quiet",
        ]
        commands = {"semid": ours, "semid, semantic-id's definitions": [*ours, "--definitions", definitions]}
        for name in options.peers:
            commands[name] = peer(options, name, path, threads, "--model", model, "--codes", codes, "--k", options.k)
        results = harness.alternate(commands, options.rounds, threads, log, verb="evaluation")
        lines = [
            [
                row["name"], f"{row['median']:.3f}", f"{row['least']:.3f}", f"{row['userMark']}{row['user']:.2f}",
                ratio(row, "ratioOfMedians"),
            ]
            for row in harness.summary(results)
        ]
        header = ["", "median s", "least s", "user CPU s", "median / semid's"]
        sections += [f"### {threads} thread(s)", harness.table(header, lines), harness.busy_note(results)]
        for name in options.peers:
            mine = results["semid, semantic-id's definitions"][0]
            sections.append(harness.table(["metric", "semid", name, "difference"], metric_rows(
                mine, results[name][0]["metrics"])))
    return sections


def metric_rows(ours, theirs):
    """Each metric of a peer beside ours. Recall and NDCG depend, there, on the order in which ties happen to come."""
    rows = []
    for key, value in theirs.items():
        for index, (a, b) in enumerate(zip(np.atleast_1d(ours[key]), np.atleast_1d(value))):
            label = f"{key}[{index}]" if isinstance(value, list) else key
            rows.append([label, f"{a:.10g}", f"{b:.10g}", f"{abs(a - b):.1e}"])
    return rows


def main():
    options = arguments()
    path = input_file(options)
    log = harness.Log(options.folder / f"{options.verb}.jsonl")
    about = machine.description(options.semid)
    shape = data.load(path).shape
    log.add(verb="machine", data=pathlib.Path(path).name, shape=shape, **about)
    title = f"## {options.verb.capitalize()}: {pathlib.Path(path).name}, {shape[0]:,} × {shape[1]}, "
    if options.verb != "refinement":
        title += f"{options.levels}×{options.codebook_size}, "
    title += f"{options.iterations} rounds of Lloyd"
    run = {"training": training, "encoding": encoding, "refinement": refinement.sections, "evaluation": evaluation}
    sections = run[options.verb](options, path, log)
    note = (
        f"Medians of {options.rounds} runs each, turn by turn. Times and user CPU are of the algorithm alone; after "
        "≤ stands the user CPU of a whole process, reading included."
        + (" With semantic-id's definitions, semid's time is of its whole process too." if options.verb == "evaluation"
           else ""))
    machine_table = harness.table(["", ""], [[name, value] for name, value in about.items()])
    report = "\n\n".join([title, machine_table, note, *sections]) + "\n"
    (options.folder / f"{options.verb}.md").write_text(report)
    print(report)
    print(f"written to {options.folder}/{options.verb}.md and .jsonl", file=sys.stderr)


if __name__ == "__main__":
    main()
